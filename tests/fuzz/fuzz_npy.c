// SPDX-License-Identifier: BSD-3-Clause
// NPY files, plain and gzip.
#include "import_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(data, size, "\x93NUMPY", 6);
    return 0;
}
