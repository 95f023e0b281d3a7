// SPDX-License-Identifier: BSD-3-Clause
// Files that appear complete or not at all.
#ifndef ELBOW_BASE_FILE_H
#define ELBOW_BASE_FILE_H

#include "elbow/base/status.h"

#include <stddef.h>
#include <stdint.h>

// Local. Opens for writing, created if missing (flags: O_TRUNC, O_APPEND, O_EXCL); negative if it cannot be. Writes all
// of size bytes; syncs (true where the file system cannot); renames. False with errno if that fails.
int elbow_file_open(const char *path, int flags);
bool elbow_file_put(int file, const void *bytes, size_t size);
bool elbow_file_sync(int file);
bool elbow_file_rename(const char *from, const char *to);

// Local. Whether an errno says that there is no room: another time there may be.
bool elbow_file_is_full(int reason);

// Local. For tests: of the calls of the four functions above, the n-th from now on and those after it, `times` in all,
// fail as on a full disk, writes in their middle (1 is the next one; 0 disarms); the calls made so far.
void elbow_file_fail_at(uint64_t n, uint64_t times);
uint64_t elbow_file_count(void);

// Local. Writes size bytes to `path`.part, syncs, renames to path, syncs the directory. OUTPUT if any of it fails; then
// the .part is removed and what stood at path is untouched,
// and errno tells why.
enum elbow_status elbow_file_write(const char *path, const void *bytes, size_t size, struct elbow_error *error);

// Local. The last steps alone: syncs a finished `part` file, renames it to path, syncs the directory. OUTPUT, and
// `part` is removed, if that fails.
enum elbow_status elbow_file_publish(const char *part, const char *path, struct elbow_error *error);

// Local. Syncs the directory that holds path, so that the new name survives a power cut. File systems that cannot are
// forgiven.
void elbow_file_sync_directory_of(const char *path);

// Local. Makes the directory that shall hold path, and those above it. FILE if that fails.
enum elbow_status elbow_file_make_directory_of(const char *path, struct elbow_error *error);

// Local. Removes what writes that never ended have left in a directory: names that end in ".part". A directory that is
// not there is clean.
void elbow_file_sweep(const char *directory);

#endif
