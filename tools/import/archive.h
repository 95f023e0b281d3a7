// SPDX-License-Identifier: BSD-3-Clause
// Zip archives: what they hold, and members as streams.
#ifndef ELBOW_TOOLS_IMPORT_ARCHIVE_H
#define ELBOW_TOOLS_IMPORT_ARCHIVE_H

#include "stream.h"

struct import_archive; // opaque: an open archive

// Local. FORMAT if it is damaged, FILE if it cannot be read.
enum elbow_status import_archive_open(const char *path, struct import_archive **archive, struct elbow_error *error);

// Local. How many members there are, and the name of each; it lasts as long as the archive.
uint64_t import_archive_count(const struct import_archive *archive);
const char *import_archive_name(const struct import_archive *archive, uint64_t member);

// Local. A member as a stream called `name`, which owns the archive from the call on, even if it fails. FORMAT if it is
// encrypted, packed in an unknown way or damaged; its checksum is known to be right at its end only.
enum elbow_status import_archive_stream(struct import_archive *archive, uint64_t member, const char *name,
                                        struct import_stream **stream, struct elbow_error *error);

// Local. NULL is legal.
void import_archive_close(struct import_archive *archive);

#endif
