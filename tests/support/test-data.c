// SPDX-License-Identifier: BSD-3-Clause
// elbow-test-data: makes the HDF5 files that the system tests use, good and bad ones, and prints datasets as text. It
// uses only HDF5 and no code of the program, so that the two are independent.
//
//   elbow-test-data write FILE /dataset TYPE SHAPE PATTERN [OPTION...]    adds to FILE, or makes it
//   elbow-test-data shorten FILE /dataset ROW                             its chunk there unpacks to one row
//   elbow-test-data print FILE /dataset                                   one row a line, %.17g, commas between
//
// TYPE: i8 u8 i16 u32 i64 u64 f32 f64 string compound. SHAPE: 100,6,5, or scalar. PATTERN: bits (0 and 1), counts (0 to
// 7, most of them 0), bytes (0 to 255), unit (in [0, 1]), normal (any real), labels (row mod 5), known (1, but 0 where
// there are gaps), nothing (no value is written: no storage is allocated). OPTION: chunk=ROWS, deflate=LEVEL,
// checksum=1 (Fletcher32), factor=F and offset=F (attributes), attribute=NAME:NUMBER (others), seed=S,
// set=VALUE@ROW,COLUMN, gaps=SHARE (of the values, where gap=VALUE stands, or NaN; the same for the same seed and
// shape).
//
// A row mixes a few factors, so that a model can learn something; every value is a function of (seed, row, column).
#include <hdf5.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANK_MAX = 8, FACTORS = 3, ATTRIBUTES_MAX = 4 };

struct order {
    const char *file, *dataset, *type, *pattern, *values;
    int rank;
    hsize_t shape[RANK_MAX];
    hsize_t rows, columns; // all dimensions except the first
    hsize_t chunk;
    unsigned deflate;
    uint64_t seed;
    bool has_factor, has_offset, has_spot, has_checksum;
    double factor, offset, spot, gaps, gap;
    int attributes;
    struct {
        char name[32];
        double value;
    } attribute[ATTRIBUTES_MAX];
    unsigned long long spot_row, spot_column;
};

static _Noreturn void fail(const char *what, const char *which)
{
    fprintf(stderr, "elbow-test-data: %s: %s\n", which, what);
    exit(EXIT_FAILURE);
}

// splitmix64 of three numbers, as 53 bits in [0, 1).
static double uniform(uint64_t seed, uint64_t row, uint64_t column)
{
    uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + row * UINT64_C(0xbf58476d1ce4e5b9) +
                 column * UINT64_C(0x94d049bb133111eb);
    for (int i = 0; i < 2; ++i) {
        x += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
        x ^= x >> 31;
    }
    return (double)(x >> 11) * 0x1p-53;
}

// Roughly normal: the sum of three uniforms, of mean 0 and variance 1/4.
static double normal(uint64_t seed, uint64_t row, uint64_t column)
{
    return uniform(seed, row, 3 * column) + uniform(seed, row, 3 * column + 1) + uniform(seed, row, 3 * column + 2) -
           1.5;
}

static double signal(const struct order *order, uint64_t row, uint64_t column)
{
    double sum = normal(order->seed + 1, row, column) / 2;
    for (uint64_t f = 0; f < FACTORS; ++f)
        sum += normal(order->seed, row, f) * cos((double)(f + 1) * (double)column * 0.7 + (double)f);
    return sum;
}

// Number `place` of a list with commas.
static double listed(const char *values, hsize_t place)
{
    for (; place > 0 && values != NULL; --place) {
        values = strchr(values, ',');
        values = values != NULL ? values + 1 : NULL;
    }
    if (values == NULL)
        fail("too short", "values=");
    return strtod(values, NULL);
}

