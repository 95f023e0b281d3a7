// SPDX-License-Identifier: BSD-3-Clause
// Files that appear complete or not at all.
#ifndef ELBOW_BASE_FILE_H
#define ELBOW_BASE_FILE_H

#include "elbow/base/status.h"

#include <stddef.h>

// Local. Writes size bytes to `path`.part, syncs, renames to path, syncs the directory. OUTPUT if any of it fails; then
// the .part is removed and what stood at path is untouched.
enum elbow_status elbow_file_write(const char *path, const void *bytes, size_t size, struct elbow_error *error);

// Local. The last steps alone: syncs a finished `part` file, renames it to path, syncs the directory. OUTPUT, and
// `part` is removed, if that fails.
enum elbow_status elbow_file_publish(const char *part, const char *path, struct elbow_error *error);

// Local. Makes the directory that shall hold path, and those above it. FILE if that fails.
enum elbow_status elbow_file_make_directory_of(const char *path, struct elbow_error *error);

#endif
