// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset. The ranks of a node deal out the rows among themselves (whole chunks of the file), each reads its
// part straight into the node's one copy; where memory is not shared every rank reads all.
#include "elbow/data/dataset.h"

#include "elbow/base/inputs.h"
#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "elbow/math/random.h"
#include "elbow/parallel/partition.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Bytes of one read: large enough for any file system, small beside any dataset that takes time.
static const uint64_t READ_BYTES = UINT64_C(1) << 26;
enum { SYNTHETIC_COUNTS = 16 };
// Rows of a contiguous dataset are dealt out in pieces of about so many bytes.
static const uint64_t PIECE_BYTES = UINT64_C(1) << 20;

// What one loading keeps in hand.
struct loading {
    struct elbow_comm *comm;
    const struct elbow_dataset_request *request;
    struct elbow_dataset *dataset;
    struct elbow_hdf5 *file, *labels_file;
    struct elbow_hdf5_info info, labels_info;
    bool has_attributes;
    struct elbow_scale attributes;
};

static enum elbow_status check_shape(const struct loading *loading, struct elbow_error *error)
{
    const struct elbow_hdf5_info *info = &loading->info;
    const char *name = loading->dataset->name;
    if (info->rank < 2)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: has %d dimension%s, but rows of values are needed: (samples, values, ...)", name,
                               info->rank, info->rank == 1 ? "" : "s");
    for (int i = 0; i < info->rank; ++i)
        if (info->shape[i] == 0)
            return elbow_error_set(error, ELBOW_FORMAT, "%s: is empty (dimension %d has length 0)", name, i);
    return elbow_hdf5_check_rows(name, info, error);
}

static enum elbow_status read_attributes(struct loading *loading, struct elbow_error *error)
{
    const char *object = loading->request->dataset;
    loading->attributes = (struct elbow_scale){.factor = 1, .source = "the dataset's attributes"};
    double *numbers[] = {&loading->attributes.factor, &loading->attributes.offset};
    const char *names[] = {"factor", "offset"};
    for (int i = 0; i < 2; ++i) {
        bool found;
        enum elbow_status status = elbow_hdf5_find_attribute(loading->file, object, names[i], &found, error);
        if (status == ELBOW_OK && found)
            status = elbow_hdf5_read_doubles(loading->file, object, names[i], numbers[i], 1, error);
        if (status != ELBOW_OK)
            return status;
        if (!found)
            continue;
        if (!isfinite(*numbers[i]))
            return elbow_error_set(error, ELBOW_DATA, "%s: its attribute %s is not a finite number",
                                   loading->dataset->name, names[i]);
        loading->has_attributes = true;
    }
    return ELBOW_OK;
}

static enum elbow_status describe_labels(struct loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    if (request->labels == NULL)
        return ELBOW_OK;
    enum elbow_status status = elbow_hdf5_open(request->labels_file, &loading->labels_file, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_hdf5_info *info = &loading->labels_info;
    status = elbow_hdf5_describe_dataset(loading->labels_file, request->labels, info, error);
    if (status != ELBOW_OK)
        return status;
    if (info->rank < 1 || elbow_hdf5_row_values(info) != 1 || elbow_element_is_float(info->element))
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s:%s: labels are one integer a sample, but this has %d dimensions of %s",
                               request->labels_file, request->labels, info->rank, elbow_element_name(info->element));
    if (info->shape[0] != loading->info.shape[0])
        return elbow_error_set(error, ELBOW_MISMATCH, "%s:%s: has %llu labels, but %s has %llu samples",
                               request->labels_file, request->labels, (unsigned long long)info->shape[0],
                               loading->dataset->name, (unsigned long long)loading->info.shape[0]);
    return ELBOW_OK;
}

