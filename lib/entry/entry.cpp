#include "entry/entry.hpp"
