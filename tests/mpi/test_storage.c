// SPDX-License-Identifier: BSD-3-Clause
// Files of other programs: every dataset of tests/data/storage/values.txt (types, byte orders, layouts, filters, values
// in other files) is loaded to the values that h5py reads, and every matrix of tests/data/sparse to those of SciPy, on
// any number of ranks.
#include "mpi_unit.h"

#include "elbow/base/text.h"
#include "elbow/data/dataset.h"
#include "elbow/data/detail/rows.h"

#include <inttypes.h>
#include <string.h>

#define DIRECTORY ELBOW_SOURCE_DIR "/tests/data/"

static struct elbow_log silent;

struct expected {
    char file[64], dataset[64], element[16], shape[64];
    uint64_t hash;
};

// FNV-1a of 64 bits, of all values.
static uint64_t hash_of(const struct elbow_dataset *dataset)
{
    static struct elbow_rows_buffer buffer;
    uint64_t hash = UINT64_C(0xcbf29ce484222325), all = dataset->samples * dataset->values;
    size_t size = elbow_element_size(dataset->element), n;
    for (uint64_t first = 0; first < all; first += n) {
        n = elbow_rows_step(dataset, all - first);
        const unsigned char *bytes = elbow_rows_stored(dataset, first, n, &buffer);
        for (size_t i = 0; i < n * size; ++i)
            hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static bool is_as_expected(const struct expected *expected, const struct elbow_dataset *dataset)
{
    char shape[64];
    elbow_text_format(shape, sizeof shape, "%" PRIu64, dataset->samples);
    for (size_t i = 0; i < dataset->rank; ++i) {
        size_t length = strlen(shape);
        elbow_text_format(shape + length, sizeof shape - length, "x%" PRIu64, dataset->shape[i]);
    }
    uint64_t hash = hash_of(dataset);
    bool is_equal = strcmp(shape, expected->shape) == 0 &&
                    strcmp(elbow_element_name(dataset->element), expected->element) == 0 && hash == expected->hash;
    if (!is_equal)
        printf("%s:%s: %s %s %016" PRIx64 ", expected %s %s %016" PRIx64 "\n", expected->file, expected->dataset,
               elbow_element_name(dataset->element), shape, hash, expected->element, expected->shape, expected->hash);
    return is_equal;
}

// Collective. True if a dataset is loaded as expected.
static bool load(const char *directory, const struct expected *expected)
{
    char path[512];
    struct elbow_dataset dataset;
    struct elbow_error error = {0};
    elbow_text_format(path, sizeof path, DIRECTORY "%s/%s", directory, expected->file);
    struct elbow_dataset_request request = {.file = path, .dataset = expected->dataset};
    if (elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) != ELBOW_OK) {
        printf("%s\n", error.message);
        return false;
    }
    bool is_equal = is_as_expected(expected, &dataset);
    elbow_dataset_unload(mpi_comm, &dataset);
    return is_equal;
}

// Collective. Loads all that the list of a directory names.
static void load_all(const char *directory, int least)
{
    char path[512];
    elbow_text_format(path, sizeof path, DIRECTORY "%s/values.txt", directory);
    FILE *list = fopen(path, "r");
    mpi_assert(list != NULL);
    struct expected expected;
    int count = 0, wrong = 0, fields;
    while ((fields = fscanf(list, "%63s %63s %15s %63s %" SCNx64, expected.file, expected.dataset, expected.element,
                            expected.shape, &expected.hash)) == 5) {
        wrong += !load(directory, &expected);
        ++count;
    }
    fclose(list);
    mpi_assert(fields == EOF && count > least);
    mpi_assert(wrong == 0);
}

START_TEST(values_are_those_of_h5py)
{
    load_all("storage", 150);
}
END_TEST

START_TEST(sparse_values_are_those_of_scipy)
{
    load_all("sparse", 30);
}
END_TEST

MPI_UNIT_MAIN("data/storage", values_are_those_of_h5py, sparse_values_are_those_of_scipy)
