// SPDX-License-Identifier: BSD-3-Clause
// The values of a dataset in chunks that were written.
#include "hdf5_files.h"

#include <stdlib.h>

// The values in existing chunks: of 5 x 7 in chunks of 2 x 3, only that of rows 2 and 3 and columns 3 to 5.
START_TEST(values_of_written_chunks)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    const hsize_t shape[2] = {5, 7}, chunk[2] = {2, 3}, first[2] = {2, 3};
    const float one = 1;
    hid_t id = new_file(scratch_path(&scratch, "w.h5")), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 2, chunk);
    put(id, "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, shape, creation, NULL);
    hid_t dataset = H5Dopen2(id, "x", H5P_DEFAULT), space = H5Dget_space(dataset);
    hid_t memory = H5Screate(H5S_SCALAR);
    H5Sselect_elements(space, H5S_SELECT_SET, 1, first);
    ck_assert(H5Dwrite(dataset, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, &one) >= 0);
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(scratch_path(&scratch, "w.h5"));
    ck_assert_int_eq(elbow_hdf5_check_storage(file, "/x", &error), ELBOW_DATA);
    error = (struct elbow_error){0};
    ck_assert_int_eq(elbow_hdf5_check_gaps(file, "/x", &error), ELBOW_OK);
    for (uint64_t row = 0; row < 5; ++row)
        for (uint64_t rows = 0; rows <= 5 - row; ++rows) {
            unsigned char written[5 * 7];
            ck_assert_int_eq(elbow_hdf5_read_written(file, "/x", row, rows, written, &error), ELBOW_OK);
            for (uint64_t i = 0; i < rows * 7; ++i) {
                bool is_there = (row + i / 7) / 2 == 1 && i % 7 / 3 == 1;
                ck_assert_int_eq(written[i], is_there);
            }
        }
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/hdf5 written", values_of_written_chunks)
