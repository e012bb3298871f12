// xxHash's C API (XXH3 64 and 128 bits) as the module CXXHash.
#pragma once
#include <xxhash.h>

// Where the library was built to choose AVX2 or AVX-512 at run time, the entry points that choose are used:
// the plain ones keep to SSE2. Both give the same hashes.
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#endif

static inline XXH128_hash_t snapsh_xxh3_128_with_seed(const void *bytes, size_t length, XXH64_hash_t seed) {
  return XXH3_128bits_withSeed(bytes, length, seed);
}