static double value_at(const struct order *order, uint64_t row, uint64_t column)
{
    if (order->has_spot && row == order->spot_row && column == order->spot_column)
        return order->spot;
    bool is_gap = uniform(order->seed + 2, row, column) < order->gaps;
    if (strcmp(order->pattern, "known") == 0)
        return is_gap ? 0 : 1;
    if (is_gap)
        return order->gap;
    if (strcmp(order->pattern, "values") == 0)
        return listed(order->values, row * order->columns + column);
    if (strcmp(order->pattern, "labels") == 0)
        return (double)(row % 5);
    double level = signal(order, row, column);
    if (strcmp(order->pattern, "normal") == 0)
        return level;
    double unit = 1 / (1 + exp(-4 * level));
    if (strcmp(order->pattern, "unit") == 0)
        return unit;
    if (strcmp(order->pattern, "counts") == 0)
        return floor(fmax(unit * 16 - 8, 0));
    if (strcmp(order->pattern, "bytes") == 0)
        return floor(unit * 255.999);
    return unit > 0.5;
}

static hid_t stored_type(const char *name)
{
    struct {
        const char *name;
        hid_t type;
    } types[] = {{"i8", H5T_STD_I8LE},   {"u8", H5T_STD_U8LE},   {"i16", H5T_STD_I16BE},  {"u32", H5T_STD_U32LE},
                 {"i64", H5T_STD_I64LE}, {"u64", H5T_STD_U64LE}, {"f32", H5T_IEEE_F32LE}, {"f64", H5T_IEEE_F64LE}};
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i)
        if (strcmp(name, types[i].name) == 0)
            return H5Tcopy(types[i].type);
    if (strcmp(name, "string") == 0) {
        hid_t text = H5Tcopy(H5T_C_S1);
        H5Tset_size(text, 8);
        return text;
    }
    if (strcmp(name, "compound") != 0)
        fail("unknown type", name);
    hid_t pair = H5Tcreate(H5T_COMPOUND, 16);
    H5Tinsert(pair, "re", 0, H5T_NATIVE_DOUBLE);
    H5Tinsert(pair, "im", 8, H5T_NATIVE_DOUBLE);
    return pair;
}

static void read_shape(const char *text, struct order *order)
{
    order->rows = order->columns = 1;
    if (strcmp(text, "scalar") == 0)
        return;
    for (const char *at = text; order->rank < RANK_MAX;) {
        char *end;
        order->shape[order->rank++] = strtoull(at, &end, 10);
        if (*end != ',')
            break;
        at = end + 1;
    }
    order->rows = order->shape[0];
    for (int i = 1; i < order->rank; ++i)
        order->columns *= order->shape[i];
}

static void read_attribute(const char *text, struct order *order)
{
    if (order->attributes == ATTRIBUTES_MAX || sscanf(text, "%31[^:]:%lf", order->attribute[order->attributes].name,
                                                      &order->attribute[order->attributes].value) != 2)
        fail("not an attribute", text);
    ++order->attributes;
}

static void read_option(const char *option, struct order *order)
{
    const char *equals = strchr(option, '=');
    if (equals == NULL)
        fail("not an option", option);
    const char *value = equals + 1;
    if (strncmp(option, "chunk=", 6) == 0)
        order->chunk = strtoull(value, NULL, 10);
    else if (strncmp(option, "values=", 7) == 0)
        order->values = value;
    else if (strncmp(option, "deflate=", 8) == 0)
        order->deflate = (unsigned)strtoul(value, NULL, 10);
    else if (strncmp(option, "checksum=", 9) == 0)
        order->has_checksum = strtoul(value, NULL, 10) > 0;
    else if (strncmp(option, "seed=", 5) == 0)
        order->seed = strtoull(value, NULL, 10);
    else if (strncmp(option, "factor=", 7) == 0 && (order->has_factor = true))
        order->factor = strtod(value, NULL);
    else if (strncmp(option, "offset=", 7) == 0 && (order->has_offset = true))
        order->offset = strtod(value, NULL);
    else if (strncmp(option, "gaps=", 5) == 0)
        order->gaps = strtod(value, NULL);
    else if (strncmp(option, "gap=", 4) == 0)
        order->gap = strtod(value, NULL);
    else if (strncmp(option, "attribute=", 10) == 0)
        read_attribute(value, order);
    else if (strncmp(option, "set=", 4) == 0 && (order->has_spot = true))
        sscanf(value, "%lf@%llu,%llu", &order->spot, &order->spot_row, &order->spot_column);
    else
        fail("unknown option", option);
}

