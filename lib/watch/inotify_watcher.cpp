#include "watch/inotify_watcher.hpp"
