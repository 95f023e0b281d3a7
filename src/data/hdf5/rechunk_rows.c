// SPDX-License-Identifier: BSD-3-Clause
// Rechunking, one dataset: blocks of rows, each of whole new chunks and, if they fit into memory, of whole old ones.
#include "elbow/data/detail/rechunk.h"

#include "elbow/base/memory.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t CHUNK_BYTES_MAX = UINT64_C(0xffffffff); // a limit of HDF5

// A dataset before and after.
struct rows {
    struct elbow_rechunking *rechunking;
    const char *name;
    hid_t from, to, type;
    int rank;
    hsize_t shape[H5S_MAX_RANK], most[H5S_MAX_RANK], chunk[H5S_MAX_RANK];
    uint64_t row_bytes;
    uint64_t old_chunk[H5S_MAX_RANK]; // zeroed: none
    uint64_t block;                   // rows per read
};

static uint64_t divide_up(uint64_t n, uint64_t by)
{
    return (n + by - 1) / by;
}

// Shape, type and size of a row; false if these are no rows of numbers.
static bool describe(hid_t dataset, struct rows *rows)
{
    hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    bool is_number = class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM || class == H5T_BITFIELD;
    rows->rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    bool is_fine = is_number && rows->rank > 0 && H5Sget_simple_extent_dims(space, rows->shape, rows->most) >= 0;
    rows->row_bytes = is_fine ? H5Tget_size(type) : 0;
    for (int i = 1; i < rows->rank && is_fine; ++i)
        is_fine = !__builtin_mul_overflow(rows->row_bytes, rows->shape[i], &rows->row_bytes);
    is_fine = is_fine && rows->row_bytes > 0 && rows->shape[0] > 0;
    rows->type = is_fine ? H5Tcopy(type) : H5I_INVALID_HID; // without a name
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return is_fine && rows->type >= 0;
}

bool elbow_rechunk_wants(const struct elbow_rechunking *rechunking, hid_t dataset)
{
    struct rows rows;
    if (!describe(dataset, &rows))
        return false;
    H5Tclose(rows.type);
    hid_t creation = H5Dget_create_plist(dataset);
    H5D_layout_t layout = creation < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(creation);
    bool is_elsewhere = layout == H5D_VIRTUAL || (layout == H5D_CONTIGUOUS && H5Pget_external_count(creation) > 0);
    if (creation >= 0)
        H5Pclose(creation);
    return is_elsewhere || rows.shape[0] > rechunking->request->chunk_bytes / rows.row_bytes;
}

static bool fail(const struct rows *rows, const char *what)
{
    const struct elbow_rechunking *rechunking = rows->rechunking;
    elbow_hdf5_fail(rechunking->from, ELBOW_FORMAT, rechunking->error, "dataset %s: %s", rows->name, what);
    return false;
}

static bool refuse_filter(const struct rows *rows, int number)
{
    elbow_error_set(
        rows->rechunking->error, ELBOW_USAGE,
        "%s: dataset %s: HDF5 filter %d cannot write here; choose another one with --filter, for example gzip",
        rows->rechunking->from->name, rows->name, number);
    return false;
}

static bool can_write(int number)
{
    unsigned config = 0;
    return H5Zfilter_avail(number) > 0 && H5Zget_filter_info(number, &config) >= 0 &&
           (config & H5Z_FILTER_CONFIG_ENCODE_ENABLED) != 0;
}

// The filters of the old chunks; each sets its parameters for the new ones itself.
static bool keep_filters(const struct rows *rows, hid_t before, hid_t creation)
{
    int count = H5Pget_nfilters(before);
    for (int i = 0; i < count; ++i) {
        unsigned flags, config, values[ELBOW_RECHUNK_VALUES_MAX];
        size_t n = ELBOW_RECHUNK_VALUES_MAX;
        int number = H5Pget_filter2(before, (unsigned)i, &flags, &n, values, 0, NULL, &config);
        if (number < 0)
            return fail(rows, "its filters cannot be read");
        if (n > ELBOW_RECHUNK_VALUES_MAX || !can_write(number))
            return refuse_filter(rows, number);
        if (H5Pset_filter(creation, number, flags, n, values) < 0)
            return fail(rows, "its filters cannot be used for other chunks");
    }
    return count >= 0;
}

