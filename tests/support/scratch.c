// SPDX-License-Identifier: BSD-3-Clause
// A test directory: made, read, written, removed.
#include "scratch.h"

#include <dirent.h>
#include <ftw.h>

struct scratch scratch_make(void)
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

const char *scratch_path(struct scratch *scratch, const char *name)
{
    snprintf(scratch->path, sizeof scratch->path, "%s/%s", scratch->directory, name);
    return scratch->path;
}

static int scratch_remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
    (void)about;
    (void)kind;
    (void)walk;
    return remove(path);
}

void scratch_clear(struct scratch *scratch)
{
    nftw(scratch->directory, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void *scratch_read(const char *path, size_t *size)
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

int scratch_holds(const char *path, const void *bytes, size_t size)
{
    size_t found;
    void *held = scratch_read(path, &found);
    int holds = held != NULL && found == size && memcmp(held, bytes, size) == 0;
    free(held);
    return holds;
}

int scratch_parts(const struct scratch *scratch)
{
    int count = 0;
    DIR *stream = opendir(scratch->directory);
    for (struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;)
        count += strncmp(entry->d_name, ".elbow-", 7) == 0;
    if (stream != NULL)
        closedir(stream);
    return count;
}

void scratch_write(const char *path, const void *bytes, size_t size)
{
    FILE *stream = fopen(path, "wb");
    if (stream == NULL || fwrite(bytes, 1, size, stream) != size || fclose(stream) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}
