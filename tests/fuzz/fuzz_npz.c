// SPDX-License-Identifier: BSD-3-Clause
// NPZ files: the only array, and a named one.
#include "import_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(data, size, "PK\3\4", 4);
    fuzz_import_as(data, size, "PK\3\4", 4, &(struct import_reading){.array = "images"});
    return 0;
}
