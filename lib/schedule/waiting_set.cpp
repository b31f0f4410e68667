#include "schedule/waiting_set.hpp"
