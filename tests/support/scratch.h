// SPDX-License-Identifier: BSD-3-Clause
// A directory of a test's own, gone afterwards.
#ifndef ELBOW_TESTS_SCRATCH_H
#define ELBOW_TESTS_SCRATCH_H

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scratch {
    char directory[256];
    char path[512]; // the last one asked for
};

static inline struct scratch scratch_make(void)
{
    struct scratch scratch = {.path = ""};
    const char *base = getenv("TMPDIR");
    snprintf(scratch.directory, sizeof scratch.directory, "%s/elbow-test-XXXXXX",
             base != NULL && *base != 0 ? base : "/tmp");
    if (mkdtemp(scratch.directory) == NULL) {
        perror(scratch.directory);
        exit(EXIT_FAILURE);
    }
    return scratch;
}

static inline const char *scratch_path(struct scratch *scratch, const char *name)
{
    snprintf(scratch->path, sizeof scratch->path, "%s/%s", scratch->directory, name);
    return scratch->path;
}

static inline int scratch_remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
    (void)about;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void scratch_clear(struct scratch *scratch)
{
    nftw(scratch->directory, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

// The bytes of a file, to be freed; a file of these bytes.
static inline void *scratch_read(const char *path, size_t *size)
{
    *size = 0;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return NULL;
    fseek(stream, 0, SEEK_END);
    *size = (size_t)ftell(stream);
    rewind(stream);
    void *bytes = malloc(*size + 1);
    if (fread(bytes, 1, *size, stream) != *size)
        *size = 0;
    fclose(stream);
    return bytes;
}

// Whether a file holds just these bytes.
static inline int scratch_holds(const char *path, const void *bytes, size_t size)
{
    size_t found;
    void *held = scratch_read(path, &found);
    int holds = held != NULL && found == size && memcmp(held, bytes, size) == 0;
    free(held);
    return holds;
}

// How many outputs lie unfinished in the directory.
static inline int scratch_parts(const struct scratch *scratch)
{
    int count = 0;
    DIR *stream = opendir(scratch->directory);
    for (struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;)
        count += strncmp(entry->d_name, ".elbow-", 7) == 0;
    if (stream != NULL)
        closedir(stream);
    return count;
}

static inline void scratch_write(const char *path, const void *bytes, size_t size)
{
    FILE *stream = fopen(path, "wb");
    if (stream == NULL || fwrite(bytes, 1, size, stream) != size || fclose(stream) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

#endif
