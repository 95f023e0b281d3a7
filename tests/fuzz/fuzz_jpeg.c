// SPDX-License-Identifier: BSD-3-Clause
// JPEG files. libjpeg is not instrumented: the target searches errors in this project's code.
#include "import_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(data, size, "\xff\xd8\xff", 3);
    return 0;
}
