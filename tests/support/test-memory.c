// SPDX-License-Identifier: BSD-3-Clause
// elbow-test-memory: makes data in the layouts that other programs write, quickly, and measures the memory of a
// command. It uses HDF5 and libc alone and nothing of the program.
//
//   elbow-test-memory make DIRECTORY ROWS
//     layouts.h5, part-0.h5 to part-3.h5 and part.h5: the same ROWS x 256 float32
//   elbow-test-memory peak FILE COMMAND...
//     runs the command, returns its status, and writes its peak memory in kilobytes (1000 bytes) to FILE
#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COLUMNS = 256, NARROW = 16, PARTS = 4, MANY = 240, SERIES = 40, NAME = 16 };

static _Noreturn void fail(const char *what, const char *which)
{
    fprintf(stderr, "elbow-test-memory: %s: %s\n", which, what);
    exit(EXIT_FAILURE);
}

static void *room(size_t count, size_t size)
{
    void *bytes = calloc(count, size);
    if (bytes == NULL)
        fail("no memory", "make");
    return bytes;
}

static hid_t new_file(const char *name)
{
    hid_t file = H5Fcreate(name, H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT);
    if (file < 0)
        fail("cannot be made", name);
    return file;
}

// Storage of a dataset: chunk[0] 0: contiguous.
struct layout {
    hsize_t chunk[2];
    bool packs, shuffles;
};