static void put_attribute(hid_t dataset, const char *name, double value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(dataset, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value);
    H5Aclose(attribute);
    H5Sclose(space);
}

static hid_t create_dataset(hid_t file, const struct order *order)
{
    hid_t space = order->rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(order->rank, order->shape, NULL);
    hid_t links = H5Pcreate(H5P_LINK_CREATE), layout = H5Pcreate(H5P_DATASET_CREATE), type = stored_type(order->type);
    H5Pset_create_intermediate_group(links, 1);
    if (order->chunk > 0) {
        hsize_t chunk[RANK_MAX];
        memcpy(chunk, order->shape, sizeof chunk);
        chunk[0] = order->chunk;
        H5Pset_chunk(layout, order->rank, chunk);
    }
    if (order->deflate > 0)
        H5Pset_deflate(layout, order->deflate);
    if (order->has_checksum)
        H5Pset_fletcher32(layout);
    hid_t dataset = H5Dcreate2(file, order->dataset, type, space, links, layout, H5P_DEFAULT);
    if (dataset < 0)
        fail("cannot be made", order->dataset);
    H5Tclose(type);
    H5Pclose(layout);
    H5Pclose(links);
    H5Sclose(space);
    return dataset;
}

// Names of rows: r0, r1, ...
static void write_names(hid_t dataset, hsize_t count)
{
    char *texts = calloc(count, 8);
    hid_t type = H5Dget_type(dataset);
    for (hsize_t i = 0; texts != NULL && i < count; ++i)
        snprintf(texts + 8 * i, 8, "r%u", (unsigned)(i % 1000000));
    if (texts == NULL || H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) < 0)
        fail("cannot be written", "names");
    H5Tclose(type);
    free(texts);
}

static void write_dataset(const struct order *order)
{
    hid_t file = H5Fopen(order->file, H5F_ACC_RDWR, H5P_DEFAULT);
    if (file < 0)
        file = H5Fcreate(order->file, H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT);
    if (file < 0)
        fail("cannot be made", order->file);
    hid_t dataset = create_dataset(file, order);
    hsize_t count = order->rows * order->columns;
    if (strcmp(order->pattern, "names") == 0)
        write_names(dataset, count);
    bool has_numbers = strcmp(order->type, "string") != 0 && strcmp(order->type, "compound") != 0;
    if (has_numbers && count > 0 && strcmp(order->pattern, "nothing") != 0) {
        double *values = malloc(count * sizeof *values);
        if (values == NULL)
            fail("too large", order->dataset);
        for (hsize_t i = 0; i < count; ++i)
            values[i] = value_at(order, i / order->columns, i % order->columns);
        // libhdf5 turns 2^64, the double nearest to 2^64 - 1, into 0.
        bool is_wide = strcmp(order->type, "u64") == 0;
        for (hsize_t i = 0; is_wide && i < count; ++i) {
            uint64_t wide = values[i] >= 0x1p64 ? UINT64_MAX : (uint64_t)values[i];
            memcpy(&values[i], &wide, sizeof wide);
        }
        if (H5Dwrite(dataset, is_wide ? H5T_NATIVE_UINT64 : H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) <
            0)
            fail("cannot be written", order->dataset);
        free(values);
    }
    if (order->has_factor)
        put_attribute(dataset, "factor", order->factor);
    if (order->has_offset)
        put_attribute(dataset, "offset", order->offset);
    for (int i = 0; i < order->attributes; ++i)
        put_attribute(dataset, order->attribute[i].name, order->attribute[i].value);
    H5Dclose(dataset);
    if (H5Fclose(file) < 0)
        fail("cannot be closed", order->file);
}

