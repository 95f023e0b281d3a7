// SPDX-License-Identifier: BSD-3-Clause
// Text files, plain and gzip (and whatever else an input without a magic of its own becomes).
#include "import_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(data, size, "", 0);
    return 0;
}
