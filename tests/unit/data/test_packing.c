// SPDX-License-Identifier: BSD-3-Clause
// Attributes for scaling and missing values, and the values that they mark.
#include "elbow/data/packing.h"

#include "hdf5_files.h"

#include <math.h>
#include <string.h>

static struct elbow_hdf5_buffer buffer;

// A file in memory with /x of an element, to which attributes are added before it is read.
static struct elbow_hdf5 *begin(enum elbow_element element)
{
    struct elbow_hdf5 *file = NULL;
    struct elbow_error error = {0};
    const uint64_t shape[] = {2, 2};
    ck_assert(elbow_hdf5_create_memory(0, &buffer, &file, &error) == ELBOW_OK);
    ck_assert(elbow_hdf5_create_dataset(file, "/x", element, 2, shape, (struct elbow_hdf5_layout){0}, &error) ==
              ELBOW_OK);
    return file;
}

static void number(struct elbow_hdf5 *file, const char *name, double value)
{
    ck_assert(elbow_hdf5_write_doubles(file, "/x", name, &value, 1, NULL) == ELBOW_OK);
}

static void integers(struct elbow_hdf5 *file, const char *name, int64_t first, int64_t second)
{
    const int64_t values[] = {first, second};
    ck_assert(elbow_hdf5_write_integers(file, "/x", name, values, 2, NULL) == ELBOW_OK);
}

// Ends the file and reads its attributes.
static struct elbow_packing end(struct elbow_hdf5 *file, enum elbow_element element)
{
    struct elbow_packing packing;
    struct elbow_error error = {0};
    ck_assert(elbow_hdf5_close(file, &error) == ELBOW_OK);
    ck_assert(elbow_hdf5_open_image("image", buffer.bytes, buffer.size, &file, &error) == ELBOW_OK);
    ck_assert_msg(elbow_packing_read(file, "/x", element, &packing, &error) == ELBOW_OK, "%s", error.message);
    elbow_hdf5_close(file, NULL);
    return packing;
}

START_TEST(nothing_is_said)
{
    struct elbow_packing packing = end(begin(ELBOW_ELEMENT_INT16), ELBOW_ELEMENT_INT16);
    ck_assert(packing.factor.name == NULL && packing.factor.value == 1);
    ck_assert(packing.offset.name == NULL && packing.offset.value == 0);
    ck_assert(!elbow_missing_has_rules(&packing.missing) && !elbow_missing_is(&packing.missing, -32767));
    ck_assert(packing.said[0] == 0 && packing.ignored[0] == 0 && packing.value_rules[0] == 0 &&
              packing.range_rules[0] == 0);
    ck_assert(packing.element == ELBOW_ELEMENT_INT16);
}
END_TEST

START_TEST(packed_values)
{
    struct elbow_hdf5 *file = begin(ELBOW_ELEMENT_INT16);
    number(file, "scale_factor", 0.002);
    number(file, "add_offset", 280);
    number(file, "_FillValue", -32767);
    integers(file, "missing_value", -32767, -32768);
    struct elbow_packing packing = end(file, ELBOW_ELEMENT_INT16);
    ck_assert_str_eq(packing.factor.name, "scale_factor");
    ck_assert(packing.factor.value == 0.002 && packing.factor.trouble == NULL && packing.offset.value == 280);
    ck_assert(packing.missing.count == 2 && !packing.missing.has_range);
    ck_assert(elbow_missing_is(&packing.missing, -32767) && elbow_missing_is(&packing.missing, -32768));
    ck_assert(!elbow_missing_is(&packing.missing, -32766));
    ck_assert_str_eq(packing.said,
                     "scale_factor 0.002, add_offset 280, _FillValue -32767, missing_value -32767 -32768");
    ck_assert_str_eq(packing.value_rules, "_FillValue, missing_value");
}
END_TEST

