// SPDX-License-Identifier: BSD-3-Clause
// Reading rows of every kind of number, shape and layout.
#include "hdf5_files.h"

#include <float.h>
#include <stdint.h>

// The six values of /x come back, whole and the middle row alone, in the element expected. All are exact as floats or
// rounded.
static void check_values(const char *path, const double *values, enum elbow_element element, bool is_converted)
{
    struct elbow_hdf5 *file = open_good(path);
    struct elbow_hdf5_info info = describe_good(file, "/x");
    ck_assert_int_eq(info.rank, 2);
    ck_assert(info.shape[0] == 3 && info.shape[1] == 2 && info.chunk_rows == 0 && !info.is_compressed);
    ck_assert_str_eq(elbow_element_name(info.element), elbow_element_name(element));
    ck_assert(info.is_converted == is_converted);
    char stored[6 * 8], row[2 * 8];
    float back[6];
    read_good(file, "/x", 0, 3, stored);
    elbow_element_convert(element, stored, 6, 1, 0, back);
    for (int i = 0; i < 6; ++i)
        ck_assert_msg(back[i] == (float)values[i], "%d: %g is not %g", i, back[i], values[i]);
    read_good(file, "x", 1, 1, row);
    ck_assert_mem_eq(row, stored + 2 * elbow_element_size(element), 2 * elbow_element_size(element));
    close_good(file);
}

static void check_type(const char *path, hid_t stored, const double *values, enum elbow_element element)
{
    hid_t id = new_file(path);
    put(id, "x", stored, H5T_NATIVE_DOUBLE, 2, (const hsize_t[]){3, 2}, H5P_DEFAULT, values);
    H5Fclose(id);
    check_values(path, values, element, false);
}

START_TEST(standard_integers_and_floats_of_either_order)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    const struct {
        hid_t little, big;
        enum elbow_element element;
        double values[6];
    } TYPES[] = {
        {H5T_STD_U8LE, H5T_STD_U8BE, ELBOW_ELEMENT_UINT8, {0, 1, 2, 127, 128, 255}},
        {H5T_STD_I8LE, H5T_STD_I8BE, ELBOW_ELEMENT_INT8, {0, 1, -1, 127, -128, 3}},
        {H5T_STD_U16LE, H5T_STD_U16BE, ELBOW_ELEMENT_UINT16, {0, 1, 258, 32768, 65535, 7}},
        {H5T_STD_I16LE, H5T_STD_I16BE, ELBOW_ELEMENT_INT16, {0, 1, 258, -32768, 32767, -7}},
        {H5T_STD_U32LE, H5T_STD_U32BE, ELBOW_ELEMENT_UINT32, {0, 1, 16909060, 4294967295.0, 2147483648.0, 7}},
        {H5T_STD_I32LE, H5T_STD_I32BE, ELBOW_ELEMENT_INT32, {0, 1, 16909060, -2147483648.0, 2147483647.0, -7}},
        {H5T_STD_U64LE, H5T_STD_U64BE, ELBOW_ELEMENT_UINT64, {0, 1, 0x1p63, 0x1p53, 0x1p40, 7}},
        {H5T_STD_I64LE, H5T_STD_I64BE, ELBOW_ELEMENT_INT64, {0, 1, -0x1p63, 0x1p53, -0x1p40, -7}},
        {H5T_IEEE_F32LE, H5T_IEEE_F32BE, ELBOW_ELEMENT_FLOAT32, {0, 1, -0.5, FLT_MAX, FLT_MIN, 0x1p-149}},
        {H5T_IEEE_F64LE, H5T_IEEE_F64BE, ELBOW_ELEMENT_FLOAT64, {0, 1, -0.5, 1e30, 0.1, -7}},
    };
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; ++i) {
        check_type(path, TYPES[i].little, TYPES[i].values, TYPES[i].element);
        check_type(path, TYPES[i].big, TYPES[i].values, TYPES[i].element);
    }
    scratch_clear(&scratch);
}
END_TEST

