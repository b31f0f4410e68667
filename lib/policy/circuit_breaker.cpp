#include "policy/circuit_breaker.hpp"
