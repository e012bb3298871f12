// xxHash's C API (XXH3 64 and 128 bits) as the module CXXHash.
#pragma once
#include <xxhash.h>