// Packs a row with the filters of the dataset, as a chunk of a dataset in memory, and replaces its chunk by that.
static void shorten_chunk(const char *path, const char *name, hsize_t row)
{
    static unsigned char bytes[1 << 20];
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t dataset = file < 0 ? -1 : H5Dopen2(file, name, H5P_DEFAULT);
    H5Pset_fapl_core(access, 1 << 16, 0);
    hid_t memory = H5Fcreate("shorten", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (dataset < 0 || memory < 0)
        fail(name, path);
    hid_t creation = H5Dget_create_plist(dataset), type = H5Dget_type(dataset);
    hsize_t chunk[RANK_MAX], begin[RANK_MAX] = {0}, place[RANK_MAX] = {0}, size = 0;
    int rank = H5Pget_chunk(creation, RANK_MAX, chunk);
    if (rank < 1 || rank > RANK_MAX)
        fail("has no chunks", name);
    place[0] = row / chunk[0] * chunk[0];
    chunk[0] = 1;
    H5Pset_chunk(creation, rank, chunk);
    H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
    hid_t space = H5Screate_simple(rank, chunk, NULL);
    hid_t other = H5Dcreate2(memory, "/row", type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    uint32_t mask = 0;
    if (other < 0 || H5Dget_chunk_storage_size(other, begin, &size) < 0 || size > sizeof bytes ||
        H5Dread_chunk(other, H5P_DEFAULT, begin, &mask, bytes) < 0 ||
        H5Dwrite_chunk(dataset, H5P_DEFAULT, mask, place, size, bytes) < 0)
        fail("cannot be shortened", name);
    H5Sclose(space);
    H5Tclose(type);
    H5Pclose(creation);
    H5Dclose(other);
    H5Dclose(dataset);
    H5Fclose(memory);
    H5Pclose(access);
    if (H5Fclose(file) < 0)
        fail("cannot be closed", path);
}

static void print_dataset(const char *path, const char *name)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = file < 0 ? -1 : H5Dopen2(file, name, H5P_DEFAULT);
    if (dataset < 0)
        fail(name, path);
    hid_t space = H5Dget_space(dataset);
    hsize_t shape[RANK_MAX] = {1};
    hssize_t count = H5Sget_simple_extent_npoints(space);
    if (H5Sget_simple_extent_ndims(space) > RANK_MAX || H5Sget_simple_extent_dims(space, shape, NULL) < 0)
        fail("unreadable", name);
    double *values = malloc((size_t)count * sizeof *values + 1);
    if (values == NULL || H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        fail("unreadable", name);
    hssize_t columns = shape[0] > 0 ? count / (hssize_t)shape[0] : 1;
    for (hssize_t i = 0; i < count; ++i)
        printf("%.17g%c", values[i], (i + 1) % columns == 0 ? '\n' : ',');
    free(values);
    H5Sclose(space);
    H5Dclose(dataset);
    H5Fclose(file);
}

int main(int argc, char **argv)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (argc == 4 && strcmp(argv[1], "print") == 0) {
        print_dataset(argv[2], argv[3]);
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (argc == 5 && strcmp(argv[1], "shorten") == 0) {
        shorten_chunk(argv[2], argv[3], strtoull(argv[4], NULL, 10));
        return EXIT_SUCCESS;
    }
    if (argc < 7 || strcmp(argv[1], "write") != 0)
        fail("write FILE /dataset TYPE SHAPE PATTERN [OPTION...], or print FILE /dataset", "usage");
    struct order order = {
        .file = argv[2], .dataset = argv[3], .type = argv[4], .pattern = argv[6], .seed = 1, .gap = NAN};
    read_shape(argv[5], &order);
    for (int i = 7; i < argc; ++i)
        read_option(argv[i], &order);
    write_dataset(&order);
    return EXIT_SUCCESS;
}