static hid_t integer_type(hid_t like, size_t size, size_t precision)
{
    hid_t type = H5Tcopy(like);
    H5Tset_precision(type, precision < 8 * H5Tget_size(type) ? precision : 8 * H5Tget_size(type));
    H5Tset_size(type, size);
    H5Tset_precision(type, precision);
    return type;
}

static hid_t float_type(size_t size, size_t exponent, size_t mantissa, size_t bias, bool big)
{
    hid_t type = H5Tcopy(big ? H5T_IEEE_F64BE : H5T_IEEE_F64LE);
    ck_assert(H5Tset_fields(type, exponent + mantissa, mantissa, exponent, 0, mantissa) >= 0);
    H5Tset_ebias(type, bias);
    H5Tset_precision(type, 1 + exponent + mantissa);
    ck_assert(H5Tset_size(type, size) >= 0);
    return type;
}

// The same of a type that is closed first, so that nothing is left open.
static void check_odd(struct scratch *scratch, hid_t type, const double *values, enum elbow_element element)
{
    const char *path = scratch_path(scratch, "t.h5");
    hid_t id = new_file(path);
    put(id, "x", type, H5T_NATIVE_DOUBLE, 2, (const hsize_t[]){3, 2}, H5P_DEFAULT, values);
    H5Tclose(type);
    H5Fclose(id);
    check_values(path, values, element, true);
}

START_TEST(odd_widths_are_widened)
{
    struct scratch scratch = scratch_make();
    const double small[6] = {0, 1, 2, -3, 100, -128}, large[6] = {0, 1, 0x1p22, -0x1p23, 77, -1};
    const double half[6] = {0, 1, -0.5, 65504, 0x1p-14, 0x1p-24}, bfloat[6] = {0, 1, -0.5, 0x1p100, 3.140625, -2};
    const double wide[6] = {0, 1, 0x1p39, 255, 77, 6}, doubles[6] = {0, 1, -0.5, 1e30, 0.1, -7};
    check_odd(&scratch, integer_type(H5T_STD_I32BE, 3, 24), large, ELBOW_ELEMENT_INT32);
    check_odd(&scratch, integer_type(H5T_STD_U64LE, 5, 40), wide, ELBOW_ELEMENT_UINT64);
    check_odd(&scratch, integer_type(H5T_STD_I64LE, 7, 56), large, ELBOW_ELEMENT_INT64);
    check_odd(&scratch, integer_type(H5T_STD_I16LE, 2, 12), small, ELBOW_ELEMENT_INT16);
    check_odd(&scratch, float_type(2, 5, 10, 15, false), half, ELBOW_ELEMENT_FLOAT32);
    check_odd(&scratch, float_type(2, 5, 10, 15, true), half, ELBOW_ELEMENT_FLOAT32);
    check_odd(&scratch, float_type(2, 8, 7, 127, false), bfloat, ELBOW_ELEMENT_FLOAT32);
    check_odd(&scratch, float_type(3, 7, 16, 63, false), small, ELBOW_ELEMENT_FLOAT32);
    check_odd(&scratch, float_type(8, 11, 30, 1023, false), small, ELBOW_ELEMENT_FLOAT64);
    ck_assert_uint_eq(H5Tget_size(H5T_NATIVE_LDOUBLE), sizeof(long double));
    check_odd(&scratch, H5Tcopy(H5T_NATIVE_LDOUBLE), doubles, ELBOW_ELEMENT_FLOAT64);
    scratch_clear(&scratch);
}
END_TEST

