// SPDX-License-Identifier: BSD-3-Clause
// Dataset files told in words: how each dataset is stored, what its values are, what it can serve as. Of large datasets
// a sample of rows is looked at, so that a large file costs little more than a small one.
#include "elbow/evaluate/describe.h"

#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/labels.h"
#include "elbow/data/packing.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

// Rows are looked at in up to PIECES pieces of about PIECE_BYTES; all of them up to WHOLE_BYTES. A piece that takes
// more than PIECE_MOST (because of its chunks) is not read, nor is anything beyond FILE_BYTES of one file.
enum { PIECES = 16, PIECE_BYTES = 1 << 20, WHOLE_BYTES = 1 << 24, PIECE_MOST = 1 << 26, FILE_BYTES = 1 << 29 };

// What a walk over the datasets of a file needs.
struct walk {
    struct elbow_hdf5 *file;
    const char *path;
    FILE *out;
    uint64_t datasets, bytes; // bytes: of values that were read
};

// What the values of a dataset are, as far as they were looked at.
struct values {
    uint64_t rows, count;                  // looked at
    uint64_t nan, infinite, missing, zero; // missing: what attributes call so
    double min, max;                       // of the finite ones that are not missing
};

static struct elbow_text size_of_file(const char *path)
{
    struct stat about;
    return elbow_text_bytes(stat(path, &about) == 0 ? (uint64_t)about.st_size : 0);
}

