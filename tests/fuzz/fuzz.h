// SPDX-License-Identifier: BSD-3-Clause
// What the fuzz targets share. A target is one file, fuzz_<target>.c, with the function below: linked with libFuzzer it
// is a fuzzer (ELBOW_FUZZ), linked with replay.c a test that runs the kept inputs. A target may only abort where the
// program breaks a promise: an error without a sentence, memory that is not given back, a damaged file that passes.
#ifndef ELBOW_TESTS_FUZZ_H
#define ELBOW_TESTS_FUZZ_H

#include "elbow/base/memory.h"
#include "elbow/base/status.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A promise; told and ended by abort if it is broken.
#define FUZZ_EXPECT(promise) ((promise) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #promise))

_Noreturn static inline void fuzz_broken(const char *file, int line, const char *promise)
{
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, promise);
    abort();
}

// More memory than any input of a few kilobytes may lead to (300 MB; a PNG of 16 KB may unfold to some of it).
static const size_t FUZZ_BYTES_MAX = (size_t)300 << 20;

// What holds after every input: success, or a status with its sentence of one line; nothing is kept, and never was more
// taken than the input is worth.
static inline void fuzz_expect_end(enum elbow_status status, const struct elbow_error *error)
{
    FUZZ_EXPECT(status == ELBOW_OK || status == error->status);
    FUZZ_EXPECT(status == ELBOW_OK || (error->message[0] != '\0' && strchr(error->message, '\n') == NULL));
    FUZZ_EXPECT(elbow_memory_count().blocks == 0);
    FUZZ_EXPECT(elbow_memory_count().peak_bytes <= FUZZ_BYTES_MAX);
}

// The input as a stream of numbers; zeros behind its end.
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

static inline uint64_t fuzz_take(struct fuzz_input *input, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes && input->size > 0; ++i, ++input->data, --input->size)
        value |= (uint64_t)*input->data << 8 * i;
    return value;
}

#endif
