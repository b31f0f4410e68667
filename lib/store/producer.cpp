#include "store/producer.hpp"
