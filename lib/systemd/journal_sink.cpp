#include "systemd/journal_sink.hpp"
