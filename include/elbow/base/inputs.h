// SPDX-License-Identifier: BSD-3-Clause
// The files that this process reads as inputs: no file that it publishes may replace one of them.
#ifndef ELBOW_BASE_INPUTS_H
#define ELBOW_BASE_INPUTS_H

#include "elbow/base/directory.h"
#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stdbool.h>

ELBOW_C_BEGIN

// Local, from any thread. Notes that the file at path is an input; a missing file is not noted. MEMORY.
enum elbow_status elbow_inputs_note(const char *path, struct elbow_error *error);

// Local, from any thread. Whether the file at path, through symbolic links, is an input.
bool elbow_inputs_have(const struct elbow_directory *directory, const char *path);

ELBOW_C_END

#endif
