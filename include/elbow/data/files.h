// SPDX-License-Identifier: BSD-3-Clause
// Which files a configuration's places mean: variables and patterns are expanded by rank zero alone, so that all ranks
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
    bool are_several; // a list, a pattern or channels: bare datasets beside it are of its files
    const char *const *paths, *const *datasets; // (count * channels), file by file
    char *text;                                 // owned, with `names`; NULL where they are not
    const char **names;
};

// Local. One dataset as files, which are not owned: the texts and `one` must outlive them.
struct elbow_files elbow_files_of(const char *const *path, const char *const *dataset);

// What is looked for.
struct elbow_files_request {
    const char *key;                  // for messages: "data.train", "--data"
    const char *file;                 // of bare datasets
    const char *places;               // empty: none
    const struct elbow_files *beside; // bare datasets are of its files, if they are several; may be NULL
};

// Local. Finds files; those that are named without a pattern need not be there. CONFIG for a variable that is not set,
// a place without a file, channels of differing numbers of files; FILE if no file matches a pattern. What was found is
// given back with elbow_files_clear.
enum elbow_status elbow_files_find(const struct elbow_files_request *request, struct elbow_files *files,
                                   struct elbow_error *error);

// Collective. Likewise by rank zero, for all.
enum elbow_status elbow_files_share(struct elbow_comm *comm, const struct elbow_files_request *request,
                                    struct elbow_files *files, struct elbow_error *error);

// Local. Whether all lie in one file.
bool elbow_files_are_one(const struct elbow_files *files);

// Local. "a.h5:/x", or "a.h5:/x and 11 more files" (or datasets, of one file), for messages.
void elbow_files_name(const struct elbow_files *files, char *name, size_t size);

// Local. A copy that owns its texts.
enum elbow_status elbow_files_copy(const struct elbow_files *files, struct elbow_files *copy,
                                   struct elbow_error *error);

// Local. Likewise with other paths: the callback gives that of each file, anew.
typedef enum elbow_status elbow_files_move(void *user, const char *path, const char *dataset, const char **moved,
                                           struct elbow_error *error);
enum elbow_status elbow_files_moved(const struct elbow_files *files, elbow_files_move *move, void *user,
                                    struct elbow_files *moved, struct elbow_error *error);

// Local. A zeroed struct, and one that owns nothing, are legal.
void elbow_files_clear(struct elbow_files *files);

// Collective. A path of the configuration (data.stage, run.dir) as rank zero expands it (elbow/base/expand.h).
enum elbow_status elbow_files_expand(struct elbow_comm *comm, const char *key, const char *path, elbow_path expanded,
                                     struct elbow_error *error);

ELBOW_C_END

#endif
