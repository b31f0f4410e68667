#include "schedule/deferred_set.hpp"
