// SPDX-License-Identifier: BSD-3-Clause
// The only file that includes the generated header, so that a commit compiles no other file again.
#include "elbow/base/build.h"

#include "elbow/build.h"

const char *elbow_build_version(void)
{
    return ELBOW_VERSION;
}

const char *elbow_build_id(void)
{
    return ELBOW_BUILD_ID;
}

const char *elbow_build_flags(void)
{
    return ELBOW_COMPILER "; " ELBOW_FLAGS "; " ELBOW_LIBRARIES;
}
