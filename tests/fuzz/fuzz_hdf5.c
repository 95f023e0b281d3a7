// SPDX-License-Identifier: BSD-3-Clause
// Raw HDF5 files: a dataset's, examined as a preview does, or a checkpoint's behind a matching seal. libhdf5 itself
// crashes on some of the findings. This target is for reports (docs/explanation/reliability.md), and only its seeds are
// in the check.
#include "fuzz.h"

#include "elbow/checkpoint/detail/format.h"

#include "elbow/data/packing.h"

enum { ROW_BYTES_MAX = 1 << 20 };

static bool read_ends(void *user, const struct elbow_hdf5_entry *entry)
{
    struct elbow_hdf5 *file = user;
    struct elbow_error error = {0};
    struct elbow_hdf5_storage storage;
    const char *name = entry->name;
    const struct elbow_hdf5_info *info = entry->info;
    struct elbow_packing packing;
    bool refers;
    elbow_packing_read(file, name, info != NULL ? info->element : ELBOW_ELEMENT_FLOAT32, &packing, &error);
    elbow_hdf5_describe_storage(file, name, &storage, &error);
    elbow_hdf5_check_storage(file, name, &error);
    elbow_hdf5_refers(file, name, &refers, &error);
    if (info == NULL || info->rank < 1 || info->shape[0] == 0)
        return true;
    uint64_t bytes = elbow_element_size(info->element);
    for (int i = 1; i < info->rank; ++i)
        if (__builtin_mul_overflow(bytes, info->shape[i], &bytes) || bytes == 0 || bytes > ROW_BYTES_MAX)
            return true;
    void *row;
    if (elbow_allocate(&row, 1, bytes, "a row", &error) == ELBOW_OK) {
        elbow_hdf5_read_rows(file, name, 0, 1, row, &error);
        elbow_hdf5_read_rows(file, name, info->shape[0] - 1, 1, row, &error);
    }
    elbow_release(&row);
    return true;
}

static void read_datasets(const uint8_t *data, size_t size)
{
    struct elbow_hdf5 *file = NULL;
    struct elbow_error error = {0};
    enum elbow_status status = elbow_hdf5_open_image("fuzz.h5", data, size, &file, &error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_each(file, read_ends, file, &error);
    elbow_hdf5_close(file, NULL);
    fuzz_expect_end(status, &error);
}

static void read_checkpoint(uint8_t *data, size_t size)
{
    struct elbow_checkpoint checkpoint = {.path = "fuzz.h5"};
    struct elbow_error error = {0};
    elbow_checkpoint_seal(data, size);
    enum elbow_status status = elbow_checkpoint_read("fuzz.h5", data, size, &checkpoint, &error);
    elbow_checkpoint_clear(&checkpoint);
    fuzz_expect_end(status, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool is_checkpoint = size > ELBOW_CHECKPOINT_BLOCK && memcmp(data, ELBOW_CHECKPOINT_MAGIC, 8) == 0;
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    if (is_checkpoint)
        read_checkpoint(copy, size);
    else
        read_datasets(copy, size);
    free(copy);
    return 0;
}