static bool set_filters(const struct rows *rows, hid_t before, hid_t creation)
{
    const struct elbow_rechunk_filter *filter = &rows->rechunking->request->filter;
    if (filter->keeps)
        return keep_filters(rows, before, creation);
    if (filter->number == 0)
        return true;
    if (!can_write(filter->number))
        return refuse_filter(rows, filter->number);
    bool is_shuffled = filter->number == H5Z_FILTER_DEFLATE && H5Tget_size(rows->type) > 1;
    return (!is_shuffled || H5Pset_shuffle(creation) >= 0) &&
           H5Pset_filter(creation, filter->number, H5Z_FLAG_MANDATORY, filter->count, filter->values) >= 0;
}

static bool set_fill(const struct rows *rows, hid_t before, hid_t creation)
{
    H5D_fill_value_t has = H5D_FILL_VALUE_UNDEFINED;
    if (H5Pfill_value_defined(before, &has) < 0)
        return false;
    if (has != H5D_FILL_VALUE_USER_DEFINED)
        return true;
    char value[64];
    return H5Tget_size(rows->type) <= sizeof value && H5Pget_fill_value(before, rows->type, value) >= 0 &&
           H5Pset_fill_value(creation, rows->type, value) >= 0;
}

// The chunks of a dataset that has some.
static void find_old_chunk(hid_t before, struct rows *rows)
{
    hsize_t chunk[H5S_MAX_RANK];
    if (H5Pget_layout(before) != H5D_CHUNKED || H5Pget_chunk(before, rows->rank, chunk) < 0)
        return;
    for (int i = 0; i < rows->rank; ++i)
        rows->old_chunk[i] = chunk[i];
}

static bool plan_chunks(struct rows *rows)
{
    const struct elbow_rechunk_request *request = rows->rechunking->request;
    uint64_t n = request->chunk_rows > 0 ? request->chunk_rows : request->chunk_bytes / rows->row_bytes;
    n = n < rows->shape[0] ? n : rows->shape[0];
    n = n > 0 ? n : 1;
    if (n > CHUNK_BYTES_MAX / rows->row_bytes) {
        elbow_error_set(rows->rechunking->error, ELBOW_USAGE,
                        "%s: dataset %s: %llu rows of %llu bytes are more than the 4 GiB of a chunk; take fewer",
                        rows->rechunking->from->name, rows->name, (unsigned long long)n,
                        (unsigned long long)rows->row_bytes);
        return false;
    }
    memcpy(rows->chunk, rows->shape, sizeof rows->chunk);
    rows->chunk[0] = n;
    return true;
}

// Rows per read: a whole band of old chunks if it fits into memory; otherwise old chunks are unpacked several times.
static void plan_block(struct rows *rows)
{
    struct elbow_rechunk_result *result = rows->rechunking->result;
    uint64_t n = rows->chunk[0], fit = rows->rechunking->request->memory / rows->row_bytes / n * n;
    uint64_t band = rows->old_chunk[0] < rows->shape[0] ? rows->old_chunk[0] : rows->shape[0];
    rows->block = fit > n ? fit : n;
    if (band > rows->block) {
        uint64_t repeats = divide_up(band, rows->block);
        result->repeated += 1;
        result->repeats = repeats > result->repeats ? repeats : result->repeats;
        result->band = band * rows->row_bytes > result->band ? band * rows->row_bytes : result->band;
        return;
    }
    // A block boundary inside an old chunk costs one more unpacking of it, so there should be few.
    uint64_t both = n; // a multiple of both, if it is small enough
    while (band > 0 && both % band != 0 && both + n <= rows->block)
        both += n;
    if (band > 0 && both % band == 0)
        rows->block = rows->block / both * both;
}

