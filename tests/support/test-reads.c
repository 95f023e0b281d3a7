// SPDX-License-Identifier: BSD-3-Clause
// To be preloaded: reads of a file at an offset, as libhdf5 makes them, fail, are late, or find the file changed.
//
//   ELBOW_TEST_READS=RANK:NAME:AFTER:COUNT:ACTION
//
// On rank RANK (of Open MPI) COUNT reads of files whose path ends in NAME meet the ACTION, from the time on when there
// is a file AFTER: eio (they fail), late (each takes 2 s more), cut (the file loses its second half before the first
// of them), remove (the file is removed then).
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_ullong reads;

// Whether a descriptor is of a file of this name; its path.
static bool is_of(int file, const char *name, char *path, size_t size)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0)
        return false;
    path[length] = 0;
    size_t wanted = strlen(name);
    return (size_t)length >= wanted && strcmp(path + length - wanted, name) == 0;
}

static void cut(const char *path)
{
    struct stat about;
    if (stat(path, &about) == 0 && truncate(path, about.st_size / 2) != 0)
        perror(path);
}

// False if the read shall fail.
static bool meet(int file)
{
    const char *order = getenv("ELBOW_TEST_READS"), *rank = getenv("OMPI_COMM_WORLD_RANK");
    char name[64], after[256], action[16], path[4096];
    unsigned long long count;
    int wanted;
    if (order == NULL || sscanf(order, "%d:%63[^:]:%255[^:]:%llu:%15s", &wanted, name, after, &count, action) != 5 ||
        wanted != (rank == NULL ? 0 : atoi(rank)) || !is_of(file, name, path, sizeof path) || access(after, F_OK) != 0)
        return true;
    unsigned long long number = atomic_fetch_add(&reads, 1) + 1;
    if (number > count)
        return true;
    if (strcmp(action, "late") == 0)
        nanosleep(&(struct timespec){.tv_sec = 2}, NULL);
    if (number == 1 && strcmp(action, "cut") == 0)
        cut(path);
    if (number == 1 && strcmp(action, "remove") == 0)
        unlink(path);
    return strcmp(action, "eio") != 0;
}

static ssize_t read_at(int file, void *bytes, size_t size, off_t offset)
{
    if (meet(file))
        return (ssize_t)syscall(SYS_pread64, file, bytes, size, offset);
    errno = EIO;
    return -1;
}

ssize_t pread(int file, void *bytes, size_t size, off_t offset)
{
    return read_at(file, bytes, size, offset);
}

ssize_t pread64(int file, void *bytes, size_t size, off64_t offset)
{
    return read_at(file, bytes, size, offset);
}
