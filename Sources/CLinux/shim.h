// Linux calls and values that glibc declares only under _GNU_SOURCE, which Swift's Glibc module does not set.
#pragma once
#include <sys/types.h>

extern int fallocate(int descriptor, int mode, off_t offset, off_t length);
extern int memfd_create(const char *name, unsigned int flags);
extern int pipe2(int ends[2], int flags);
extern ssize_t getxattr(const char *path, const char *name, void *value, size_t size);
extern int setxattr(const char *path, const char *name, const void *value, size_t size, int flags);
extern int renameat2(int old_directory, const char *old_path, int new_directory,
                     const char *new_path, unsigned int flags);

// The values are the kernel's interface: <linux/fs.h>, <linux/falloc.h>, <linux/memfd.h>, <asm-generic/fcntl.h>.
enum {
  LINUX_SEEK_DATA = 3,
  LINUX_SEEK_HOLE = 4,
  LINUX_RENAME_NOREPLACE = 1,
  LINUX_FALLOC_KEEP_SIZE = 1,
  LINUX_FALLOC_PUNCH_HOLE = 2,
  LINUX_MFD_CLOEXEC = 1,
  LINUX_F_OFD_GETLK = 36,
  LINUX_F_SETPIPE_SZ = 1031,
  LINUX_F_GETPIPE_SZ = 1032,
};
