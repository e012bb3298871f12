// The C library's width of a character on a terminal, as the module CTerminalWidth.
#pragma once
#include <stddef.h>

/// Declared by <wchar.h> only under _XOPEN_SOURCE, which Swift's Glibc module is built without.
extern int wcwidth(wchar_t character);
