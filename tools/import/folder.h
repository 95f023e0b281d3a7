// SPDX-License-Identifier: BSD-3-Clause
// The pictures of a folder, or of the folders in it.
#ifndef ELBOW_TOOLS_IMPORT_FOLDER_H
#define ELBOW_TOOLS_IMPORT_FOLDER_H

#include "source.h"

struct import_file {
    char *name; // beneath the folder
    uint64_t pictures;
};

// Plain; begins zeroed.
struct import_folder {
    struct import_file *files; // in natural order; those of a class stand together
    size_t count, size;
    struct import_class *classes; // of a folder that holds folders and no picture; their rows are the files' so far
    size_t class_count, class_size;
    size_t passed; // folders that were passed over, as they lie beside pictures
};

// Local. The path of what lies in a folder; false if it is too long.
bool import_folder_path(const char *folder, const char *name, elbow_path path);

// Local. Lists a folder by the names of its files. FILE if it cannot be read; FORMAT if there is no picture in it, or
// in one of its folders. Whatever comes of it, it is cleared by the function below.
enum elbow_status import_folder_list(const char *path, struct import_folder *folder, struct elbow_error *error);

// Local. The list of a single file.
enum elbow_status import_folder_single(struct import_folder *folder, const char *path, struct elbow_error *error);

// Local. Says what was found, on standard output.
void import_folder_report(const char *path, const struct import_folder *folder);

// Local. The name of the format that all have by their names; NULL if they have several.
const char *import_folder_format(const struct import_folder *folder);

// Local. A zeroed struct is legal.
void import_folder_clear(struct import_folder *folder);

#endif
