// SPDX-License-Identifier: BSD-3-Clause
// A test's directory, open.
#ifndef ELBOW_TESTS_SCRATCH_OPEN_H
#define ELBOW_TESTS_SCRATCH_OPEN_H

#include "elbow/base/directory.h"

struct elbow_directory scratch_open(const char *path);

#endif
