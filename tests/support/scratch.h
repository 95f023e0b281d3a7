// SPDX-License-Identifier: BSD-3-Clause
// A directory for one test, which removes it.
#ifndef ELBOW_TESTS_SCRATCH_H
#define ELBOW_TESTS_SCRATCH_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scratch {
    char directory[256];
    char path[512]; // the last requested one
};

struct scratch scratch_make(void);
const char *scratch_path(struct scratch *scratch, const char *name);
void scratch_clear(struct scratch *scratch);

// The bytes of a file, to be freed; a file of these bytes.
void *scratch_read(const char *path, size_t *size);

// True if a file contains exactly these bytes.
int scratch_holds(const char *path, const void *bytes, size_t size);

// The number of unfinished outputs in the directory.
int scratch_parts(const struct scratch *scratch);
void scratch_write(const char *path, const void *bytes, size_t size);

#endif
