// SPDX-License-Identifier: BSD-3-Clause
// Base64: three bytes are four letters.
#include "elbow/output/base64.h"

#include <stdint.h>

void elbow_base64_put(FILE *stream, const void *bytes, size_t size)
{
    static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *from = bytes;
    for (size_t i = 0; i < size; i += 3) {
        uint32_t word = 0;
        for (size_t k = 0; k < 3; ++k)
            word = word << 8 | (i + k < size ? from[i + k] : 0);
        for (size_t k = 0; k < 4; ++k)
            fputc(i + k > size ? '=' : LETTERS[word >> (18 - 6 * k) & 63], stream);
    }
}
