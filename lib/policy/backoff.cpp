#include "policy/backoff.hpp"
