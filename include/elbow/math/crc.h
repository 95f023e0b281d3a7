// SPDX-License-Identifier: BSD-3-Clause
// CRC-32C (Castagnoli; RFC 3720, appendix B.4), the checksum of records in TFRecord files.
#ifndef ELBOW_MATH_CRC_H
#define ELBOW_MATH_CRC_H

#include "elbow/base/language.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// Local.
uint32_t elbow_crc32c(const void *bytes, size_t size);

ELBOW_C_END

#endif
