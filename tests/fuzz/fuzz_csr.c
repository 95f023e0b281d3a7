// SPDX-License-Identifier: BSD-3-Clause
// Sparse matrices with arbitrary indices: a file with such a matrix is made in memory and read as a dataset is. It must
// be accepted if and only if a plain check of the numbers accepts it, and every value must be the one that its indices
// name.
#include "fuzz.h"

#include "elbow/data/sparse.h"

enum { ROWS_MOST = 24, COLUMNS_MOST = 64, ENTRIES_MOST = 8 * ROWS_MOST };

// A matrix as it is stored: the numbers, and how many of them there are.
struct matrix {
    int64_t rows, columns;
    enum elbow_element value, index, pointer;
    uint64_t chunk; // 0: contiguous
    bool is_older;  // h5sparse
    size_t values, indices, pointers;
    int64_t index_of[ENTRIES_MOST + 4], pointer_of[ROWS_MOST + 4];
};

// A number as its type holds it.
static int64_t hold(enum elbow_element element, int64_t number)
{
    switch (element) {
#define HOLD(name, type, text)                                                                                         \
    case ELBOW_ELEMENT_##name:                                                                                         \
        return (int64_t)(type)number;
        ELBOW_ELEMENT_LIST(HOLD)
#undef HOLD
    }
    return 0;
}

// Rows of a few entries, mostly in order; then some numbers are replaced by others.
static struct matrix take_matrix(struct fuzz_input *input)
{
    struct matrix matrix = {.rows = (int64_t)(fuzz_take(input, 1) % (ROWS_MOST + 1)),
                            .columns = (int64_t)(fuzz_take(input, 1) % (COLUMNS_MOST + 1)),
                            .value = (enum elbow_element)(fuzz_take(input, 1) % (ELBOW_ELEMENT_FLOAT64 + 1)),
                            .index = (enum elbow_element)(fuzz_take(input, 1) % (ELBOW_ELEMENT_INT64 + 1)),
                            .pointer = (enum elbow_element)(fuzz_take(input, 1) % (ELBOW_ELEMENT_INT64 + 1)),
                            .chunk = fuzz_take(input, 1) % 8};
    uint64_t odd = fuzz_take(input, 1);
    matrix.is_older = odd & 1;
    matrix.pointers = 1;
    for (int64_t row = 0; row < matrix.rows; ++row) {
        uint64_t count = fuzz_take(input, 1) % 8;
        for (uint64_t i = 0, column = 0; i < count; ++i) {
            uint64_t step = fuzz_take(input, 1);
            column = step < 16 ? column + step : step;
            matrix.index_of[matrix.indices++] = (int64_t)column;
        }
        matrix.pointer_of[matrix.pointers++] = (int64_t)matrix.indices;
    }
    matrix.values = matrix.indices + (odd >> 1 & 1) - (matrix.indices > 0 && odd >> 2 & 1);
    matrix.indices += odd >> 3 & 1;
    matrix.pointers += (odd >> 4 & 1);
    for (uint64_t changes = fuzz_take(input, 1) % 4; changes > 0; --changes) {
        bool is_pointer = fuzz_take(input, 1) & 1;
        size_t at = (size_t)fuzz_take(input, 1), width = (size_t)1 << fuzz_take(input, 1) % 4;
        int64_t number = (int64_t)fuzz_take(input, width);
        if (is_pointer)
            matrix.pointer_of[at % (sizeof matrix.pointer_of / sizeof *matrix.pointer_of)] = number;
        else
            matrix.index_of[at % (sizeof matrix.index_of / sizeof *matrix.index_of)] = number;
    }
    for (size_t i = 0; i < sizeof matrix.index_of / sizeof *matrix.index_of; ++i)
        matrix.index_of[i] = hold(matrix.index, matrix.index_of[i]);
    for (size_t i = 0; i < sizeof matrix.pointer_of / sizeof *matrix.pointer_of; ++i)
        matrix.pointer_of[i] = hold(matrix.pointer, matrix.pointer_of[i]);
    return matrix;
}

// True if the numbers are those of a matrix.
static bool is_good(const struct matrix *matrix)
{
    if (matrix->values != matrix->indices || matrix->pointers != (size_t)matrix->rows + 1 || matrix->pointer_of[0] != 0)
        return false;
    for (int64_t row = 0; row < matrix->rows; ++row) {
        uint64_t from = (uint64_t)matrix->pointer_of[row], to = (uint64_t)matrix->pointer_of[row + 1];
        if (to < from || to > matrix->values)
            return false;
        for (uint64_t i = from; i < to; ++i) {
            int64_t column = matrix->index_of[i];
            if (column < 0 || column >= matrix->columns)
                return false;
            for (uint64_t k = from; k < i; ++k)
                if (matrix->index_of[k] == column)
                    return false;
        }
    }
    return true;
}