START_TEST(what_is_no_single_number_is_named)
{
    struct elbow_hdf5 *file = begin(ELBOW_ELEMENT_FLOAT32);
    ck_assert(elbow_hdf5_write_text(file, "/x", "factor", "much", NULL) == ELBOW_OK);
    integers(file, "offset", 1, 2);
    ck_assert(elbow_hdf5_write_text(file, "/x", "missing_value", "NA", NULL) == ELBOW_OK);
    number(file, "valid_range", 3);
    number(file, "valid_min", NAN);
    number(file, "scale_factor", 2);
    struct elbow_packing packing = end(file, ELBOW_ELEMENT_FLOAT32);
    ck_assert_str_eq(packing.ignored, "factor, offset, missing_value, valid_range, valid_min");
    ck_assert(packing.factor.value == 2 && packing.offset.name == NULL && packing.offset.value == 0);
    ck_assert(!elbow_missing_has_rules(&packing.missing));
}
END_TEST

START_TEST(attributes_that_contradict)
{
    struct elbow_hdf5 *file = begin(ELBOW_ELEMENT_FLOAT32);
    number(file, "factor", 2);
    number(file, "scale_factor", 3);
    number(file, "offset", 1);
    number(file, "add_offset", 1);
    struct elbow_packing packing = end(file, ELBOW_ELEMENT_FLOAT32);
    ck_assert_str_eq(packing.factor.trouble, "differs from the attribute scale_factor");
    ck_assert(packing.offset.trouble == NULL && packing.offset.value == 1);
    file = begin(ELBOW_ELEMENT_FLOAT32);
    number(file, "add_offset", INFINITY);
    packing = end(file, ELBOW_ELEMENT_FLOAT32);
    ck_assert_str_eq(packing.offset.trouble, "is not a finite number");
}
END_TEST

// Bounds as whole numbers are those of stored values; as floats, of unpacked ones.
START_TEST(ranges)
{
    struct elbow_hdf5 *file = begin(ELBOW_ELEMENT_INT16);
    integers(file, "valid_range", -100, 200);
    number(file, "scale_factor", 0.1);
    struct elbow_missing missing = end(file, ELBOW_ELEMENT_INT16).missing;
    ck_assert(!elbow_missing_is(&missing, -100) && !elbow_missing_is(&missing, 200));
    ck_assert(elbow_missing_is(&missing, -101) && elbow_missing_is(&missing, 201));
    file = begin(ELBOW_ELEMENT_INT16);
    number(file, "valid_max", 310);
    number(file, "scale_factor", 0.002);
    number(file, "add_offset", 280);
    missing = end(file, ELBOW_ELEMENT_INT16).missing;
    ck_assert(!elbow_missing_is(&missing, 15000) && elbow_missing_is(&missing, 15001));
    ck_assert(!elbow_missing_is(&missing, -32768));
    file = begin(ELBOW_ELEMENT_INT16); // a negative factor turns them round
    number(file, "valid_min", 0);
    number(file, "scale_factor", -1);
    missing = end(file, ELBOW_ELEMENT_INT16).missing;
    ck_assert(!elbow_missing_is(&missing, -5) && !elbow_missing_is(&missing, 0) && elbow_missing_is(&missing, 1));
}
END_TEST

// 0.3 and 1e20 as doubles differ from their floats.
START_TEST(numbers_of_another_width)
{
    struct elbow_hdf5 *file = begin(ELBOW_ELEMENT_FLOAT32);
    number(file, "_FillValue", 1e20);
    number(file, "valid_max", 0.3);
    struct elbow_missing missing = end(file, ELBOW_ELEMENT_FLOAT32).missing;
    ck_assert(!elbow_missing_is(&missing, (double)0.3F));
    missing.has_range = false;
    ck_assert(elbow_missing_is(&missing, (double)1e20F) && !elbow_missing_is(&missing, 1e19));
}
END_TEST

