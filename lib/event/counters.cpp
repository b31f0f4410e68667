#include "event/counters.hpp"