static void put(struct elbow_hdf5 *file, const char *name, enum elbow_element element, size_t count,
                const int64_t *numbers, uint64_t chunk)
{
    uint64_t stored[ENTRIES_MOST + 4], length = count;
    size_t size = elbow_element_size(element);
    for (size_t i = 0; i < count; ++i)
        switch (element) {
#define PUT(name, type, text)                                                                                          \
    case ELBOW_ELEMENT_##name: {                                                                                       \
        type number = (type)(numbers != NULL ? numbers[i] : (int64_t)i % 100 + 1);                                     \
        memcpy((char *)stored + i * size, &number, size);                                                              \
        break;                                                                                                         \
    }
            ELBOW_ELEMENT_LIST(PUT)
#undef PUT
        }
    chunk = chunk < count ? chunk : count;
    struct elbow_hdf5_layout layout = {.chunk_rows = chunk, .compression = chunk > 4 ? 1 : 0};
    elbow_hdf5_create_dataset(file, name, element, 1, &length, layout, NULL);
    elbow_hdf5_write_rows(file, name, element, 0, count, stored, NULL);
}

static enum elbow_status make_file(const struct matrix *matrix, struct elbow_hdf5_buffer *buffer)
{
    struct elbow_hdf5 *file = NULL;
    int64_t shape[] = {matrix->rows, matrix->columns};
    if (elbow_hdf5_create_memory(0, buffer, &file, NULL) != ELBOW_OK)
        return ELBOW_MEMORY;
    put(file, "/m/data", matrix->value, matrix->values, NULL, matrix->chunk);
    put(file, "/m/indices", matrix->index, matrix->indices, matrix->index_of, matrix->chunk);
    put(file, "/m/indptr", matrix->pointer, matrix->pointers, matrix->pointer_of, matrix->chunk);
    elbow_hdf5_write_text(file, "/m", matrix->is_older ? "h5sparse_format" : "encoding-type",
                          matrix->is_older ? "csr" : "csr_matrix", NULL);
    elbow_hdf5_write_integers(file, "/m", matrix->is_older ? "h5sparse_shape" : "shape", shape, 2, NULL);
    return elbow_hdf5_close(file, NULL);
}

// Rows [first, first + count), against the plain numbers.
static enum elbow_status read_rows(const struct matrix *matrix, struct elbow_sparse *sparse, uint64_t first,
                                   uint64_t count, struct elbow_error *error)
{
    uint64_t starts[ROWS_MOST + 1], values[ENTRIES_MOST + 4];
    uint32_t columns[ENTRIES_MOST + 4];
    enum elbow_status status = elbow_sparse_starts(sparse, first, count, starts, error);
    if (status == ELBOW_OK)
        status = elbow_sparse_read(sparse, first, count, starts, columns, values, error);
    for (uint64_t row = 0; row < count && status == ELBOW_OK; ++row) {
        uint64_t from = (uint64_t)matrix->pointer_of[first + row], to = (uint64_t)matrix->pointer_of[first + row + 1];
        FUZZ_EXPECT(starts[row] == from && starts[row + 1] == to);
        for (uint64_t i = from; i < to; ++i) {
            uint64_t at = i - starts[0], wanted = from;
            FUZZ_EXPECT(i == from || columns[at - 1] < columns[at]);
            while (wanted < to && matrix->index_of[wanted] != (int64_t)columns[at])
                ++wanted;
            FUZZ_EXPECT(wanted < to && elbow_element_at(matrix->value, values, at) == (double)(wanted % 100 + 1));
        }
    }
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct elbow_error error = {0};
    struct elbow_hdf5_buffer buffer = {0};
    struct elbow_hdf5 *file = NULL;
    struct elbow_sparse sparse;
    struct matrix matrix = take_matrix(&input);
    uint64_t cut = matrix.rows > 0 ? fuzz_take(&input, 1) % (uint64_t)matrix.rows : 0;
    FUZZ_EXPECT(make_file(&matrix, &buffer) == ELBOW_OK);
    enum elbow_status status = elbow_hdf5_open_image("fuzz.h5", buffer.bytes, buffer.size, &file, &error);
    FUZZ_EXPECT(status == ELBOW_OK && elbow_sparse_is(file, "/m"));
    status = elbow_sparse_open(file, "/m", &sparse, &error);
    if (status == ELBOW_OK)
        status = elbow_sparse_check_storage(&sparse, &error);
    if (status == ELBOW_OK)
        status = read_rows(&matrix, &sparse, 0, cut, &error);
    if (status == ELBOW_OK)
        status = read_rows(&matrix, &sparse, cut, (uint64_t)matrix.rows - cut, &error);
    FUZZ_EXPECT((status == ELBOW_OK) == is_good(&matrix));
    elbow_hdf5_close(file, NULL);
    elbow_release(&buffer.bytes);
    fuzz_expect_end(status, &error);
    return 0;
}
