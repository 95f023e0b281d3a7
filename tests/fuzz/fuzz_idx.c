// SPDX-License-Identifier: BSD-3-Clause
// IDX files, plain and gzip.
#include "import_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(data, size, "\0\0", 2);
    return 0;
}
