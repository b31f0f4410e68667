#include "store/sequence.hpp"
