#include "store/queue_layout.hpp"