// A count in front of its noun.
static void print_count(FILE *out, uint64_t count, const char *noun)
{
    fprintf(out, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}

// "28 x 28"
static void print_shape(FILE *out, size_t rank, const uint64_t *shape)
{
    for (size_t i = 0; i < rank; ++i)
        fprintf(out, "%s%" PRIu64, i > 0 ? " x " : "", shape[i]);
}

// Bytes of all rows; UINT64_MAX for what is more than a number holds.
static uint64_t bytes_of_dataset(const struct elbow_hdf5_info *info)
{
    uint64_t bytes = elbow_hdf5_row_values(info), rows = info->rank > 0 ? info->shape[0] : 1;
    if (__builtin_mul_overflow(bytes, elbow_element_size(info->element), &bytes) ||
        __builtin_mul_overflow(bytes, rows, &bytes))
        return UINT64_MAX;
    return bytes;
}

static void count_value(double value, const struct elbow_missing *missing, bool has_rules, struct values *values)
{
    bool is_missing = !isnan(value) && has_rules && elbow_missing_is(missing, value);
    values->nan += isnan(value);
    values->infinite += isinf(value) != 0;
    values->missing += is_missing;
    values->zero += value == 0;
    if (is_missing || !isfinite(value))
        return;
    values->min = value < values->min ? value : values->min;
    values->max = value > values->max ? value : values->max;
}

static void scan(const struct elbow_packing *packing, const void *stored, size_t n, struct values *values)
{
    const struct elbow_missing *missing = &packing->missing;
    bool has_rules = elbow_missing_has_rules(missing);
    values->count += n;
    switch (packing->element) {
#define SCAN_CASE(name, type, text)                                                                                    \
    case ELBOW_ELEMENT_##name:                                                                                         \
        for (size_t i = 0; i < n; ++i)                                                                                 \
            count_value((double)((const type *)stored)[i], missing, has_rules, values);                                \
        break;
        ELBOW_ELEMENT_LIST(SCAN_CASE)
#undef SCAN_CASE
    }
}

// How a sample of rows is taken.
struct plan {
    uint64_t rows, pieces; // rows of a piece
    uint64_t cost;         // bytes that HDF5 reads and unpacks for a piece
};

static bool plan_sample(const struct elbow_hdf5_info *info, struct plan *plan)
{
    uint64_t all = bytes_of_dataset(info), rows = info->shape[0], row = all / rows;
    if (row == 0 || row > PIECE_MOST)
        return false;
    uint64_t chunk_rows = info->chunk_rows == 0 ? 1 : info->chunk_rows < rows ? info->chunk_rows : rows;
    plan->rows = all <= WHOLE_BYTES ? rows : PIECE_BYTES / row + 1;
    plan->rows = plan->rows < rows ? plan->rows : rows;
    plan->pieces = all <= WHOLE_BYTES ? 1 : PIECES;
    if (plan->pieces > rows / plan->rows)
        plan->pieces = rows / plan->rows;
    uint64_t band = chunk_rows * row;
    plan->cost = plan->rows * row > band ? plan->rows * row : band;
    if (plan->cost > PIECE_MOST)
        return false;
    if (plan->pieces * plan->cost > PIECE_MOST)
        plan->pieces = PIECE_MOST / plan->cost;
    return true;
}

// Looks at a sample of the rows; false, with the reason (a sentence or empty) in `error`, if it cannot.
static bool look(struct walk *walk, const char *name, const struct elbow_hdf5_info *info,
                 const struct elbow_packing *packing, struct values *values, struct elbow_error *error)
{
    struct plan plan;
    *values = (struct values){.min = INFINITY, .max = -INFINITY};
    if (!plan_sample(info, &plan) || walk->bytes + plan.pieces * plan.cost > FILE_BYTES)
        return false;
    uint64_t rows = info->shape[0], row_values = elbow_hdf5_row_values(info);
    void *piece = NULL;
    if (elbow_allocate(&piece, plan.rows * row_values, elbow_element_size(info->element), "a sample of rows", error) !=
        ELBOW_OK)
        return false;
    walk->bytes += plan.pieces * plan.cost;
    bool is_good = true;
    for (uint64_t p = 0; p < plan.pieces && is_good; ++p) {
        uint64_t first = plan.pieces == 1 ? 0 : p * ((rows - plan.rows) / (plan.pieces - 1));
        is_good = elbow_hdf5_read_rows(walk->file, name, first, plan.rows, piece, error) == ELBOW_OK;
        if (is_good)
            scan(packing, piece, plan.rows * row_values, values);
    }
    values->rows = plan.pieces * plan.rows;
    elbow_release(&piece);
    return is_good;
}

static void print_filters(const struct elbow_hdf5_storage *storage, FILE *out)
{
    for (int i = 0; i < storage->filters; ++i) {
        const struct elbow_hdf5_filter *filter = &storage->filter[i];
        elbow_text_print(out, "%s%s", i == 0 ? ", filters: " : ", ", filter->name);
        if (!filter->is_installed)
            fprintf(out, " (number %d, not installed)", filter->number);
    }
}

static void print_storage(struct walk *walk, const char *name, const struct elbow_hdf5_info *info)
{
    static const char *const KINDS[] = {[ELBOW_HDF5_COMPACT] = "compact",
                                        [ELBOW_HDF5_CONTIGUOUS] = "contiguous",
                                        [ELBOW_HDF5_CHUNKED] = "chunks of ",
                                        [ELBOW_HDF5_VIRTUAL] = "virtual",
                                        [ELBOW_HDF5_RAW] = "in raw files"};
    struct elbow_hdf5_storage storage;
    struct elbow_error error = {0};
    if (elbow_hdf5_describe_storage(walk->file, name, &storage, &error) != ELBOW_OK) {
        fprintf(walk->out, "stored in a way that cannot be read");
        return;
    }
    fputs(KINDS[storage.kind], walk->out);
    if (storage.kind == ELBOW_HDF5_CHUNKED) {
        print_shape(walk->out, (size_t)info->rank, storage.chunk);
        if (storage.written < storage.chunks)
            fprintf(walk->out, " (%" PRIu64 " of %" PRIu64 " written)", storage.written, storage.chunks);
        print_filters(&storage, walk->out);
    } else if (storage.sources > 0) {
        fprintf(walk->out, ", ");
        print_count(walk->out, storage.sources, storage.kind == ELBOW_HDF5_VIRTUAL ? "mapping" : "file");
    }
}

static void print_attributes(const struct elbow_packing *packing, FILE *out)
{
    if (packing->said[0] != '\0')
        elbow_text_print(out, "    attributes: %s\n", packing->said);
    if (packing->ignored[0] != '\0')
        elbow_text_print(out, "    not used, because they are no numbers, or too many: %s\n", packing->ignored);
}

static void print_share(FILE *out, uint64_t part, uint64_t all, const char *what)
{
    double percent = 100 * (double)part / (double)all;
    if (part > 0)
        fprintf(out, ", %.*f %% %s", percent < 1 ? 3 : 1, percent, what);
}

static void print_values(FILE *out, const struct elbow_hdf5_info *info, const struct elbow_packing *packing,
                         const struct values *values)
{
    double factor = packing->factor.value, offset = packing->offset.value;
    int digits = elbow_element_is_float(info->element) ? 9 : 17;
    if (values->min > values->max)
        fprintf(out, "    values: none is finite");
    else
        fprintf(out, "    values: from %.*g to %.*g", digits, values->min, digits, values->max);
    if (values->min <= values->max && (factor != 1 || offset != 0))
        fprintf(out, ", scaled from %.9g to %.9g", fmin(values->min * factor + offset, values->max * factor + offset),
                fmax(values->min * factor + offset, values->max * factor + offset));
    print_share(out, values->missing, values->count, "missing (by attributes)");
    print_share(out, values->nan, values->count, "missing (NaN)");
    print_share(out, values->infinite, values->count, "infinite");
    print_share(out, values->zero, values->count, "zero");
    if (values->rows < info->shape[0]) {
        fprintf(out, " (of ");
        print_count(out, values->rows, "row");
        fprintf(out, " looked at)");
    }
    fprintf(out, "\n");
}

// Why a dataset is none of data or labels; NULL if it is one.
static const char *find_obstacle(const struct elbow_hdf5_info *info)
{
    uint64_t values = elbow_hdf5_row_values(info);
    if (info->rank == 0)
        return "a single value";
    if (info->shape[0] == 0 || values == 0)
        return "empty";
    if (info->rank == 1 && elbow_element_is_float(info->element))
        return "data are rows of values, (samples, values, ...)";
    if (values > ELBOW_VALUES_MAX)
        return "a row has more values than are supported";
    return NULL;
}

static void print_samples(const struct elbow_hdf5_info *info, FILE *out)
{
    struct elbow_image_shape image;
    size_t rank = (size_t)info->rank - 1;
    const uint64_t *shape = info->shape + 1;
    fprintf(out, "    ");
    print_count(out, info->shape[0], "sample");
    fprintf(out, " of ");
    print_count(out, elbow_hdf5_row_values(info), "value");
    if (elbow_dataset_image(ELBOW_LAYOUT_AUTO, rank, shape, &image)) {
        fprintf(out, " (images of %zu x %zu, %s)", image.height, image.width, image.channels == 3 ? "colour" : "grey");
    } else if (rank > 1) {
        fprintf(out, " (");
        print_shape(out, rank, shape);
        fprintf(out, ")");
    }
    fprintf(out, ": usable as data.train or data.valid\n");
}

// What it can serve as, and how a configuration says so.
static void print_use(const struct walk *walk, const char *name, const struct elbow_hdf5_info *info)
{
    bool are_labels = elbow_hdf5_row_values(info) == 1 && !elbow_element_is_float(info->element);
    if (are_labels) {
        fprintf(walk->out, "    ");
        print_count(walk->out, info->shape[0], "integer");
        fprintf(walk->out, ": usable as data.labels\n");
    } else {
        print_samples(info, walk->out);
    }
    fprintf(walk->out, "        data:\n");
    elbow_text_print(walk->out, "          %s: \"%s:%s\"\n", are_labels ? "labels" : "train", walk->path, name);
}

static void print_head(struct walk *walk, const char *name, const struct elbow_hdf5_info *info)
{
    elbow_text_print(walk->out, "\n%s: %s%s (", name, elbow_element_name(info->element),
                     info->is_converted ? " (stored in another type)" : "");
    print_shape(walk->out, (size_t)info->rank, info->shape);
    fprintf(walk->out, "), ");
    print_storage(walk, name, info);
    fprintf(walk->out, ", %s\n", elbow_text_bytes(bytes_of_dataset(info)).text);
}

static void print_numbers(struct walk *walk, const char *name, const struct elbow_hdf5_info *info)
{
    struct elbow_error error = {0};
    struct elbow_packing packing;
    struct values values = {0};
    const char *obstacle = find_obstacle(info);
    bool has_values = info->rank > 0 && info->shape[0] > 0 && elbow_hdf5_row_values(info) > 0;
    print_head(walk, name, info);
    if (elbow_packing_read(walk->file, name, info->element, &packing, &error) == ELBOW_OK)
        print_attributes(&packing, walk->out);
    if (error.status == ELBOW_OK && has_values && elbow_hdf5_check_storage(walk->file, name, &error) == ELBOW_OK) {
        if (look(walk, name, info, &packing, &values, &error))
            print_values(walk->out, info, &packing, &values);
        else if (error.status == ELBOW_OK && obstacle == NULL)
            fprintf(walk->out, "    values: not looked at, there is too much of them\n");
    }
    bool has_holes = values.nan + values.infinite + values.missing > 0;
    if (error.status != ELBOW_OK)
        elbow_text_print(walk->out, "    not usable: %s\n", error.message);
    else if (obstacle != NULL)
        fprintf(walk->out, "    not usable: %s\n", obstacle);
    else if (has_holes && info->rank > 1)
        fprintf(walk->out, "    not usable: samples with missing or infinite values are refused\n");
    else
        print_use(walk, name, info);
}

// Texts, or whatever else holds labels that are no numbers; false if it does not.
static bool print_labels(const struct walk *walk, const char *name)
{
    uint64_t count = 0;
    if (elbow_labels_count(walk->path, name, &count, NULL) != ELBOW_OK || count == 0)
        return false;
    elbow_text_print(walk->out, "\n%s:\n", name);
    fprintf(walk->out, "    ");
    print_count(walk->out, count, "text");
    fprintf(walk->out, ": usable as data.labels\n        data:\n");
    elbow_text_print(walk->out, "          labels: \"%s:%s\"\n", walk->path, name);
    return true;
}

static bool print_entry(void *user, const struct elbow_hdf5_entry *entry)
{
    struct walk *walk = user;
    ++walk->datasets;
    if (entry->info != NULL)
        print_numbers(walk, entry->name, entry->info);
    else if (!print_labels(walk, entry->name))
        elbow_text_print(walk->out, "\n%s %s\n", entry->name, entry->what);
    return true;
}

enum elbow_status elbow_describe_file(const char *path, FILE *out, struct elbow_error *error)
{
    struct walk walk = {.path = path, .out = out};
    enum elbow_status status = elbow_hdf5_open(path, &walk.file, error);
    if (status != ELBOW_OK)
        return status;
    elbow_text_print(out, "%s: an HDF5 file of %s\n", path, size_of_file(path).text);
    status = elbow_hdf5_each(walk.file, print_entry, &walk, error);
    elbow_hdf5_close(walk.file, NULL);
    if (status == ELBOW_OK && walk.datasets == 0)
        fprintf(out, "It holds no dataset of integers or floats.\n");
    return status;
}
