// SPDX-License-Identifier: BSD-3-Clause
// What this binary is: version, commit, compiler, flags, libraries; for receipt.txt and for comparing ranks.
#ifndef ELBOW_BASE_BUILD_H
#define ELBOW_BASE_BUILD_H

#include "elbow/base/language.h"

ELBOW_C_BEGIN

// Local. The version of the project ("0.2.0-dev").
const char *elbow_build_version(void);

// Local. The commit ("v0.2.0-dev-3-gabc1234", "-dirty" appended if files differ); "release" outside of a git tree.
const char *elbow_build_id(void);

// Local. One line: compiler, flags, kinds of libraries.
const char *elbow_build_flags(void);

ELBOW_C_END

#endif
