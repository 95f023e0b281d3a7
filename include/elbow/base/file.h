// SPDX-License-Identifier: BSD-3-Clause
// Files that appear complete or not at all, and never replace a file that a user would miss. Every writer of a whole
// file uses a part: a file of a random name in the same directory, created exclusively and published at the end.
#ifndef ELBOW_BASE_FILE_H
#define ELBOW_BASE_FILE_H

#include "elbow/base/directory.h"
#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

ELBOW_C_BEGIN

// Local. Opens a regular file for writing, created if missing (flags: O_TRUNC, O_APPEND, O_EXCL). Negative with errno
// on failure; ENXIO if a pipe, a device or a socket has the name, because the program would wait.
int elbow_file_open(const struct elbow_directory *directory, const char *path, int flags);

// Local. Opens an input for reading, through symbolic links; it is then read as usual. Negative with errno on failure:
// EISDIR; ENXIO for a device or a socket, and for any pipe unless takes_pipes; EPIPE for a pipe without a writer.
// Unlike open, no call waits for a writer.
int elbow_file_open_input(const char *path, bool takes_pipes);

// Local. Writes all of size bytes; syncs (true where the file system cannot). False with errno if that fails.
bool elbow_file_put(int file, const void *bytes, size_t size);
bool elbow_file_sync(int file);

// Local. Renames: replacing an existing file; or only if there is none (otherwise EEXIST). False with errno if that
// fails.
bool elbow_file_rename(const struct elbow_directory *directory, const char *from, const char *to);
bool elbow_file_rename_new(const struct elbow_directory *directory, const char *from, const char *to);

// Local. Reads size bytes, fewer at the end of the file, and returns their number. Negative with errno if that fails.
ssize_t elbow_file_get(int file, void *bytes, size_t size);

// Local. The whole of a regular file into a new zero-terminated buffer (*size without the zero); released with
// elbow_release. FILE, with errno, if it cannot be read, is not a regular file (ENXIO) or is longer than limit bytes;
// MEMORY.
enum elbow_status elbow_file_read(const struct elbow_directory *directory, const char *path, size_t limit, char **bytes,
                                  size_t *size, struct elbow_error *error);

// Local. The whole of an input into a new zero-terminated buffer (*size without the zero); released with elbow_release.
// FILE if it cannot be read, is longer than limit bytes, or is a device. A pipe is read to its end; FILE if it has no
// writer, or delivers nothing for 30 s.
enum elbow_status elbow_file_read_input(const char *path, size_t limit, char **text, size_t *size,
                                        struct elbow_error *error);

// Local. Whether an errno means that there is no space, which may change.
bool elbow_file_is_full(int reason);

// Local. The text of an errno for messages: strerror, with own words for ENXIO, EEXIST and EPIPE. Valid until the
// thread's next call.
const char *elbow_file_reason(int reason);

// Local. For tests: of the calls that open, write, sync and rename, the n-th from now on and those after it, `times` in
// all, fail as on a full disk, writes in their middle (1 is the next one; 0 disarms). Returns the number of calls made
// so far.
void elbow_file_fail_at(uint64_t n, uint64_t times);
uint64_t elbow_file_count(void);

// Local. For tests: whether to act as on a file system with neither hard links nor a rename that replaces nothing.
void elbow_file_pretend_plain(bool plain);

// Local. The directory that holds path, relative to the same directory as path: "." or with a '/' at its end.
void elbow_file_directory_of(const char *path, elbow_path holder);

// Local. Syncs the directory that holds path, so that the new name survives a power cut. It is no error if a file
// system cannot do this.
void elbow_file_sync_directory_of(const struct elbow_directory *directory, const char *path);

// Local. Makes a directory and those above it, like mkdir -p; new directories survive a power cut.
enum elbow_status elbow_file_make_directory(const char *path, struct elbow_error *error);

// Local. Makes the directory of path, and those above it. FILE if that fails.
enum elbow_status elbow_file_make_directory_of(const char *path, struct elbow_error *error);

ELBOW_C_END

#endif
