#include "entry/entry_format.hpp"
