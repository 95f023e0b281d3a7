// SPDX-License-Identifier: BSD-3-Clause
// Bytes as text, for files embedded in other files.
#ifndef ELBOW_OUTPUT_BASE64_H
#define ELBOW_OUTPUT_BASE64_H

#include "elbow/base/language.h"

#include <stddef.h>
#include <stdio.h>

ELBOW_C_BEGIN

// Local. Writes bytes in Base64 (RFC 4648), without line feeds.
void elbow_base64_put(FILE *stream, const void *bytes, size_t size);

ELBOW_C_END

#endif