// Opens the files and finds out what is in them.
static enum elbow_status describe(struct loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    enum elbow_status status = elbow_hdf5_open(request->file, &loading->file, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_describe_dataset(loading->file, request->dataset, &loading->info, error);
    if (status == ELBOW_OK)
        status = check_shape(loading, error);
    if (status == ELBOW_OK)
        status = read_attributes(loading, error);
    if (status == ELBOW_OK)
        status = describe_labels(loading, error);
    return status;
}

// Takes over the shape: the file's, or that of data.shape for flat rows.
static enum elbow_status take_shape(struct loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_integers *shape = loading->request->shape;
    dataset->samples = loading->info.shape[0];
    dataset->element = loading->info.element;
    dataset->rank = (size_t)loading->info.rank - 1;
    dataset->values = elbow_hdf5_row_values(&loading->info);
    for (size_t i = 0; i < dataset->rank; ++i)
        dataset->shape[i] = loading->info.shape[i + 1];
    if (shape == NULL || shape->count == 0)
        return ELBOW_OK;
    uint64_t values = 1;
    for (size_t i = 0; i < shape->count; ++i)
        values *= (uint64_t)shape->values[i];
    if (values != dataset->values)
        return elbow_error_set(error, ELBOW_MISMATCH, "%s: a sample has %zu values, but data.shape multiplies to %llu",
                               dataset->name, dataset->values, (unsigned long long)values);
    dataset->rank = shape->count;
    for (size_t i = 0; i < shape->count; ++i)
        dataset->shape[i] = (uint64_t)shape->values[i];
    return ELBOW_OK;
}

// The rows that this rank reads: whole chunks, or pieces of about a megabyte.
static struct elbow_range rows_to_read(const struct loading *loading, const struct elbow_hdf5_info *info,
                                       uint64_t row_bytes, bool is_shared, uint64_t *piece)
{
    uint64_t rows = info->shape[0];
    *piece = info->chunk_rows > 0 ? info->chunk_rows : PIECE_BYTES / row_bytes + 1;
    if (!is_shared)
        return (struct elbow_range){0, rows};
    struct elbow_place place = elbow_comm_place(loading->comm);
    struct elbow_range range = elbow_partition((rows + *piece - 1) / *piece, place.node_rank, place.node_size);
    range.first *= *piece;
    range.last = range.last * *piece < rows ? range.last * *piece : rows;
    range.first = range.first < range.last ? range.first : range.last;
    return range;
}

static enum elbow_status check_finite(const struct elbow_dataset *dataset, uint64_t first, size_t at,
                                      struct elbow_error *error)
{
    if (at == SIZE_MAX)
        return ELBOW_OK;
    return elbow_error_set(
        error, ELBOW_DATA,
        "%s: row %llu holds a value (number %zu of the row) that is NaN or infinite; clean the data first",
        dataset->name, (unsigned long long)(first + at / dataset->values), at % dataset->values);
}

// Reads this rank's rows in blocks and looks for the smallest, the largest and the unusable ones.
static enum elbow_status read_rows(struct loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    uint64_t row_bytes = dataset->values * elbow_element_size(dataset->element), piece;
    struct elbow_range range = rows_to_read(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    uint64_t block = READ_BYTES / (piece * row_bytes) * piece;
    block = block > 0 ? block : piece;
    for (uint64_t row = range.first; row < range.last; row += block) {
        uint64_t count = range.last - row < block ? range.last - row : block;
        char *rows = (char *)dataset->rows.base + row * row_bytes;
        enum elbow_status status =
            elbow_hdf5_read_rows(loading->file, loading->request->dataset, row, count, rows, error);
        if (status != ELBOW_OK)
            return status;
        struct elbow_element_scan scan = elbow_element_scan(dataset->element, rows, count * dataset->values);
        status = check_finite(dataset, row, scan.first_not_finite, error);
        if (status != ELBOW_OK)
            return status;
        dataset->min = fmin(dataset->min, scan.min);
        dataset->max = fmax(dataset->max, scan.max);
    }
    return ELBOW_OK;
}

static int64_t label_at(enum elbow_element element, const void *labels, uint64_t i)
{
    switch (element) {
#define LABEL_CASE(name, type, text)                                                                                   \
    case ELBOW_ELEMENT_##name:                                                                                         \
        return (int64_t)((const type *)labels)[i];
        ELBOW_ELEMENT_LIST(LABEL_CASE)
#undef LABEL_CASE
    }
    return 0;
}

// Labels are kept as int64: a larger one, as a fill value of 2^64 - 1, would become a negative one, and another class.
static enum elbow_status check_labels(const struct loading *loading, uint64_t first, uint64_t count, const void *stored,
                                      struct elbow_error *error)
{
    const uint64_t *labels = stored;
    if (loading->labels_info.element != ELBOW_ELEMENT_UINT64)
        return ELBOW_OK;
    for (uint64_t i = 0; i < count; ++i)
        if (labels[i] > INT64_MAX)
            return elbow_error_set(error, ELBOW_DATA,
                                   "%s:%s: row %llu holds the label %llu, but labels go up to %lld; if it stands for "
                                   "unknown ones, give those a number of their own",
                                   loading->request->labels_file, loading->request->labels,
                                   (unsigned long long)(first + i), (unsigned long long)labels[i],
                                   (long long)INT64_MAX);
    return ELBOW_OK;
}

static enum elbow_status read_labels(struct loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_hdf5_info *info = &loading->labels_info;
    size_t size = elbow_element_size(info->element);
    uint64_t piece;
    struct elbow_range range = rows_to_read(loading, info, size, dataset->labels.is_shared, &piece);
    if (range.first == range.last)
        return ELBOW_OK;
    void *stored = NULL;
    uint64_t count = range.last - range.first;
    enum elbow_status status = elbow_allocate(&stored, count, size, "labels", error);
    if (status == ELBOW_OK)
        status =
            elbow_hdf5_read_rows(loading->labels_file, loading->request->labels, range.first, count, stored, error);
    if (status == ELBOW_OK)
        status = check_labels(loading, range.first, count, stored, error);
    for (uint64_t i = 0; status == ELBOW_OK && i < count; ++i)
        ((int64_t *)dataset->labels.base)[range.first + i] = label_at(info->element, stored, i);
    elbow_release(&stored);
    return status;
}

static void choose_scale(struct loading *loading)
{
    const struct elbow_dataset_request *request = loading->request;
    struct elbow_scale *scale = &loading->dataset->scale;
    if (loading->has_attributes) {
        *scale = loading->attributes;
        if (request->has_factor || request->has_offset)
            snprintf(scale->source, sizeof scale->source, "the dataset's attributes, which come before data.factor");
    } else if (request->fixed_scale != NULL)
        *scale = *request->fixed_scale;
    else if (request->has_factor)
        *scale = (struct elbow_scale){.factor = request->factor,
                                      .offset = request->has_offset ? request->offset : 0,
                                      .source = "data.factor and data.offset"};
    else if (loading->dataset->element == ELBOW_ELEMENT_UINT8 && loading->dataset->max > 1 &&
             request->demand.support != ELBOW_SUPPORT_COUNT) // bytes that are counts are no fractions
        *scale = (struct elbow_scale){.factor = 1.0 / 255, .source = "bytes above 1 are divided by 255"};
    else
        *scale = (struct elbow_scale){.factor = 1, .source = "taken as stored"};
    bool is_automatic = !loading->has_attributes && request->fixed_scale == NULL && !request->has_factor;
    if (is_automatic && request->has_offset)
        scale->offset = request->offset;
}

// Values of 64 bits, or a large factor, may leave the range of a float. Looked for row by row only where the extremes
// do.
static enum elbow_status check_range(struct loading *loading, float *sample, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    double low = dataset->min * dataset->scale.factor + dataset->scale.offset;
    double high = dataset->max * dataset->scale.factor + dataset->scale.offset;
    if (isfinite((float)low) && isfinite((float)high))
        return ELBOW_OK;
    uint64_t piece, row_bytes = dataset->values * elbow_element_size(dataset->element);
    struct elbow_range range = rows_to_read(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    for (uint64_t row = range.first; row < range.last; ++row) {
        elbow_dataset_sample(dataset, row, sample);
        for (size_t i = 0; i < dataset->values; ++i)
            if (!isfinite(sample[i]))
                return elbow_error_set(
                    error, ELBOW_DATA,
                    "%s: row %llu holds a value (number %zu of the row) that is beyond a 32-bit float "
                    "after scaling (%s); scale the data with data.factor",
                    dataset->name, (unsigned long long)row, i, dataset->scale.source);
    }
    return ELBOW_OK;
}

static bool is_of(enum elbow_support support, float value)
{
    switch (support) {
    case ELBOW_SUPPORT_REAL:
        return true;
    case ELBOW_SUPPORT_UNIT:
    case ELBOW_SUPPORT_BINARY:
        return value >= 0 && value <= 1;
    case ELBOW_SUPPORT_COUNT:
        return value >= 0 && value == floorf(value);
    }
    return false;
}

static enum elbow_status refuse_value(const struct loading *loading, uint64_t row, size_t number, float value,
                                      struct elbow_error *error)
{
    const struct elbow_demand *demand = &loading->request->demand;
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE];
    elbow_config_likelihoods(ELBOW_SUPPORT_REAL, words);
    return elbow_error_set(
        error, ELBOW_DATA,
        "%s: row %llu holds %g (number %zu of the row) after scaling (%s), but %s: %s needs %s; set %s, or "
        "model.likelihood: %s",
        loading->dataset->name, (unsigned long long)row, (double)value, number, loading->dataset->scale.source,
        demand->key, demand->word, elbow_support_name(demand->support),
        loading->has_attributes ? "the attributes factor and offset (elbow-import --factor)"
                                : "data.factor and data.offset",
        words);
}

// Every rank looks through the rows that it has read.
static enum elbow_status check_support(struct loading *loading, float *sample, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    enum elbow_support support = loading->request->demand.support;
    uint64_t piece, row_bytes = dataset->values * elbow_element_size(dataset->element);
    struct elbow_range range = rows_to_read(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    for (uint64_t row = range.first; row < range.last; ++row) {
        elbow_dataset_sample(dataset, row, sample);
        for (size_t i = 0; i < dataset->values; ++i) {
            if (!is_of(support, sample[i]))
                return refuse_value(loading, row, i, sample[i], error);
            dataset->is_binary = dataset->is_binary && (sample[i] == 0 || sample[i] == 1);
        }
    }
    return ELBOW_OK;
}

// Collective. What follows from all rows together.
static enum elbow_status settle_values(struct loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    elbow_comm_min(loading->comm, &dataset->min, 1);
    elbow_comm_max(loading->comm, &dataset->max, 1);
    choose_scale(loading);
    float *sample = NULL;
    enum elbow_support support = loading->request->demand.support;
    dataset->is_binary = support == ELBOW_SUPPORT_UNIT || support == ELBOW_SUPPORT_BINARY;
    if (elbow_allocate(&sample, dataset->values, sizeof(float), "a sample", error) == ELBOW_OK &&
        check_range(loading, sample, error) == ELBOW_OK && support != ELBOW_SUPPORT_REAL)
        check_support(loading, sample, error);
    elbow_release(&sample);
    double binary = dataset->is_binary;
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_min(loading->comm, &binary, 1);
    dataset->is_binary = binary != 0;
    return ELBOW_OK;
}

// Collective. Rank zero, which writes, must know the files even if only others read them.
static enum elbow_status note_files(struct loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    if (elbow_inputs_note(request->file, error) == ELBOW_OK && request->labels != NULL)
        elbow_inputs_note(request->labels_file, error);
    return elbow_comm_agree(loading->comm, error);
}

// Whether the sample has the dimensions that its layout names.
static enum elbow_status check_layout(const struct elbow_dataset *dataset, struct elbow_error *error)
{
    static const struct {
        size_t least, most;
        const char *axes;
    } layouts[] = {
        [ELBOW_LAYOUT_AUTO] = {1, 8, ""},
        [ELBOW_LAYOUT_ROWS] = {1, 8, ""},
        [ELBOW_LAYOUT_SERIES] = {1, 2, "time, channels"},
        [ELBOW_LAYOUT_IMAGE] = {2, 3, "height, width, channels"},
        [ELBOW_LAYOUT_VOLUME] = {3, 4, "depth, height, width, channels"},
    };
    size_t least = layouts[dataset->layout].least, most = layouts[dataset->layout].most;
    if (dataset->rank >= least && dataset->rank <= most)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s: a sample has %zu dimension%s, but data.layout: %s has %zu or %zu (%s); set another "
                           "data.layout, or data.shape for rows that are stored flat",
                           dataset->name, dataset->rank, dataset->rank == 1 ? "" : "s",
                           elbow_config_choice("data.layout", (int)dataset->layout), least, most,
                           layouts[dataset->layout].axes);
}

// Collective. From open files to rows and labels in memory.
static enum elbow_status load_files(struct loading *loading, struct elbow_log *log, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_comm *comm = loading->comm;
    if (describe(loading, error) == ELBOW_OK && take_shape(loading, error) == ELBOW_OK)
        check_layout(dataset, error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        return error->status;
    size_t row_bytes = dataset->values * elbow_element_size(dataset->element);
    size_t bytes = dataset->samples * row_bytes, label_bytes = dataset->samples * sizeof(int64_t);
    if (elbow_comm_share(comm, bytes, bytes, dataset->name, log, &dataset->rows, error) != ELBOW_OK)
        return error->status;
    dataset->has_labels = loading->request->labels != NULL;
    if (dataset->has_labels &&
        elbow_comm_share(comm, label_bytes, label_bytes, "labels", log, &dataset->labels, error) != ELBOW_OK)
        return error->status;
    dataset->min = INFINITY;
    dataset->max = -INFINITY;
    if (read_rows(loading, error) == ELBOW_OK && dataset->has_labels)
        read_labels(loading, error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        return error->status;
    return settle_values(loading, error);
}

// Synthetic data, drawn whenever they are used: uniform values in [0, 1), or whole numbers where counts are demanded.
static void make_synthetic(const struct elbow_dataset_request *request, struct elbow_dataset *dataset)
{
    snprintf(dataset->name, sizeof dataset->name, "data.synthetic");
    dataset->is_synthetic = true;
    dataset->seed = request->seed;
    dataset->samples = request->synthetic;
    dataset->element = ELBOW_ELEMENT_FLOAT32;
    dataset->is_whole = request->demand.support == ELBOW_SUPPORT_COUNT;
    dataset->max = dataset->is_whole ? SYNTHETIC_COUNTS - 1 : 1;
    dataset->scale = (struct elbow_scale){.factor = 1, .source = "synthetic noise in [0, 1)"};
    if (dataset->is_whole)
        snprintf(dataset->scale.source, sizeof dataset->scale.source, "synthetic counts");
    bool has_shape = request->shape != NULL && request->shape->count > 0;
    dataset->rank = has_shape ? request->shape->count : 2;
    dataset->values = 1;
    for (size_t i = 0; i < dataset->rank; ++i) {
        dataset->shape[i] = has_shape ? (uint64_t)request->shape->values[i] : 28;
        dataset->values *= dataset->shape[i];
    }
}

enum elbow_status elbow_dataset_load(struct elbow_comm *comm, const struct elbow_dataset_request *request,
                                     struct elbow_log *log, struct elbow_dataset *dataset, struct elbow_error *error)
{
    *dataset = (struct elbow_dataset){.layout = request->layout};
    *error = (struct elbow_error){0};
    if (request->file == NULL) {
        make_synthetic(request, dataset);
        return check_layout(dataset, error);
    }
    snprintf(dataset->name, sizeof dataset->name, "%s:%s", request->file, request->dataset);
    struct loading loading = {.comm = comm, .request = request, .dataset = dataset};
    enum elbow_status status = note_files(&loading, error);
    if (status == ELBOW_OK)
        status = load_files(&loading, log, error);
    elbow_hdf5_close(loading.file, NULL);
    elbow_hdf5_close(loading.labels_file, NULL);
    if (status != ELBOW_OK)
        elbow_dataset_unload(comm, dataset);
    return status;
}

void elbow_dataset_unload(struct elbow_comm *comm, struct elbow_dataset *dataset)
{
    elbow_comm_unshare(comm, &dataset->rows);
    elbow_comm_unshare(comm, &dataset->labels);
    *dataset = (struct elbow_dataset){0};
}

void elbow_dataset_sample(const struct elbow_dataset *dataset, uint64_t sample, float *values)
{
    ELBOW_CHECK(sample < dataset->samples);
    if (dataset->is_synthetic) {
        struct elbow_stream stream = {.seed = dataset->seed, .purpose = ELBOW_PURPOSE_SYNTHETIC, .id = sample};
        elbow_random_uniform(stream, dataset->values, values);
        for (size_t i = 0; dataset->is_whole && i < dataset->values; ++i)
            values[i] = floorf(SYNTHETIC_COUNTS * values[i]);
        return;
    }
    size_t row_bytes = dataset->values * elbow_element_size(dataset->element);
    elbow_element_convert(dataset->element, (const char *)dataset->rows.base + sample * row_bytes, dataset->values,
                          dataset->scale.factor, dataset->scale.offset, values);
}

int64_t elbow_dataset_label(const struct elbow_dataset *dataset, uint64_t sample)
{
    ELBOW_CHECK(dataset->has_labels && sample < dataset->samples);
    return ((const int64_t *)dataset->labels.base)[sample];
}

bool elbow_dataset_image(enum elbow_layout layout, size_t rank, const uint64_t *shape, struct elbow_image_shape *image)
{
    if (layout != ELBOW_LAYOUT_AUTO && layout != ELBOW_LAYOUT_IMAGE)
        return false;
    if (rank != 2 && !(rank == 3 && (shape[2] == 1 || shape[2] == 3)))
        return false;
    *image = (struct elbow_image_shape){shape[0], shape[1], rank == 3 ? shape[2] : 1};
    return true;
}
