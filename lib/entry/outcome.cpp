#include "entry/outcome.hpp"