static void put(hid_t file, const char *name, hid_t stored, hid_t native, int rank, hsize_t rows, hsize_t columns,
                struct layout layout, const void *values)
{
    const hsize_t shape[] = {rows, columns};
    hid_t space = H5Screate_simple(rank, shape, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    if (layout.chunk[0] > 0)
        H5Pset_chunk(creation, rank, layout.chunk);
    if (layout.shuffles)
        H5Pset_shuffle(creation);
    if (layout.packs)
        H5Pset_deflate(creation, 1);
    hid_t dataset = H5Dcreate2(file, name, stored, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (dataset < 0 || H5Dwrite(dataset, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        fail("cannot be written", name);
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Sclose(space);
}

static void put_floats(hid_t file, const char *name, hid_t stored, hsize_t rows, hsize_t columns, struct layout layout,
                       const float *values)
{
    put(file, name, stored, H5T_NATIVE_FLOAT, 2, rows, columns, layout, values);
}

// Multiples of 1/64 below 1, which compress a little.
static float *make_values(hsize_t count)
{
    float *values = room(count, sizeof *values);
    uint64_t word = 1;
    for (hsize_t i = 0; i < count; ++i) {
        word = word * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        values[i] = (float)(word >> 58) / 64;
    }
    return values;
}

static void put_dense(hid_t file, hsize_t rows, const float *values)
{
    const hsize_t few = (rows + 3) / 4;
    const hid_t single = H5T_IEEE_F32LE;
    put_floats(file, "contiguous", single, rows, COLUMNS, (struct layout){0}, values);
    put_floats(file, "big_endian", H5T_IEEE_F32BE, rows, COLUMNS, (struct layout){0}, values);
    put_floats(file, "rows", single, rows, COLUMNS, (struct layout){.chunk = {1, COLUMNS}}, values);
    put_floats(file, "narrow", single, rows, NARROW, (struct layout){.chunk = {1, NARROW}}, values);
    put_floats(file, "small", single, rows, COLUMNS, (struct layout){{rows < 100 ? rows : 100, COLUMNS}, true, false},
               values);
    put_floats(file, "few", single, rows, COLUMNS, (struct layout){{few, COLUMNS}, true, false}, values);
    put_floats(file, "whole", single, rows, COLUMNS, (struct layout){{rows, COLUMNS}, true, false}, values);
    put_floats(file, "columns", single, rows, COLUMNS, (struct layout){{few, 16}, true, false}, values);
    put_floats(file, "shuffled", H5T_IEEE_F64LE, rows / 2, COLUMNS, (struct layout){{few, COLUMNS}, true, true},
               values);
    put_floats(file, "turned", single, COLUMNS, rows,
               (struct layout){{COLUMNS, rows < 1000 ? rows : 1000}, true, false}, values);
    if (rows % SERIES == 0)
        put_floats(file, "series", single, SERIES, rows / SERIES * COLUMNS, (struct layout){0}, values);
}

static void put_beside(hid_t file, hsize_t rows)
{
    unsigned char *mask = room(rows, COLUMNS);
    double *numbers = room(rows, sizeof *numbers);
    char *names = room(rows, NAME);
    hid_t text = H5Tcopy(H5T_C_S1);
    for (hsize_t i = 0; i < rows * COLUMNS; ++i)
        mask[i] = i % 7 != 0;
    for (hsize_t i = 0; i < rows; ++i) {
        numbers[i] = (double)(i % 5) + 1;
        snprintf(names + i * NAME, NAME, "row %llu", (unsigned long long)i);
    }
    H5Tset_size(text, NAME);
    put(file, "mask", H5T_STD_U8LE, H5T_NATIVE_UCHAR, 2, rows, COLUMNS, (struct layout){0}, mask);
    put(file, "mask_whole", H5T_STD_U8LE, H5T_NATIVE_UCHAR, 2, rows, COLUMNS,
        (struct layout){{rows, COLUMNS}, true, false}, mask);
    put(file, "numbers", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, rows, 1, (struct layout){0}, numbers);
    put(file, "labels", H5T_STD_I64LE, H5T_NATIVE_DOUBLE, 1, rows, 1, (struct layout){0}, numbers);
    put(file, "names", text, text, 1, rows, 1, (struct layout){0}, names);
    H5Tclose(text);
    free(mask);
    free(numbers);
    free(names);
}

// Sparse rows, as AnnData writes them, of a quarter of the values, in long packed chunks.
static void put_csr(hid_t file, hsize_t rows, const float *values)
{
    const hsize_t step = 4, count = rows * COLUMNS / step, chunk = count < 1 << 20 ? count : 1 << 20;
    int64_t *columns = room(count, sizeof *columns), *starts = room(rows + 1, sizeof *starts);
    for (hsize_t i = 0; i < count; ++i)
        columns[i] = (int64_t)(i * step % COLUMNS);
    for (hsize_t i = 0; i <= rows; ++i)
        starts[i] = (int64_t)(i * COLUMNS / step);
    const int64_t shape[] = {(int64_t)rows, COLUMNS};
    const hsize_t two = 2;
    hid_t group = H5Gcreate2(file, "csr", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), text = H5Tcopy(H5T_C_S1);
    hid_t one = H5Screate(H5S_SCALAR), pair = H5Screate_simple(1, &two, NULL);
    H5Tset_size(text, sizeof "csr_matrix");
    hid_t kind = H5Acreate2(group, "encoding-type", text, one, H5P_DEFAULT, H5P_DEFAULT);
    hid_t size = H5Acreate2(group, "shape", H5T_STD_I64LE, pair, H5P_DEFAULT, H5P_DEFAULT);
    if (H5Awrite(kind, text, "csr_matrix") < 0 || H5Awrite(size, H5T_NATIVE_INT64, shape) < 0)
        fail("cannot be marked", "csr");
    struct layout layout = {{chunk, 1}, true, false};
    put(group, "data", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, count, 1, layout, values);
    put(group, "indices", H5T_STD_I64LE, H5T_NATIVE_INT64, 1, count, 1, layout, columns);
    put(group, "indptr", H5T_STD_I64LE, H5T_NATIVE_INT64, 1, rows + 1, 1, (struct layout){0}, starts);
    H5Aclose(kind);
    H5Aclose(size);
    H5Sclose(one);
    H5Sclose(pair);
    H5Tclose(text);
    H5Gclose(group);
    free(columns);
    free(starts);
}

// `count` files NAME-0.h5, NAME-1.h5, ..., each with its share of rows, and NAME.h5 with a virtual dataset of all.
static void put_parts(const char *name, hsize_t count, hsize_t rows, hsize_t columns, struct layout layout,
                      const float *values)
{
    const hsize_t part = rows / count, all[] = {part * count, columns}, shape[] = {part, columns};
    char path[32];
    snprintf(path, sizeof path, "%s.h5", name);
    hid_t view = new_file(path), creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t from = H5Screate_simple(2, shape, NULL), space = H5Screate_simple(2, all, NULL);
    layout.chunk[0] = part, layout.chunk[1] = columns;
    for (hsize_t i = 0; i < count; ++i) {
        const hsize_t start[] = {i * part, 0};
        snprintf(path, sizeof path, "%s-%d.h5", name, (int)i);
        hid_t file = new_file(path), to = H5Scopy(space);
        put_floats(file, "x", H5T_IEEE_F32LE, part, columns, layout, values + i * part * columns);
        H5Fclose(file);
        H5Sselect_hyperslab(to, H5S_SELECT_SET, start, NULL, shape, NULL);
        if (H5Pset_virtual(creation, to, path, "x", from) < 0)
            fail("cannot be mapped", path);
        H5Sclose(to);
    }
    hid_t dataset = H5Dcreate2(view, "x", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (dataset < 0)
        fail("cannot be made", name);
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Sclose(from);
    H5Sclose(space);
    H5Fclose(view);
}

static int make(const char *directory, hsize_t rows)
{
    if (chdir(directory) != 0 || rows < PARTS)
        fail("make DIRECTORY ROWS", "usage");
    float *values = make_values(rows * COLUMNS);
    hid_t file = new_file("layouts.h5");
    put_dense(file, rows, values);
    put_beside(file, rows);
    put_csr(file, rows, values);
    put_parts("part", PARTS, rows, COLUMNS, (struct layout){.packs = true}, values);
    put_parts("many", rows < MANY ? 1 : MANY, rows, NARROW, (struct layout){{0}, true, true}, values);
    free(values);
    return H5Fclose(file) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int measure(const char *name, char **command)
{
    struct rusage usage;
    int status = 0;
    FILE *out = fopen(name, "w");
    if (out == NULL)
        fail("cannot be made", name);
    pid_t child = fork();
    if (child == 0) {
        execvp(command[0], command);
        fail("cannot be run", command[0]);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        fail("cannot be waited for", command[0]);
    fprintf(out, "%ld\n", (long)((double)usage.ru_maxrss * 1.024)); // the kernel counts in 1024 bytes
    return fclose(out) == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        return make(argv[2], strtoull(argv[3], NULL, 10));
    if (argc < 4 || strcmp(argv[1], "peak") != 0)
        fail("make DIRECTORY ROWS, or peak FILE COMMAND...", "usage");
    return measure(argv[2], argv + 3);
}
