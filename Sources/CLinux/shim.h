// Linux calls and values that glibc declares only under _GNU_SOURCE, which Swift's Glibc module does not set.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

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
  LINUX_F_OFD_SETLK = 37,
  LINUX_F_SETPIPE_SZ = 1031,
  LINUX_F_GETPIPE_SZ = 1032,
};

// Starts a program that gets SIGTERM when the calling thread ends, however it ends (prctl(2), PR_SET_PDEATHSIG), in a
// session of its own, so that a terminal's Ctrl-C is not for it. posix_spawn cannot ask for that. Between fork and
// execve only functions that are safe in a copy of a process with threads are called; 127 is the shell's exit status.
// A descriptor that is handed over (else -1) stays open in the program, though it be close-on-exec here.
static inline pid_t snapsh_start_tethered(
    const char *program, char *const *arguments, int errors, int handed) {
  pid_t starter = getpid();
  pid_t child = fork();
  if (child != 0) return child;
  // Whoever ended before the call cannot be waited for any more.
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != starter) _exit(127);
  setsid();
  umask(077);
  int nothing = open("/dev/null", O_RDWR);
  if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0 || dup2(errors, 2) < 0) _exit(127);
  if (nothing > 2) close(nothing);
  if (handed >= 0 && fcntl(handed, F_SETFD, 0) != 0) _exit(127);
  // Signals that this process ignores or blocks would stay so in the program.
  const int ordinary[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP};
  for (unsigned i = 0; i < sizeof ordinary / sizeof *ordinary; i++) signal(ordinary[i], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
  execv(program, arguments);
  _exit(127);
}
