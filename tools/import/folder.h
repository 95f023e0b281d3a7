// SPDX-License-Identifier: BSD-3-Clause
// The pictures of a folder, or of the folders in it.
#ifndef ELBOW_TOOLS_IMPORT_FOLDER_H
#define ELBOW_TOOLS_IMPORT_FOLDER_H

#include "source.h"

struct import_file {
    char *name; // path below the folder
    uint64_t pictures;
};

// Plain; begins zeroed.
struct import_folder {
    struct import_file *files; // in natural order, class by class; owned
    size_t count, size;
    // Of a folder that contains folders and no picture; their rows are the number of files so far.
    struct import_class *classes;
    size_t class_count, class_size;
    size_t passed; // folders that were skipped because they are next to pictures
};

// Local. The path of an entry of a folder; false if it is too long.
bool import_folder_path(const char *folder, const char *name, elbow_path path);

// Local. Lists a folder by the names of its files. FILE if it cannot be read; FORMAT if it or one of its folders
// contains no picture. Call import_folder_clear afterwards, after a failure too.
enum elbow_status import_folder_list(const char *path, struct import_folder *folder, struct elbow_error *error);

// Local. Makes the list of a single file.
enum elbow_status import_folder_single(struct import_folder *folder, const char *path, struct elbow_error *error);

// Local. Prints the findings to standard output.
void import_folder_report(const char *path, const struct import_folder *folder);

// Local. The name of the format of all files, by their endings; NULL if there are several.
const char *import_folder_format(const struct import_folder *folder);

// Local. Releases the list; a zeroed struct is legal.
void import_folder_clear(struct import_folder *folder);

#endif
