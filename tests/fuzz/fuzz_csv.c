// SPDX-License-Identifier: BSD-3-Clause
// Text files, plain and gzip (and any other input without a magic of its own): with all columns, and without some.
#include "import_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(data, size, "", 0);
    struct import_reading some = {.header = size % 3, .skipped = {.count = 2, .ranges = {{1, 1}, {3, 5}}}};
    fuzz_import_as(data, size, "", 0, &some);
    return 0;
}
