// SPDX-License-Identifier: BSD-3-Clause
// An input as a file that elbow-import is asked to read whole.
#ifndef ELBOW_TESTS_FUZZ_IMPORT_INPUT_H
#define ELBOW_TESTS_FUZZ_IMPORT_INPUT_H

#include "fuzz.h"

#include "import/source.h"

#include <sys/mman.h>
#include <unistd.h>

enum { FUZZ_BLOCK_BYTES = 1 << 16 };

static inline enum elbow_status fuzz_read_rows(struct import_source *source, struct elbow_error *error)
{
    uint64_t row_bytes = import_shape_values(source->rank, source->shape) * elbow_element_size(source->element);
    uint64_t block = row_bytes >= FUZZ_BLOCK_BYTES ? 1 : FUZZ_BLOCK_BYTES / row_bytes;
    void *rows;
    enum elbow_status status = elbow_allocate(&rows, block, row_bytes, "a block of rows", error);
    for (uint64_t left = source->rows; left > 0 && status == ELBOW_OK;) {
        uint64_t count = left < block ? left : block;
        status = source->read(source, count, rows, error);
        if (status == ELBOW_OK)
            elbow_element_scan(source->element, rows, count * import_shape_values(source->rank, source->shape));
        left -= count;
    }
    elbow_release(&rows);
    return status;
}

// The file lies in memory, and has a name for as long as it is open. `magic` is put over its beginning, so that the
// fuzzer does not lose its format; a gzip file is left as it is.
static inline void fuzz_import_as(const uint8_t *data, size_t size, const void *magic, size_t magic_size,
                                  const struct import_reading *reading)
{
    char path[64];
    int file = memfd_create("input", MFD_CLOEXEC);
    FUZZ_EXPECT(file >= 0 && write(file, data, size) == (ssize_t)size);
    bool is_gzip = size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
    if (!is_gzip && size >= magic_size)
        FUZZ_EXPECT(pwrite(file, magic, magic_size, 0) == (ssize_t)magic_size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct import_source source = {0};
    struct elbow_error error = {0};
    enum elbow_status status = import_source_open(path, reading, &source, &error);
    if (status == ELBOW_OK)
        status = fuzz_read_rows(&source, &error);
    import_source_close(&source);
    close(file);
    fuzz_expect_end(status, &error);
}

static inline void fuzz_import(const uint8_t *data, size_t size, const void *magic, size_t magic_size)
{
    fuzz_import_as(data, size, magic, magic_size, &(struct import_reading){0});
}

#endif
