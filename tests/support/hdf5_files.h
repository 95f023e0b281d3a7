// SPDX-License-Identifier: BSD-3-Clause
// HDF5 files built with the library itself, and this project's functions where they must succeed.
#ifndef ELBOW_TESTS_HDF5_FILES_H
#define ELBOW_TESTS_HDF5_FILES_H

#include "elbow/data/hdf5.h"
#include "scratch.h"
#include "unit.h"

#include <hdf5.h>

hid_t new_file(const char *path);

// A dataset of any stored type, written from any type in memory. creation may be H5P_DEFAULT.
void put(hid_t file, const char *name, hid_t stored, hid_t native, int rank, const hsize_t *shape, hid_t creation,
         const void *values);
struct elbow_hdf5 *open_good(const char *path);
bool has(struct elbow_hdf5 *file, const char *name);
struct elbow_hdf5_info describe_good(struct elbow_hdf5 *file, const char *name);
void read_good(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count, void *out);

// Nothing may stay open in the library.
void close_good(struct elbow_hdf5 *file);

// The message has all these parts; one line.
void check_message(const struct elbow_error *error, const char *a, const char *b);
hid_t layout(hsize_t rows, hsize_t columns, bool shuffle, bool checksum, unsigned deflate);

struct elbow_hdf5 *create_good(const char *path);
void hdf5_must(enum elbow_status status, const struct elbow_error *error);

// A bit of everything: groups, layouts, attributes of all kinds, one of them replaced.
void fill_good(struct elbow_hdf5 *file);

void check_filled_good(struct elbow_hdf5 *file);

#endif
