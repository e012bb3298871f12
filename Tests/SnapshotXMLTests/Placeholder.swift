// Placeholder: the target's first real file replaces this one.
