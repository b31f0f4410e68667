#include "event/event.hpp"