// A float type with these numbers of bits (sign, exponent, mantissa with an implied one), as numpy's float16 (5, 10)
// and bfloat16 (8, 7); big: of the other byte order. To be closed.
static hid_t float_type(size_t exponent, size_t mantissa, bool big)
{
    size_t bits = 1 + exponent + mantissa;
    hid_t type = H5Tcopy(big ? H5T_IEEE_F32BE : H5T_IEEE_F32LE);
    ck_assert(H5Tset_fields(type, bits - 1, mantissa, exponent, 0, mantissa) >= 0 && H5Tset_precision(type, bits) >= 0);
    ck_assert(H5Tset_ebias(type, ((size_t)1 << (exponent - 1)) - 1) >= 0 && H5Tset_size(type, (bits + 7) / 8) >= 0);
    return type;
}

// A fill value that the stored floats cannot represent is recognised by its rounded value, as rounded by libhdf5 or by
// a processor.
START_TEST(formats_of_floats)
{
    static const struct {
        const char *what;
        size_t exponent, mantissa;
        bool big;
        double fill, even, away; // even: by a processor
    } cases[] = {
        {"float16", 5, 10, false, -9999, -10000, -10000},
        {"float16", 5, 10, true, -9999, -10000, -10000},
        {"float16, a tie", 5, 10, false, 10004, 10000, 10008},
        {"float16", 5, 10, true, 1e20, INFINITY, INFINITY},
        {"float16, the largest", 5, 10, false, 65504, 65504, 65504},
        {"float16, subnormal", 5, 10, false, 1e-6, 0x1.1p-20, 0x1.1p-20},
        {"bfloat16", 8, 7, false, -9999, -9984, -9984},
        {"bfloat16", 8, 7, true, 1e20, 0x1.5ap66, 0x1.5ap66},
        {"8 bits", 4, 3, false, 0.3, 0.3125, 0.3125},
        {"float24", 7, 16, true, 0.1, 0x1.999ap-4, 0x1.999ap-4},
        {"float32", 8, 23, true, 0.1, (double)0.1F, (double)0.1F},
    };
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "f.h5");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        hid_t id = new_file(path), type = float_type(cases[i].exponent, cases[i].mantissa, cases[i].big);
        const double values[] = {cases[i].fill, 1, cases[i].even, 2};
        put(id, "x", type, H5T_NATIVE_DOUBLE, 2, (const hsize_t[]){2, 2}, H5P_DEFAULT, values);
        H5Tclose(type);
        H5Fclose(id);
        struct elbow_hdf5 *file = NULL;
        struct elbow_error error = {0};
        hdf5_must(elbow_hdf5_open_append(path, &file, &error), &error);
        number(file, "_FillValue", cases[i].fill);
        number(file, cases[i].fill < 1 ? "valid_min" : "valid_max", cases[i].fill);
        hdf5_must(elbow_hdf5_close(file, &error), &error);
        file = open_good(path);
        struct elbow_hdf5_info info = describe_good(file, "x");
        struct elbow_packing packing;
        ck_assert_str_eq(elbow_element_name(info.element), "float32");
        hdf5_must(elbow_packing_read(file, "/x", info.element, &packing, &error), &error);
        float stored[4];
        read_good(file, "x", 0, 2, stored);
        for (int k = 0; k < 4; ++k)
            ck_assert_msg(elbow_missing_is(&packing.missing, (double)stored[k]) == (k % 2 == 0), "%s: value %d, %.9g",
                          cases[i].what, k, (double)stored[k]);
        // libhdf5 itself takes the one or the other, by its version.
        bool is_known = (double)stored[0] == cases[i].away || (double)stored[0] == cases[i].even;
        ck_assert_msg(is_known && (double)stored[2] == cases[i].even, "%s: %.9g, %.9g", cases[i].what,
                      (double)stored[0], (double)stored[2]);
        packing.missing.count = 0;
        for (int k = 0; k < 4; ++k)
            ck_assert_msg(!elbow_missing_is(&packing.missing, (double)stored[k]), "%s: range", cases[i].what);
        close_good(file);
    }
    scratch_clear(&scratch);
}
END_TEST

