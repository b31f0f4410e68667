#include "watch/poll_watcher.hpp"
