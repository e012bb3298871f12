// libFuzzer as a library (compiler-rt, FuzzerInterface.h): the driver with a main of our own in front.
#pragma once
#include <stddef.h>
#include <stdint.h>

extern int LLVMFuzzerRunDriver(int *argument_count, char ***arguments,
                               int (*run)(const uint8_t *bytes, size_t size));
