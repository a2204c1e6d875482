#include "tests/support/temp_dir.hpp"
