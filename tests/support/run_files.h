// SPDX-License-Identifier: BSD-3-Clause
// A run directory with checkpoint files in it, intact, damaged and foreign ones, for unit tests.
#ifndef ELBOW_TESTS_RUN_FILES_H
#define ELBOW_TESTS_RUN_FILES_H

#include "elbow/base/directory.h"
#include "elbow/base/log.h"
#include "elbow/checkpoint/detail/format.h"
#include "scratch.h"

struct image {
    unsigned char *bytes; // owned
    size_t size;
};

// A run directory under test: its log goes into a file.
struct run {
    struct scratch scratch;
    struct elbow_directory directory;
    struct elbow_log log;
    char path[512];
};

// A small HDF5 file behind a sealed user block, whose contents depend on `number`.
struct image image_make(int64_t number);

struct run run_open(bool with_directory);
void run_close(struct run *run);
const char *run_path_of(struct run *run, const char *name);
bool run_holds(struct run *run, const char *name);

// A checkpoint file of this name, damaged in the middle or not.
void run_put(struct run *run, const char *name, bool damaged);

void run_put_text(struct run *run, const char *name);
void run_put_foreign(struct run *run);
int run_warnings(struct run *run);
void run_check_list(struct run *run, const uint64_t *expected, size_t expected_count);

// Checks that this is found as the newest (or the best) one.
void run_check_found(struct run *run, bool best, const char *name);

// The files that remain after a start that found the other checkpoints has written that of `step`.
void run_check_kept(struct run *run, uint64_t step, int64_t keep, bool keeps_best, const uint64_t *kept, size_t count);

#endif
