#include "config/config_file.hpp"
