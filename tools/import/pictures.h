// SPDX-License-Identifier: BSD-3-Clause
// Pictures as rows: one file, or a folder of them.
#ifndef ELBOW_TOOLS_IMPORT_PICTURES_H
#define ELBOW_TOOLS_IMPORT_PICTURES_H

#include "source.h"

// Local. Opens source->path, a file of pictures or a folder. Each picture is a row; all have the shape and type of the
// first. Call import_source_close afterwards, after a failure too.
enum elbow_status import_pictures_open(bool is_folder, const struct import_reading *reading,
                                       struct import_source *source, struct elbow_error *error);

#endif
