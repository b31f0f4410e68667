#include "entry/json.hpp"
