/* Preloaded into a server under test: makes calls that change the files of one folder fail, stop
 * half-way or take their time, and shifts the clock that the server reads. It does what a control
 * file says, which the test writes while the server runs (see ../disk_faults.rs: both must agree on
 * the order of the words). Without its two variables it changes nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* The words of the control file. */
enum { ARMED, OPERATIONS, EFFECT, ERROR, DELAY_MS, FIRST, LAST, MATCHED, HITS, CLOCK_MS, WORDS };
/* Operations are bits. */
enum { WRITE = 1, SYNC = 2, TRUNCATE = 4, OPEN_TO_READ = 8, OPEN_TO_WRITE = 16 };
enum effect { NOTHING, FAIL, SHORT, DELAY };

static _Atomic uint64_t *control;
static char folder[4096];
static size_t length;

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("DISK_FAULTS_FOLDER");
  const char *file = getenv("DISK_FAULTS_CONTROL");
  if (!path || !file || strlen(path) >= sizeof folder) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return;
  void *words = mmap(NULL, WORDS * sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (words == MAP_FAILED) return;
  strcpy(folder, path);
  length = strlen(folder);
  control = words;
}

static int is_inside(const char *path) {
  return !strncmp(path, folder, length) && (path[length] == '/' || path[length] == 0);
}

static int is_open_inside(int fd) {
  char link[32], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return is_inside(path);
}

static int is_watched(uint64_t operation) {
  return control && control[ARMED] && (control[OPERATIONS] & operation);
}

/* What becomes of a call. Sets errno where it fails, and has waited where it is late. */
static enum effect next_effect(void) {
  uint64_t number = atomic_fetch_add(&control[MATCHED], 1) + 1;
  if (number < control[FIRST] || number > control[LAST]) return NOTHING;
  atomic_fetch_add(&control[HITS], 1);
  enum effect effect = (enum effect)control[EFFECT];
  /* A short call comes once; a disk that takes no more then says so. */
  if (effect == SHORT && number > control[FIRST]) effect = FAIL;
  if (effect == FAIL) errno = (int)control[ERROR];
  if (effect == DELAY) {
    uint64_t ms = control[DELAY_MS];
    struct timespec pause = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
  }
  return effect;
}

static enum effect effect_on(uint64_t operation, int fd) {
  return is_watched(operation) && is_open_inside(fd) ? next_effect() : NOTHING;
}

static size_t size_after(enum effect effect, size_t size) {
  return effect == SHORT && size > 1 ? size / 2 : size;
}

ssize_t write(int fd, const void *bytes, size_t size) {
  enum effect effect = effect_on(WRITE, fd);
  if (effect == FAIL) return -1;
  return syscall(SYS_write, fd, bytes, size_after(effect, size));
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
  enum effect effect = effect_on(WRITE, fd);
  if (effect == FAIL) return -1;
  return syscall(SYS_pwrite64, fd, bytes, size_after(effect, size), offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  return pwrite64(fd, bytes, size, offset);
}

int fsync(int fd) { return effect_on(SYNC, fd) == FAIL ? -1 : (int)syscall(SYS_fsync, fd); }

int fdatasync(int fd) { return effect_on(SYNC, fd) == FAIL ? -1 : (int)syscall(SYS_fdatasync, fd); }

int ftruncate64(int fd, off64_t size) {
  return effect_on(TRUNCATE, fd) == FAIL ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int open_at(int at, const char *path, int flags, mode_t mode) {
  uint64_t operation = flags & (O_WRONLY | O_RDWR | O_CREAT) ? OPEN_TO_WRITE : OPEN_TO_READ;
  if (is_watched(operation) && is_inside(path) && next_effect() == FAIL) return -1;
  return (int)syscall(SYS_openat, at, path, flags, mode);
}

static mode_t mode_of(int flags, va_list more) {
  return flags & O_CREAT ? va_arg(more, mode_t) : 0;
}

#define OPEN(name)                                    \
  int name(const char *path, int flags, ...) {        \
    va_list more;                                     \
    va_start(more, flags);                            \
    mode_t mode = mode_of(flags, more);               \
    va_end(more);                                     \
    return open_at(AT_FDCWD, path, flags, mode);      \
  }
#define OPEN_AT(name)                                 \
  int name(int at, const char *path, int flags, ...) { \
    va_list more;                                     \
    va_start(more, flags);                            \
    mode_t mode = mode_of(flags, more);               \
    va_end(more);                                     \
    return open_at(at, path, flags, mode);            \
  }
OPEN(open)
OPEN(open64)
OPEN_AT(openat)
OPEN_AT(openat64)

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && clock == CLOCK_REALTIME && control) {
    int64_t ms = (int64_t)control[CLOCK_MS];
    now->tv_sec += ms / 1000;
  }
  return result;
}
