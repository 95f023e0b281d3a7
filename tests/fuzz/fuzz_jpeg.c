// SPDX-License-Identifier: BSD-3-Clause
// JPEG files. libjpeg is not instrumented: what is looked for is on our side of it.
#include "import_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(data, size, "\xff\xd8\xff", 3);
    return 0;
}
