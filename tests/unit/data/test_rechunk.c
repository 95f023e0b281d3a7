// SPDX-License-Identifier: BSD-3-Clause
// Rewritten files: every value, type, attribute, link and reference stays, and chunks are the requested ones.
#include "elbow/base/memory.h"
#include "elbow/data/rechunk.h"
#include "hdf5_files.h"

#include <string.h>
#include <unistd.h>

enum { ROWS = 1000, WIDTH = 12 };

static hid_t chunked(int rank, const hsize_t *chunk, unsigned deflate, double fill)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    ck_assert(H5Pset_chunk(creation, rank, chunk) >= 0);
    ck_assert(deflate == 0 || (H5Pset_shuffle(creation) >= 0 && H5Pset_deflate(creation, deflate) >= 0));
    ck_assert(H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &fill) >= 0);
    return creation;
}

static void put_attribute(hid_t file, const char *object, const char *name, hid_t type, const void *value)
{
    hid_t id = H5Oopen(file, object, H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(id, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(attribute >= 0 && H5Awrite(attribute, type, value) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Oclose(id);
}

// An attribute that is a list of references, as DIMENSION_LIST is, and one that is a plain reference.
static void put_references(hid_t file, const char *object, const char *target)
{
    hobj_ref_t reference;
    ck_assert(H5Rcreate(&reference, file, target, H5R_OBJECT, -1) >= 0);
    hvl_t list = {.len = 1, .p = &reference};
    hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ);
    put_attribute(file, object, "LIST", type, &list);
    put_attribute(file, object, "ONE", H5T_STD_REF_OBJ, &reference);
    H5Tclose(type);
}

// /x: big-endian doubles in chunks of 300 x 5, packed; /g/small; /g/texts; links; a virtual dataset of rows of /x.
static void put_file(const char *path)
{
    static double values[ROWS * WIDTH];
    for (int i = 0; i < ROWS * WIDTH; ++i)
        values[i] = 0.5 * i;
    const hsize_t shape[] = {ROWS, WIDTH}, chunk[] = {300, 5}, few[] = {4};
    hid_t file = new_file(path), creation = chunked(2, chunk, 3, -1);
    put(file, "x", H5T_IEEE_F64BE, H5T_NATIVE_DOUBLE, 2, shape, creation, values);
    H5Pclose(creation);
    H5Gclose(H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    put(file, "g/small", H5T_STD_I16LE, H5T_NATIVE_INT, 1, few, H5P_DEFAULT, (const int[]){3, 1, 4, 1});
    const char *const texts[] = {"a", "bc", "", "def"};
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    put(file, "g/texts", type, type, 1, few, H5P_DEFAULT, texts);
    put_attribute(file, "g", "word", type, &texts[1]);
    H5Tclose(type);
    put_attribute(file, "x", "factor", H5T_NATIVE_DOUBLE, &(double){0.25});
    put_references(file, "x", "/g/small");
    put_references(file, "/", "/x");
    ck_assert(H5Lcreate_soft("/x", file, "soft", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    ck_assert(H5Lcreate_external("other.h5", "/y", file, "external", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    ck_assert(H5Lcreate_hard(file, "x", file, "g/again", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    hid_t view = H5Pcreate(H5P_DATASET_CREATE), from = H5Screate_simple(2, shape, NULL);
    hid_t to = H5Screate_simple(2, (const hsize_t[]){10, WIDTH}, NULL);
    H5Sselect_hyperslab(from, H5S_SELECT_SET, (const hsize_t[]){100, 0}, NULL, (const hsize_t[]){10, WIDTH}, NULL);
    ck_assert(H5Pset_virtual(view, to, ".", "x", from) >= 0);
    put(file, "virtual", H5T_IEEE_F64BE, H5T_NATIVE_DOUBLE, 2, (const hsize_t[]){10, WIDTH}, view, NULL);
    H5Pclose(view);
    H5Sclose(from);
    H5Sclose(to);
    H5Fclose(file);
}

static struct elbow_rechunk_request request_of(struct scratch *scratch, const char *dataset)
{
    static elbow_path source, target;
    elbow_text_format(source, sizeof source, "%s", scratch_path(scratch, "a.h5"));
    elbow_text_format(target, sizeof target, "%s", scratch_path(scratch, "b.h5"));
    return (struct elbow_rechunk_request){.source = source,
                                          .dataset = dataset,
                                          .target = target,
                                          .chunk_bytes = 4096,
                                          .memory = 1 << 20,
                                          .filter = {.keeps = true}};
}

static struct elbow_rechunk_result rechunk_good(const struct elbow_rechunk_request *request)
{
    struct elbow_rechunk_result result;
    struct elbow_error error;
    unlink(request->target);
    hdf5_must(elbow_rechunk(request, &result, &error), &error);
    ck_assert_int_eq((int)H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    return result;
}

static void check_rows(const char *path, const char *name, uint64_t first, uint64_t count, uint64_t chunk_rows)
{
    static double values[ROWS * WIDTH];
    struct elbow_hdf5 *file = open_good(path);
    struct elbow_hdf5_info info = describe_good(file, name);
    ck_assert_uint_eq(info.shape[0], count);
    ck_assert_uint_eq(info.chunk_rows, chunk_rows);
    ck_assert(!info.is_virtual);
    read_good(file, name, 0, count, values);
    for (uint64_t i = 0; i < count * WIDTH; ++i)
        ck_assert(values[i] == 0.5 * (double)(first * WIDTH + i));
    close_good(file);
}

// The targets of the references of an object's attributes, by one name or the other.
static void check_references(const char *path, const char *object, const char *target, const char *also)
{
    char name[64];
    hvl_t list;
    hobj_ref_t one;
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), id = H5Oopen(file, object, H5P_DEFAULT);
    hid_t attribute = H5Aopen(id, "LIST", H5P_DEFAULT), type = H5Aget_type(attribute);
    ck_assert(H5Aread(attribute, type, &list) >= 0);
    hid_t plain = H5Aopen(id, "ONE", H5P_DEFAULT);
    ck_assert(H5Aread(plain, H5T_STD_REF_OBJ, &one) >= 0);
    hobj_ref_t references[] = {*(hobj_ref_t *)list.p, one};
    for (int i = 0; i < 2; ++i) {
        hid_t there = H5Rdereference2(file, H5P_DEFAULT, H5R_OBJECT, &references[i]);
        ck_assert(there >= 0 && H5Iget_name(there, name, sizeof name) > 0);
        ck_assert(strcmp(name, target) == 0 || strcmp(name, also) == 0);
        H5Oclose(there);
    }
    H5free_memory(list.p);
    H5Tclose(type);
    H5Aclose(plain);
    H5Aclose(attribute);
    H5Oclose(id);
    H5Fclose(file);
}

START_TEST(a_whole_file)
{
    struct scratch scratch = scratch_make();
    put_file(scratch_path(&scratch, "a.h5"));
    struct elbow_rechunk_request request = request_of(&scratch, NULL);
    struct elbow_rechunk_result result = rechunk_good(&request);
    const char *path = request.target;
    ck_assert_uint_eq(result.rewritten, 2);
    ck_assert_uint_eq(result.copied, 2);
    ck_assert_uint_eq(result.references, 0);
    check_rows(path, "/x", 0, ROWS, 4096 / (8 * WIDTH));
    check_rows(path, "/g/again", 0, ROWS, 4096 / (8 * WIDTH));
    check_rows(path, "/soft", 0, ROWS, 4096 / (8 * WIDTH));
    check_rows(path, "/virtual", 100, 10, 10);
    check_references(path, "/x", "/g/small", "");
    check_references(path, "/", "/x", "/g/again"); // two names of one object
    // The largest one is named by its first name; a row touched three chunks of 300 x 5.
    ck_assert_str_eq(result.largest, "/g/again");
    ck_assert_uint_eq(result.touched, 300 * 15 * 8);
    ck_assert_uint_eq(result.rows_before, 300);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), x = H5Dopen2(file, "x", H5P_DEFAULT);
    hid_t type = H5Dget_type(x), creation = H5Dget_create_plist(x);
    double fill = 0, factor = 0;
    ck_assert(H5Tequal(type, H5T_IEEE_F64BE) > 0);
    ck_assert(H5Pget_fill_value(creation, H5T_NATIVE_DOUBLE, &fill) >= 0 && fill == -1);
    ck_assert_int_eq(H5Pget_nfilters(creation), 2);
    hid_t attribute = H5Aopen(x, "factor", H5P_DEFAULT);
    ck_assert(H5Aread(attribute, H5T_NATIVE_DOUBLE, &factor) >= 0 && factor == 0.25);
    char *word = NULL;
    hid_t said = H5Aopen_by_name(file, "g", "word", H5P_DEFAULT, H5P_DEFAULT), texts = H5Aget_type(said);
    ck_assert(H5Aread(said, texts, &word) >= 0);
    ck_assert_str_eq(word, "bc");
    H5free_memory(word);
    H5L_info_t link;
    ck_assert(H5Lget_info(file, "external", &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_EXTERNAL);
    H5Tclose(texts);
    H5Aclose(said);
    H5Aclose(attribute);
    H5Pclose(creation);
    H5Tclose(type);
    H5Dclose(x);
    H5Fclose(file);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(one_dataset_alone)
{
    struct scratch scratch = scratch_make();
    put_file(scratch_path(&scratch, "a.h5"));
    struct elbow_rechunk_request request = request_of(&scratch, "/x");
    request.chunk_rows = 7;
    request.memory = 1; // a new chunk at a time: the old ones are unpacked again and again
    request.filter = (struct elbow_rechunk_filter){.number = 0};
    struct elbow_rechunk_result result = rechunk_good(&request);
    check_rows(request.target, "/x", 0, ROWS, 7);
    ck_assert_uint_eq(result.repeats, (300 + 6) / 7);
    ck_assert_uint_eq(result.band, 300 * WIDTH * 8);
    ck_assert_uint_eq(result.references, 2); // /g/small is not there
    struct elbow_hdf5 *file = open_good(request.target);
    ck_assert(!has(file, "/g") && !describe_good(file, "/x").is_compressed);
    close_good(file);
    request.dataset = "/g";
    rechunk_good(&request);
    file = open_good(request.target);
    ck_assert(has(file, "/g/texts") && has(file, "/g/small") && has(file, "/g/again") && !has(file, "/x"));
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

static void refuse(const struct elbow_rechunk_request *request, enum elbow_status status, const char *sentence)
{
    struct elbow_rechunk_result result;
    struct elbow_error error;
    unlink(request->target);
    ck_assert_int_eq(elbow_rechunk(request, &result, &error), status);
    check_message(&error, sentence, "");
    ck_assert_int_eq((int)H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

START_TEST(what_cannot_be_done)
{
    struct scratch scratch = scratch_make();
    put_file(scratch_path(&scratch, "a.h5"));
    struct elbow_rechunk_request request = request_of(&scratch, "/nothing");
    refuse(&request, ELBOW_FORMAT, "/nothing not found");
    request.dataset = "/g/texts";
    refuse(&request, ELBOW_FORMAT, "/g/texts: it holds no rows of numbers");
    request.dataset = NULL;
    request.filter = (struct elbow_rechunk_filter){.number = 9999};
    refuse(&request, ELBOW_USAGE, "HDF5 filter 9999");
    request.source = "nowhere.h5";
    refuse(&request, ELBOW_FILE, "nowhere.h5");
    scratch_clear(&scratch);
}
END_TEST

START_TEST(without_memory_nothing_stays_open)
{
    struct scratch scratch = scratch_make();
    put_file(scratch_path(&scratch, "a.h5"));
    struct elbow_rechunk_request request = request_of(&scratch, NULL);
    enum elbow_status status = ELBOW_MEMORY;
    uint64_t n = 0;
    while (status != ELBOW_OK) {
        struct elbow_rechunk_result result;
        struct elbow_error error;
        unlink(request.target);
        elbow_memory_fail_at(++n);
        status = elbow_rechunk(&request, &result, &error);
        elbow_memory_fail_at(0);
        ck_assert_int_eq((int)H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
        ck_assert_uint_lt(n, 100);
    }
    ck_assert_uint_gt(n, 5);
    check_rows(request.target, "/x", 0, ROWS, 4096 / (8 * WIDTH));
    scratch_clear(&scratch);
}
END_TEST

START_TEST(filters_in_words)
{
    static const struct {
        const char *text;
        int number, first;
        bool keeps, is_good;
    } WORDS[] = {
        {"keep", 0, 0, true, true},           {"none", 0, 0, false, true},     {"gzip", 1, 4, false, true},
        {"gzip:0", 1, 0, false, true},        {"gzip:9", 1, 9, false, true},   {"32015:3,7", 32015, 3, false, true},
        {"307", 307, 0, false, true},         {"gzip:10", 0, 0, false, false}, {"gzip:", 0, 0, false, false},
        {"gzip:1,2", 0, 0, false, false},     {"", 0, 0, false, false},        {"0", 0, 0, false, false},
        {"99999999999", 0, 0, false, false},  {"7:", 0, 0, false, false},      {"7:-1", 0, 0, false, false},
        {"7:4294967296", 0, 0, false, false}, {"zip", 0, 0, false, false}};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; ++i) {
        struct elbow_rechunk_filter filter;
        struct elbow_error error = {0};
        enum elbow_status status = elbow_rechunk_read_filter(WORDS[i].text, &filter, &error);
        ck_assert_int_eq(status, WORDS[i].is_good ? ELBOW_OK : ELBOW_USAGE);
        if (status != ELBOW_OK)
            continue;
        ck_assert_int_eq(filter.keeps, WORDS[i].keeps);
        ck_assert_int_eq(filter.number, WORDS[i].number);
        ck_assert_uint_eq(filter.count > 0 ? filter.values[0] : 0, (unsigned)WORDS[i].first);
    }
}
END_TEST

UNIT_MAIN("data/rechunk", a_whole_file, one_dataset_alone, what_cannot_be_done, without_memory_nothing_stays_open,
          filters_in_words)
