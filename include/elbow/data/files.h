// SPDX-License-Identifier: BSD-3-Clause
// The files that the places of a configuration name. Rank zero alone expands variables and patterns, so that all ranks
// read the same files under the same names.
#ifndef ELBOW_DATA_FILES_H
#define ELBOW_DATA_FILES_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/config/places.h"
#include "elbow/parallel/comm.h"

#include <stdbool.h>
#include <stdint.h>

ELBOW_C_BEGIN

// Files in order, and in each of them a dataset for each channel. Zeroed: none.
struct elbow_files {
    size_t count, channels;
    bool are_several; // a list, a pattern or channels: bare datasets of companions are read from the same files
    const char *const *paths, *const *datasets; // [count * channels], file by file
    char *text;                                 // owned, as `names`; NULL if the struct borrows
    const char **names;
};

// Local. One dataset as files that are not owned: the texts and both pointers must outlive the result.
struct elbow_files elbow_files_of(const char *const *path, const char *const *dataset);

// A request to find files.
struct elbow_files_request {
    const char *key;                  // for messages: "data.train", "--data"
    const char *file;                 // the file of bare datasets
    const char *places;               // empty: none
    const struct elbow_files *beside; // bare datasets are read from its files, if they are several; may be NULL
};

// Local. Finds files. Files that are named without a pattern need not exist. CONFIG for a variable that is not set, a
// place without a file, or channels with different numbers of files; FILE if no file matches a pattern. Release `files`
// with elbow_files_clear.
enum elbow_status elbow_files_find(const struct elbow_files_request *request, struct elbow_files *files,
                                   struct elbow_error *error);

// Collective. The same: rank zero finds the files, and all ranks get them.
enum elbow_status elbow_files_share(struct elbow_comm *comm, const struct elbow_files_request *request,
                                    struct elbow_files *files, struct elbow_error *error);

// Local. Whether all datasets are in one file.
bool elbow_files_are_one(const struct elbow_files *files);

// Local. A name for messages, cut to `size` bytes: "a.h5:/x", or "a.h5:/x and 11 more files" (or datasets, of one
// file).
void elbow_files_name(const struct elbow_files *files, char *name, size_t size);

// Local. Makes a copy that owns its texts. MEMORY.
enum elbow_status elbow_files_copy(const struct elbow_files *files, struct elbow_files *copy,
                                   struct elbow_error *error);

// Local. Makes a copy with other paths: for each file and dataset, the callback sets *moved to the new path. Errors of
// the callback; MEMORY.
typedef enum elbow_status elbow_files_move(void *user, const char *path, const char *dataset, const char **moved,
                                           struct elbow_error *error);
enum elbow_status elbow_files_moved(const struct elbow_files *files, elbow_files_move *move, void *user,
                                    struct elbow_files *moved, struct elbow_error *error);

// Local. Releases the files; a zeroed struct and one that borrows are legal.
void elbow_files_clear(struct elbow_files *files);

// Collective. Expands a path of the configuration (data.stage, run.dir) on rank zero (elbow/base/expand.h). CONFIG.
enum elbow_status elbow_files_expand(struct elbow_comm *comm, const char *key, const char *path, elbow_path expanded,
                                     struct elbow_error *error);

ELBOW_C_END

#endif
