#include "store/directory_store.hpp"
