// SPDX-License-Identifier: BSD-3-Clause
// PNG files: as they are, and with the checksums of their chunks mended, which a mutation breaks and libpng verifies.
#include "import_input.h"

#include <zlib.h>

static const uint8_t SIGNATURE[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// Chunks are a length, a type, that number of bytes, and the CRC of type and bytes.
static void mend_checksums(uint8_t *bytes, size_t size)
{
    size_t at = sizeof SIGNATURE;
    while (at + 12 <= size && big_endian(bytes + at) <= size - at - 12) {
        size_t length = big_endian(bytes + at);
        uint32_t sum = (uint32_t)crc32(0, bytes + at + 4, (uInt)length + 4);
        for (int i = 0; i < 4; ++i)
            bytes[at + 8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
        at += 12 + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(data, size, SIGNATURE, sizeof SIGNATURE);
    uint8_t *mended = malloc(size + 1);
    memcpy(mended, data, size);
    mend_checksums(mended, size);
    fuzz_import(mended, size, SIGNATURE, sizeof SIGNATURE);
    free(mended);
    return 0;
}