// Lists of missing values of any length up to the bound are used; longer ones are refused, never cut.
START_TEST(long_lists)
{
    static const size_t counts[] = {8, 9, 100, ELBOW_MISSING_VALUES, ELBOW_MISSING_VALUES + 1};
    double values[ELBOW_MISSING_VALUES + 1];
    for (size_t i = 0; i <= ELBOW_MISSING_VALUES; ++i)
        values[i] = i == 5 ? NAN : -3.0 * (double)i;
    for (size_t k = 0; k < sizeof counts / sizeof *counts; ++k) {
        struct elbow_hdf5 *file = begin(ELBOW_ELEMENT_FLOAT32);
        struct elbow_packing packing;
        struct elbow_error error = {0};
        ck_assert(elbow_hdf5_write_doubles(file, "/x", "missing_value", values, counts[k], NULL) == ELBOW_OK);
        if (counts[k] > ELBOW_MISSING_VALUES) {
            ck_assert(elbow_hdf5_close(file, &error) == ELBOW_OK);
            ck_assert(elbow_hdf5_open_image("image", buffer.bytes, buffer.size, &file, &error) == ELBOW_OK);
            ck_assert(elbow_packing_read(file, "/x", ELBOW_ELEMENT_FLOAT32, &packing, &error) == ELBOW_FORMAT);
            check_message(&error, "/x: its attributes", "more missing values than the 256");
            elbow_hdf5_close(file, NULL);
            continue;
        }
        packing = end(file, ELBOW_ELEMENT_FLOAT32);
        ck_assert(packing.ignored[0] == 0 && packing.missing.count == counts[k]);
        float stored[3 * ELBOW_MISSING_VALUES];
        size_t expected = counts[k] - 1; // all but NaN
        for (size_t i = 0; i < 3 * ELBOW_MISSING_VALUES; ++i)
            stored[i] = -(float)i;
        ck_assert_uint_eq(elbow_missing_find(&packing.missing, ELBOW_ELEMENT_FLOAT32, stored, 3 * counts[k]).count,
                          expected);
        stored[1] = NAN;
        ck_assert_uint_eq(elbow_missing_find(&packing.missing, ELBOW_ELEMENT_FLOAT32, stored + 1, 1).count, 1);
        ck_assert((strstr(packing.said, " ... (") != NULL) == (counts[k] > 8));
    }
    struct elbow_missing both = {.count = 0};
    ck_assert(elbow_missing_add(&both, &(struct elbow_missing){.count = 2, .values = {1, 2}}) && both.count == 2);
    both.count = ELBOW_MISSING_VALUES;
    for (size_t i = 0; i < both.count; ++i)
        both.values[i] = (double)i;
    ck_assert(elbow_missing_add(&both, &(struct elbow_missing){.count = 1, .values = {7}}));
    ck_assert(!elbow_missing_add(&both, &(struct elbow_missing){.count = 1, .values = {-7}}));
}
END_TEST

