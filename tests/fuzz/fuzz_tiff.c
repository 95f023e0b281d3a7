// SPDX-License-Identifier: BSD-3-Clause
// TIFF files. libtiff is not instrumented: the target searches errors in this project's code.
#include "import_input.h"

// Some codecs pack 65536 to 1, and a picture lies in memory up to three times: more than FUZZ_BYTES_MAX of a longer
// one.
enum { SIZE_MAX_USED = 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool is_big = size > 0 && data[0] == 'M';
    fuzz_import(data, size < SIZE_MAX_USED ? size : SIZE_MAX_USED, is_big ? "MM" : "II", 2);
    return 0;
}
