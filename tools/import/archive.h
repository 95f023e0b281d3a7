// SPDX-License-Identifier: BSD-3-Clause
// Zip archives: their members, as streams.
#ifndef ELBOW_TOOLS_IMPORT_ARCHIVE_H
#define ELBOW_TOOLS_IMPORT_ARCHIVE_H

#include "stream.h"

struct import_archive; // opaque: an open archive

// Local. Opens an archive. FORMAT if it is damaged, FILE if it cannot be read.
enum elbow_status import_archive_open(const char *path, struct import_archive **archive, struct elbow_error *error);

// Local. The number of members, and the name of each, which lives as long as the archive.
uint64_t import_archive_count(const struct import_archive *archive);
const char *import_archive_name(const struct import_archive *archive, uint64_t member);

// Local. Opens a member as a stream with this name. The stream owns the archive, after a failure too. FORMAT if the
// member is encrypted, compressed in an unsupported way or damaged; its checksum is only verified at its end.
enum elbow_status import_archive_stream(struct import_archive *archive, uint64_t member, const char *name,
                                        struct import_stream **stream, struct elbow_error *error);

// Local. Closes the archive; a NULL is legal.
void import_archive_close(struct import_archive *archive);

#endif
