// SPDX-License-Identifier: BSD-3-Clause
// elbow-test-csr: writes the nonzero values of a dense dataset into another file, as sparse rows (CSR) under the same
// name. It uses only HDF5 and no code of the program, so that the two are independent.
//
//   elbow-test-csr FILE /dataset OTHER
#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { RANK_MAX = 8 };

static _Noreturn void fail(const char *what, const char *which)
{
    fprintf(stderr, "elbow-test-csr: %s: %s\n", which, what);
    exit(EXIT_FAILURE);
}

// A list of integers or of doubles as a member of a group.
static void put_list(hid_t group, const char *name, hid_t stored, hid_t native, hsize_t count, const void *values)
{
    hsize_t chunk = 50;
    hid_t space = H5Screate_simple(1, &count, NULL), layout = H5Pcreate(H5P_DATASET_CREATE);
    if (count > chunk && (H5Pset_chunk(layout, 1, &chunk) < 0 || H5Pset_deflate(layout, 2) < 0))
        fail("cannot have chunks", name);
    hid_t list = H5Dcreate2(group, name, stored, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    if (list < 0 || H5Dwrite(list, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        fail("cannot be written", name);
    H5Dclose(list);
    H5Pclose(layout);
    H5Sclose(space);
}

static void mark_csr(hid_t group, hsize_t rows, hsize_t columns)
{
    hsize_t two = 2, shape[] = {rows, columns};
    hid_t type = H5Tcopy(H5T_C_S1), one = H5Screate(H5S_SCALAR), pair = H5Screate_simple(1, &two, NULL);
    H5Tset_size(type, 10);
    hid_t kind = H5Acreate2(group, "encoding-type", type, one, H5P_DEFAULT, H5P_DEFAULT);
    hid_t size = H5Acreate2(group, "shape", H5T_STD_I64LE, pair, H5P_DEFAULT, H5P_DEFAULT);
    if (H5Awrite(kind, type, "csr_matrix") < 0 || H5Awrite(size, H5T_NATIVE_HSIZE, shape) < 0)
        fail("cannot be marked", "a group");
    H5Aclose(kind);
    H5Aclose(size);
    H5Tclose(type);
    H5Sclose(one);
    H5Sclose(pair);
}

// Rows of a dense dataset as their nonzero values, each row's from the last column to the first.
static void write_csr(const char *path, const char *name, const char *other)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT),
          dataset = file < 0 ? -1 : H5Dopen2(file, name, H5P_DEFAULT);
    hid_t to = H5Fopen(other, H5F_ACC_RDWR, H5P_DEFAULT);
    if (to < 0)
        to = H5Fcreate(other, H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT);
    hid_t group = to < 0 ? -1 : H5Gcreate2(to, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (dataset < 0 || group < 0)
        fail(name, other);
    hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    hsize_t shape[RANK_MAX] = {1}, entries = 0;
    size_t count = (size_t)H5Sget_simple_extent_npoints(space);
    H5Sget_simple_extent_dims(space, shape, NULL);
    double *values = malloc(count * sizeof *values);
    int64_t *columns = malloc(count * sizeof *columns), *starts = calloc(shape[0] + 1, sizeof *starts);
    if (H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        fail("unreadable", name);
    hsize_t width = count / shape[0];
    double *kept = malloc(count * sizeof *kept);
    for (hsize_t row = 0; row < shape[0]; ++row) {
        for (hsize_t column = width; column-- > 0;)
            if (values[row * width + column] != 0) {
                kept[entries] = values[row * width + column];
                columns[entries++] = (int64_t)column;
            }
        starts[row + 1] = (int64_t)entries;
    }
    put_list(group, "data", type, H5T_NATIVE_DOUBLE, entries, kept);
    put_list(group, "indices", H5T_STD_I32LE, H5T_NATIVE_INT64, entries, columns);
    put_list(group, "indptr", H5T_STD_I64LE, H5T_NATIVE_INT64, shape[0] + 1, starts);
    mark_csr(group, shape[0], width);
    free(values);
    free(kept);
    free(columns);
    free(starts);
    H5Tclose(type);
    H5Sclose(space);
    H5Gclose(group);
    H5Dclose(dataset);
    if (H5Fclose(file) < 0 || H5Fclose(to) < 0)
        fail("cannot be closed", other);
}

int main(int argc, char **argv)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (argc != 4)
        fail("FILE /dataset OTHER", "usage");
    write_csr(argv[1], argv[2], argv[3]);
    return EXIT_SUCCESS;
}
