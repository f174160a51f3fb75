/* Loaded before the C library into the shipped server: counts the calls that change a file and ends the process right
 * after call FIRSTOUT_KILL_AFTER. A process that ends by itself writes their number into FIRSTOUT_KILL_COUNT. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;
static long last = -1;

__attribute__((constructor)) static void begin(void) {
    const char *after = getenv("FIRSTOUT_KILL_AFTER");
    if (after) last = atol(after);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FIRSTOUT_KILL_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%ld\n", (long)calls);
    fclose(file);
}

static void changed(void) {
    if (atomic_fetch_add(&calls, 1) + 1 != last) return;
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* Sockets and pipes are written to as well. */
static int is_file(int fd) {
    struct stat about;
    return fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

#define ON_FILE(result, name, types, ...)                                    \
    result name types {                                                      \
        static result(*real) types;                                          \
        if (!real) real = (result(*) types)dlsym(RTLD_NEXT, #name);          \
        result answer = real(__VA_ARGS__);                                   \
        if (is_file(fd)) changed();                                          \
        return answer;                                                       \
    }

#define ON_NAME(result, name, types, ...)                                    \
    result name types {                                                      \
        static result(*real) types;                                          \
        if (!real) real = (result(*) types)dlsym(RTLD_NEXT, #name);          \
        result answer = real(__VA_ARGS__);                                   \
        changed();                                                           \
        return answer;                                                       \
    }

ON_FILE(ssize_t, write, (int fd, const void *from, size_t bytes), fd, from, bytes)
ON_FILE(ssize_t, pwrite, (int fd, const void *from, size_t bytes, off_t at), fd, from, bytes, at)
ON_FILE(ssize_t, pwrite64, (int fd, const void *from, size_t bytes, off64_t at), fd, from, bytes, at)
ON_FILE(int, ftruncate, (int fd, off_t size), fd, size)
ON_FILE(int, ftruncate64, (int fd, off64_t size), fd, size)
ON_FILE(int, fsync, (int fd), fd)
ON_FILE(int, fdatasync, (int fd), fd)
ON_NAME(int, unlink, (const char *path), path)
ON_NAME(int, rename, (const char *from, const char *to), from, to)
