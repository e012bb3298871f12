// Placeholder: the module's first real file replaces this one.