static hid_t creation_of(struct rows *rows, hid_t before)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    bool is_set = creation >= 0 && H5Pset_obj_track_times(creation, false) >= 0 &&
                  H5Pset_chunk(creation, rows->rank, rows->chunk) >= 0 && set_fill(rows, before, creation) &&
                  set_filters(rows, before, creation);
    if (is_set || creation < 0)
        return creation;
    H5Pclose(creation);
    return H5I_INVALID_HID;
}

static bool create(struct rows *rows)
{
    struct elbow_hdf5 *to = rows->rechunking->to;
    hid_t before = H5Dget_create_plist(rows->from);
    if (before < 0)
        return fail(rows, "its storage cannot be read");
    find_old_chunk(before, rows);
    hid_t creation = plan_chunks(rows) ? creation_of(rows, before) : H5I_INVALID_HID;
    H5Pclose(before);
    if (creation < 0)
        return rows->rechunking->error->status != ELBOW_OK || fail(rows, "it cannot be stored in other chunks");
    plan_block(rows);
    elbow_hdf5_create_groups(to, rows->name);
    hid_t space = H5Screate_simple(rows->rank, rows->shape, rows->most);
    if (space >= 0)
        rows->to = H5Dcreate2(to->id, rows->name, rows->type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (rows->to < 0)
        elbow_hdf5_fail_write(to, "dataset %s cannot be created", rows->name);
    if (space >= 0)
        H5Sclose(space);
    H5Pclose(creation);
    return rows->to >= 0;
}

static bool copy_block(const struct rows *rows, uint64_t first, uint64_t count, void *values)
{
    struct elbow_rechunking *rechunking = rows->rechunking;
    hid_t memory, space = elbow_hdf5_select_rows(rows->from, first, count, &memory);
    if (space < 0)
        return fail(rows, "its rows cannot be selected");
    bool is_checked =
        elbow_hdf5_check_chunks(rechunking->from, rows->from, rows->name, first, count, rechunking->error) == ELBOW_OK;
    bool is_read = is_checked && H5Dread(rows->from, rows->type, memory, space, H5P_DEFAULT, values) >= 0;
    if (is_checked && !is_read)
        elbow_hdf5_fail(rechunking->from, ELBOW_FORMAT, rechunking->error,
                        "rows %llu to %llu of dataset %s cannot be read", (unsigned long long)first,
                        (unsigned long long)(first + count - 1), rows->name);
    if (is_read && H5Dwrite(rows->to, rows->type, memory, space, H5P_DEFAULT, values) < 0)
        elbow_hdf5_fail_write(rechunking->to, "dataset %s cannot be written", rows->name);
    H5Sclose(space);
    H5Sclose(memory);
    return is_read && rechunking->to->error.status == ELBOW_OK;
}

static bool copy_rows(const struct rows *rows)
{
    struct elbow_rechunking *rechunking = rows->rechunking;
    const struct elbow_rechunk_request *request = rechunking->request;
    void *values = NULL;
    uint64_t all = rows->shape[0], block = rows->block < all ? rows->block : all;
    bool is_done = elbow_allocate(&values, block, rows->row_bytes, "rows", rechunking->error) == ELBOW_OK;
    for (uint64_t first = 0; first < all && is_done; first += block) {
        uint64_t count = all - first < block ? all - first : block;
        is_done = copy_block(rows, first, count, values);
        if (is_done && request->progress != NULL)
            request->progress(request->user, rows->name, first + count, all);
    }
    elbow_release(&values);
    return is_done;
}

static bool is_contiguous(hid_t dataset)
{
    hid_t creation = H5Dget_create_plist(dataset);
    bool is_so = creation >= 0 && H5Pget_layout(creation) == H5D_CONTIGUOUS && H5Pget_external_count(creation) == 0;
    if (creation >= 0)
        H5Pclose(creation);
    return is_so;
}

// The cost of reading one row, of the largest dataset.
static void note(const struct rows *rows)
{
    struct elbow_rechunking *rechunking = rows->rechunking;
    struct elbow_rechunk_result *result = rechunking->result;
    uint64_t bytes = rows->shape[0] * rows->row_bytes;
    result->rewritten += 1;
    if (bytes <= rechunking->largest)
        return;
    rechunking->largest = bytes;
    elbow_text_format(result->largest, sizeof result->largest, "%s", rows->name);
    result->rows = rows->shape[0];
    result->row_bytes = rows->row_bytes;
    result->rows_before = rows->old_chunk[0];
    result->rows_after = rows->chunk[0];
    uint64_t touched = rows->old_chunk[0] * H5Tget_size(rows->type);
    for (int i = 1; i < rows->rank; ++i) // whole chunks, as many as cover a row
        touched *= rows->old_chunk[i] > 0 ? divide_up(rows->shape[i], rows->old_chunk[i]) * rows->old_chunk[i] : 0;
    result->touched = touched;
    result->was_contiguous = is_contiguous(rows->from);
    result->stored = H5Dget_storage_size(rows->from);
    H5Fflush(rechunking->to->id, H5F_SCOPE_LOCAL);
    result->stored_new = H5Dget_storage_size(rows->to);
}

bool elbow_rechunk_rows(struct elbow_rechunking *rechunking, hid_t dataset, const char *name)
{
    struct rows rows = {.rechunking = rechunking, .name = name, .from = dataset, .to = H5I_INVALID_HID};
    if (elbow_hdf5_check_storage(rechunking->from, name, rechunking->error) != ELBOW_OK)
        return false;
    if (!describe(dataset, &rows))
        return fail(&rows, "it holds no rows of numbers");
    bool is_done = create(&rows) && copy_rows(&rows) && elbow_rechunk_attributes(rechunking, rows.from, rows.to);
    if (is_done)
        note(&rows);
    if (rows.to >= 0 && H5Dclose(rows.to) < 0)
        elbow_hdf5_fail_write(rechunking->to, "dataset %s cannot be written", name);
    H5Tclose(rows.type);
    return is_done;
}

enum elbow_status elbow_rechunk_read_filter(const char *text, struct elbow_rechunk_filter *filter,
                                            struct elbow_error *error)
{
    enum { LEVEL = 4 };
    *filter = (struct elbow_rechunk_filter){.keeps = strcmp(text, "keep") == 0};
    if (filter->keeps || strcmp(text, "none") == 0)
        return ELBOW_OK;
    const char *rest = text;
    char *end;
    if (strncmp(text, "gzip", 4) == 0) {
        filter->number = H5Z_FILTER_DEFLATE;
        rest += 4;
    } else {
        unsigned long number = strtoul(text, &end, 10);
        filter->number = text[0] >= '1' && text[0] <= '9' && number <= H5Z_FILTER_MAX ? (int)number : -1;
        rest = end;
    }
    bool is_fine = filter->number > 0 && (*rest == '\0' || *rest == ':');
    while (is_fine && *rest != '\0') {
        unsigned long value = strtoul(rest + 1, &end, 10);
        is_fine = rest[1] >= '0' && rest[1] <= '9' && value <= UINT32_MAX && filter->count < ELBOW_RECHUNK_VALUES_MAX &&
                  (*end == '\0' || *end == ',');
        filter->values[filter->count++] = (unsigned)value;
        rest = end;
    }
    bool is_gzip = filter->number == H5Z_FILTER_DEFLATE;
    if (is_fine && is_gzip && filter->count == 0)
        filter->values[filter->count++] = LEVEL;
    if (is_fine && (!is_gzip || (filter->count == 1 && filter->values[0] <= 9)))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE,
                           "--filter %.100s: expected keep, none, gzip, gzip:LEVEL (0 to 9), or the number of an HDF5 "
                           "filter with its values, for example 32015:3",
                           text);
}
