// libedit's readline interface as the module CLibEdit. Inline functions only replace mutable globals, which Swift 6 refuses.
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <editline/readline.h>

static inline void shim_rl_set_completion(rl_completion_func_t *complete) {
  rl_attempted_completion_function = complete;
  // libedit would complete file names where we offer nothing.
  rl_attempted_completion_over = 1;
}

static inline void shim_rl_set_name(const char *name) { rl_readline_name = name; }
static inline void shim_rl_set_word_breaks(const char *characters) {
  rl_basic_word_break_characters = characters;
}
static inline void shim_rl_set_append(int character) { rl_completion_append_character = character; }
static inline void shim_rl_set_read_key(int (*read_key)(FILE *)) { rl_getc_function = read_key; }
static inline void shim_rl_completion_over(void) { rl_attempted_completion_over = 1; }
static inline const char *shim_rl_line(void) { return rl_line_buffer ? rl_line_buffer : ""; }
static inline const char *shim_newest_history(void) {
  HIST_ENTRY *entry = history_get(history_base + history_length - 1);
  return entry ? entry->line : 0;
}