START_TEST(signs)
{
    struct elbow_hdf5 *file = begin(ELBOW_ELEMENT_INT8);
    ck_assert(elbow_hdf5_write_text(file, "/x", "_Unsigned", "true", NULL) == ELBOW_OK);
    number(file, "_FillValue", -1);
    struct elbow_packing packing = end(file, ELBOW_ELEMENT_INT8);
    ck_assert(packing.element == ELBOW_ELEMENT_UINT8);
    ck_assert(elbow_missing_is(&packing.missing, 255) && !elbow_missing_is(&packing.missing, -1));
    file = begin(ELBOW_ELEMENT_INT16);
    ck_assert(elbow_hdf5_write_text(file, "/x", "_Unsigned", "True", NULL) == ELBOW_OK);
    ck_assert(end(file, ELBOW_ELEMENT_INT16).element == ELBOW_ELEMENT_UINT16);
    file = begin(ELBOW_ELEMENT_UINT8);
    ck_assert(elbow_hdf5_write_text(file, "/x", "_Unsigned", "false", NULL) == ELBOW_OK);
    number(file, "_FillValue", 255);
    packing = end(file, ELBOW_ELEMENT_UINT8);
    ck_assert(packing.element == ELBOW_ELEMENT_INT8);
    ck_assert(elbow_missing_is(&packing.missing, -1) && !elbow_missing_is(&packing.missing, 255));
    file = begin(ELBOW_ELEMENT_UINT8);
    ck_assert(elbow_hdf5_write_text(file, "/x", "_Unsigned", "perhaps", NULL) == ELBOW_OK);
    packing = end(file, ELBOW_ELEMENT_UINT8);
    ck_assert(packing.element == ELBOW_ELEMENT_UINT8 && strcmp(packing.ignored, "_Unsigned") == 0);
}
END_TEST

START_TEST(fill_of_netcdf)
{
    static const struct {
        enum elbow_element element;
        double fill;
    } fills[] = {{ELBOW_ELEMENT_INT16, -32767},
                 {ELBOW_ELEMENT_UINT16, 65535},
                 {ELBOW_ELEMENT_INT32, -2147483647},
                 {ELBOW_ELEMENT_UINT32, 4294967295},
                 {ELBOW_ELEMENT_FLOAT32, (double)9.9692099683868690e+36F},
                 {ELBOW_ELEMENT_FLOAT64, 9.9692099683868690e+36}};
    for (size_t i = 0; i < sizeof fills / sizeof *fills; ++i) {
        for (int k = 0; k < 2; ++k) {
            struct elbow_hdf5 *file = begin(fills[i].element);
            ck_assert(elbow_hdf5_write_text(file, "/", "_NCProperties", "version=2", NULL) == ELBOW_OK);
            if (k == 1)
                number(file, "_FillValue", 7);
            struct elbow_missing missing = end(file, fills[i].element).missing;
            ck_assert(elbow_missing_is(&missing, fills[i].fill) == (k == 0));
            ck_assert(elbow_missing_is(&missing, 7) == (k == 1));
        }
    }
    struct elbow_hdf5 *file = begin(ELBOW_ELEMENT_UINT8);
    ck_assert(elbow_hdf5_write_text(file, "/", "_NCProperties", "version=2", NULL) == ELBOW_OK);
    struct elbow_missing missing = end(file, ELBOW_ELEMENT_UINT8).missing;
    ck_assert(!elbow_missing_has_rules(&missing));
}
END_TEST

START_TEST(finding)
{
    const struct elbow_missing missing = {.count = 2, .values = {NAN, 4}, .has_range = true, .low = 0, .high = 9};
    const float floats[] = {0, 9, 4, 3, NAN, -1, 10};
    struct elbow_missing_count found = elbow_missing_find(&missing, ELBOW_ELEMENT_FLOAT32, floats, 7);
    ck_assert(found.count == 4 && found.first == 2);
    const uint8_t bytes[] = {1, 2, 3};
    found = elbow_missing_find(&missing, ELBOW_ELEMENT_UINT8, bytes, 3);
    ck_assert(found.count == 0 && found.first == SIZE_MAX);
    struct elbow_missing both = missing;
    elbow_missing_add(&both,
                      &(struct elbow_missing){.count = 2, .values = {NAN, 5}, .has_range = true, .low = -9, .high = 8});
    ck_assert(both.count == 3 && both.low == 0 && both.high == 8);
}
END_TEST

UNIT_MAIN("data/packing", nothing_is_said, packed_values, what_is_no_single_number_is_named, attributes_that_contradict,
          ranges, numbers_of_another_width, formats_of_floats, long_lists, signs, fill_of_netcdf, finding)
