#include "backend/sqlite_backend.hpp"
