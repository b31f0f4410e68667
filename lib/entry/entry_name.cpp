#include "entry/entry_name.hpp"