// Booleans as h5py stores them.
START_TEST(booleans_are_integers)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    H5Tenum_insert(type, "FALSE", &(int8_t){0});
    H5Tenum_insert(type, "TRUE", &(int8_t){1});
    hid_t id = new_file(path);
    const int8_t values[4] = {0, 1, 1, 0};
    put(id, "b", type, type, 2, (const hsize_t[]){2, 2}, H5P_DEFAULT, values);
    H5Tclose(type);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    struct elbow_hdf5_info info = describe_good(file, "b");
    ck_assert_int_eq(info.element, ELBOW_ELEMENT_INT8);
    int8_t back[4];
    read_good(file, "b", 0, 2, back);
    ck_assert_mem_eq(back, values, 4);
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(every_rank_from_scalar_to_eight)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path);
    const hsize_t shape[9] = {3, 2, 1, 2, 1, 2, 1, 2, 1};
    int32_t values[3 * 16], back[16];
    for (int i = 0; i < 48; ++i)
        values[i] = i;
    char name[16];
    for (int rank = 0; rank <= 9; ++rank) {
        snprintf(name, sizeof name, "r%d", rank);
        put(id, name, H5T_STD_I32LE, H5T_NATIVE_INT32, rank, shape, H5P_DEFAULT, values);
    }
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    size_t row = 1;
    for (int rank = 0; rank <= 8; ++rank) {
        snprintf(name, sizeof name, "/r%d", rank);
        struct elbow_hdf5_info info = describe_good(file, name);
        ck_assert_int_eq(info.rank, rank);
        for (int i = 0; i < rank; ++i)
            ck_assert_uint_eq(info.shape[i], shape[i]);
        if (rank == 0)
            continue;
        row *= rank > 1 ? shape[rank - 1] : 1;
        read_good(file, name, 1, 1, back);
        ck_assert_mem_eq(back, values + row, row * sizeof *back);
    }
    struct elbow_hdf5_info info;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_hdf5_describe_dataset(file, "/r9", &info, &error), ELBOW_FORMAT);
    check_message(&error, "/r9", "9 dimensions");
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(chunked_and_compressed)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    static uint16_t values[100][7], back[100][7];
    for (int i = 0; i < 700; ++i)
        values[i / 7][i % 7] = (uint16_t)(i * 31);
    hid_t id = new_file(path);
    hid_t plain = layout(8, 3, true, true, 0), packed = layout(16, 7, true, false, 4);
    put(id, "plain", H5T_STD_U16LE, H5T_NATIVE_UINT16, 2, (const hsize_t[]){100, 7}, plain, values);
    put(id, "packed", H5T_STD_U16BE, H5T_NATIVE_UINT16, 2, (const hsize_t[]){100, 7}, packed, values);
    H5Pclose(plain);
    H5Pclose(packed);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    struct elbow_hdf5_info info = describe_good(file, "plain");
    ck_assert(info.chunk_rows == 8 && !info.is_compressed);
    info = describe_good(file, "packed");
    ck_assert(info.chunk_rows == 16 && info.is_compressed);
    for (int first = 0; first < 100; first += 13) {
        uint64_t count = first + 13 < 100 ? 13 : 100 - (uint64_t)first;
        read_good(file, "plain", (uint64_t)first, count, back[first]);
        ck_assert_mem_eq(back[first], values[first], count * 14);
        read_good(file, "packed", (uint64_t)first, count, back[first]);
        ck_assert_mem_eq(back[first], values[first], count * 14);
    }
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(empty_datasets_are_described)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path), null = H5Screate(H5S_NULL);
    put(id, "empty", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (const hsize_t[]){0, 5}, H5P_DEFAULT, NULL);
    H5Dclose(H5Dcreate2(id, "null", H5T_IEEE_F32LE, null, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(null);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    struct elbow_hdf5_info info = describe_good(file, "empty");
    ck_assert(info.rank == 2 && info.shape[0] == 0 && info.shape[1] == 5);
    read_good(file, "empty", 0, 0, NULL);
    info = describe_good(file, "null");
    ck_assert(info.rank == 1 && info.shape[0] == 0);
    read_good(file, "null", 0, 0, NULL);
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/hdf5 types", standard_integers_and_floats_of_either_order, odd_widths_are_widened,
          booleans_are_integers, every_rank_from_scalar_to_eight, chunked_and_compressed, empty_datasets_are_described)
