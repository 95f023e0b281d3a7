// SPDX-License-Identifier: BSD-3-Clause
// The shape of a sample: as stored, or as data.shape cuts a flat row, with the channels moved to the end, and compared
// with that of the reference. Reshaping moves no value, so a shape that requires another order of the values is
// refused.
#include "elbow/data/detail/loading.h"

#include "elbow/data/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// The axes of a sample. There is space for more than a file or a configuration can have.
struct axes {
    size_t rank;
    uint64_t lengths[ELBOW_HDF5_RANK_MAX];
};

struct axes_text {
    char text[200];
};

// "3 x 64 x 64"
static struct axes_text shape_text(const struct axes *axes)
{
    struct axes_text text = {""};
    size_t length = 0;
    for (size_t i = 0; i < axes->rank && length < sizeof text.text; ++i)
        length += (size_t)snprintf(text.text + length, sizeof text.text - length, "%s%" PRIu64, i > 0 ? " x " : "",
                                   axes->lengths[i]);
    return text;
}

static uint64_t product(const struct axes *axes, size_t count)
{
    uint64_t values = 1;
    for (size_t i = 0; i < count; ++i)
        values *= axes->lengths[i];
    return values;
}

// Without axes of length 1, which do not change the order.
static struct axes squeeze(const struct axes *axes)
{
    struct axes squeezed = {0};
    for (size_t i = 0; i < axes->rank; ++i)
        if (axes->lengths[i] != 1)
            squeezed.lengths[squeezed.rank++] = axes->lengths[i];
    return squeezed;
}

static bool is_flat(const struct axes *axes)
{
    return squeeze(axes).rank <= 1;
}

static bool is_same(const struct axes *a, const struct axes *b)
{
    return a->rank == b->rank && memcmp(a->lengths, b->lengths, a->rank * sizeof *a->lengths) == 0;
}

// Whether the values of both lie in the same order.
static bool is_same_order(const struct axes *a, const struct axes *b)
{
    struct axes left = squeeze(a), right = squeeze(b);
    return is_same(&left, &right);
}

// Whether `fine` splits the axes of `coarse`, or equals it: all products of the first axes of `coarse` are also
// products of first axes of `fine`.
static bool is_split(const struct axes *fine, const struct axes *coarse)
{
    size_t at = 0;
    for (size_t i = 1; i <= coarse->rank; ++i) {
        while (at < fine->rank && product(fine, at) < product(coarse, i))
            ++at;
        if (product(fine, at) != product(coarse, i))
            return false;
    }
    return true;
}

static bool is_permutation(const struct axes *a, const struct axes *b)
{
    bool is_used[ELBOW_HDF5_RANK_MAX] = {false};
    if (a->rank != b->rank)
        return false;
    for (size_t i = 0; i < a->rank; ++i) {
        size_t k = 0;
        while (k < b->rank && (is_used[k] || b->lengths[k] != a->lengths[i]))
            ++k;
        if (k == b->rank)
            return false;
        is_used[k] = true;
    }
    return true;
}

static struct axes last_to_first(const struct axes *axes)
{
    struct axes moved = {.rank = axes->rank, .lengths = {axes->lengths[axes->rank - 1]}};
    memcpy(moved.lengths + 1, axes->lengths, (axes->rank - 1) * sizeof *axes->lengths);
    return moved;
}

static struct axes first_to_last(const struct axes *axes)
{
    struct axes moved = {.rank = axes->rank};
    memcpy(moved.lengths, axes->lengths + 1, (axes->rank - 1) * sizeof *axes->lengths);
    moved.lengths[axes->rank - 1] = axes->lengths[0];
    return moved;
}

// Whether a sample equals b with its channels first.
static bool is_channels_first(const struct axes *sample, const struct axes *b)
{
    struct axes moved = last_to_first(b);
    return is_same(sample, &moved);
}

enum elbow_recut elbow_dataset_recut(size_t stored_rank, const uint64_t *stored, size_t rank, const uint64_t *shape)
{
    ELBOW_CHECK(stored_rank <= ELBOW_HDF5_RANK_MAX && rank <= ELBOW_HDF5_RANK_MAX);
    struct axes from = {.rank = stored_rank}, to = {.rank = rank};
    memcpy(from.lengths, stored, stored_rank * sizeof *stored);
    memcpy(to.lengths, shape, rank * sizeof *shape);
    ELBOW_CHECK(product(&from, stored_rank) == product(&to, rank));
    struct axes old = squeeze(&from), new = squeeze(&to);
    if (is_same(&old, &new))
        return ELBOW_RECUT_GOOD;
    if (is_permutation(&old, &new))
        return is_channels_first(&from, &to) ? ELBOW_RECUT_CHANNELS_FIRST : ELBOW_RECUT_OTHER_ORDER;
    return is_split(&old, &new) || is_split(&new, &old) ? ELBOW_RECUT_GOOD : ELBOW_RECUT_OTHER_ORDER;
}

// data.shape, for rows that are stored flat, or as parts of its axes.
static enum elbow_status cut(const struct elbow_loading *loading, const struct axes *stored, struct axes *shape,
                             struct elbow_error *error)
{
    const char *name = loading->dataset->name;
    const struct elbow_integers *wanted = loading->request->shape;
    *shape = *stored;
    if (wanted == NULL || wanted->count == 0)
        return ELBOW_OK;
    shape->rank = wanted->count;
    for (size_t i = 0; i < wanted->count; ++i)
        shape->lengths[i] = (uint64_t)wanted->values[i];
    if (product(shape, shape->rank) != product(stored, stored->rank))
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: a sample has %" PRIu64 " values, but data.shape multiplies to %" PRIu64, name,
                               product(stored, stored->rank), product(shape, shape->rank));
    enum elbow_recut recut = elbow_dataset_recut(stored->rank, stored->lengths, shape->rank, shape->lengths);
    if (recut == ELBOW_RECUT_GOOD || loading->request->is_same) // version 0.1 has trained so
        return ELBOW_OK;
    if (recut == ELBOW_RECUT_CHANNELS_FIRST && !loading->request->is_settled)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: its samples are stored as %s, with the channels first, and data.shape would only "
                               "reshape their rows to %s; set data.channels: first, and leave data.shape out",
                               name, shape_text(stored).text, shape_text(shape).text);
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s: its samples are stored as %s, and data.shape would only reshape their rows to %s, "
                           "which puts values in the wrong places; %s",
                           name, shape_text(stored).text, shape_text(shape).text,
                           loading->request->is_settled ? "give data in that order, or flat rows"
                                                        : "leave data.shape out, or store the data in that order");
}

// Whether a sample has an axis for the channels, by its layout.
static enum elbow_status check_channels(const struct elbow_loading *loading, const struct axes *sample,
                                        struct elbow_error *error)
{
    static const struct {
        size_t least, most;
        const char *axes;
    } layouts[] = {
        [ELBOW_LAYOUT_AUTO] = {3, ELBOW_HDF5_RANK_MAX, "of images: channels, height, width"},
        [ELBOW_LAYOUT_ROWS] = {2, ELBOW_HDF5_RANK_MAX, ""},
        [ELBOW_LAYOUT_SERIES] = {2, 2, "channels, time"},
        [ELBOW_LAYOUT_IMAGE] = {3, 3, "channels, height, width"},
        [ELBOW_LAYOUT_VOLUME] = {4, 4, "channels, depth, height, width"},
    };
    enum elbow_layout layout = loading->dataset->layout;
    if (sample->rank >= layouts[layout].least && sample->rank <= layouts[layout].most)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s: a sample is %s, but data.channels: first with data.layout: %s needs %zu axes (%s); set "
                           "another data.layout, data.shape for rows that are stored flat, or data.channels: last",
                           loading->dataset->name, shape_text(sample).text,
                           elbow_config_choice("data.layout", (int)layout), layouts[layout].least,
                           layouts[layout].axes);
}

// Checks that samples have as many values as those of the reference; all later code relies on it.
static enum elbow_status check_values(const struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    const struct elbow_dataset *dataset = loading->dataset;
    if (request->reference == NULL || request->reference->values == dataset->values)
        return ELBOW_OK;
    struct axes wanted = {.rank = (size_t)request->reference->rank};
    memcpy(wanted.lengths, request->reference->shape, wanted.rank * sizeof *wanted.lengths);
    return elbow_error_set(error, ELBOW_MISMATCH, "%s: a sample has %s, but %s %s samples of %s (%s); %s",
                           dataset->name, elbow_text_count(dataset->values, "value").text, request->reference_name,
                           request->is_settled ? "was trained on" : "has",
                           elbow_text_count(request->reference->values, "value").text, shape_text(&wanted).text,
                           request->is_settled ? "give data of that shape" : "both must have the same shape");
}

// Checks that the data agree with the reference; flat rows take its shape.
static enum elbow_status compare(const struct elbow_loading *loading, struct axes *sample, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    const char *name = loading->dataset->name, *other = request->reference_name;
    struct axes wanted = {.rank = (size_t)request->reference->rank};
    memcpy(wanted.lengths, request->reference->shape, wanted.rank * sizeof *wanted.lengths);
    if (is_flat(sample) || is_flat(&wanted) || is_same_order(sample, &wanted)) {
        *sample = wanted;
        return ELBOW_OK;
    }
    const char *is = request->is_settled ? "was trained on samples of" : "has samples of";
    if (request->channels == ELBOW_CHANNELS_FIRST)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: a sample is %s when its first axis has been moved to the end (data.channels: "
                               "first), but %s %s %s; store the data alike",
                               name, shape_text(sample).text, other, is, shape_text(&wanted).text);
    if (is_channels_first(sample, &wanted))
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: a sample is %s, with the channels first, but %s %s %s; move that axis to the end, "
                               "as numpy.moveaxis(x, 1, -1) does",
                               name, shape_text(sample).text, other, is, shape_text(&wanted).text);
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s: a sample is %s, but %s %s %s, in another order; give data of that shape, or flat rows",
                           name, shape_text(sample).text, other, is, shape_text(&wanted).text);
}

bool elbow_dataset_looks_first(enum elbow_layout layout, size_t rank, const uint64_t *shape)
{
    static const size_t ranks[] = {[ELBOW_LAYOUT_AUTO] = 3,
                                   [ELBOW_LAYOUT_ROWS] = SIZE_MAX,
                                   [ELBOW_LAYOUT_SERIES] = 2,
                                   [ELBOW_LAYOUT_IMAGE] = 3,
                                   [ELBOW_LAYOUT_VOLUME] = 4};
    if (rank != ranks[layout])
        return false;
    uint64_t first = shape[0], last = shape[rank - 1];
    bool is_square = rank > 2 && shape[rank - 2] == last && first < last;
    return ((first == 1 || first == 3) && last > first) || is_square;
}

// Rows of colour images whose last axis is that of the channels are refused: moving the first axis would put each value
// in a wrong place.
static enum elbow_status check_first(const struct elbow_loading *loading, const struct axes *sample,
                                     struct elbow_error *error)
{
    bool looks_last = sample->rank >= 3 && sample->lengths[sample->rank - 1] == 3;
    for (size_t i = 0; i + 1 < sample->rank; ++i)
        looks_last = looks_last && sample->lengths[i] > 3;
    if (!looks_last || loading->request->reference != NULL)
        return ELBOW_OK;
    struct axes first = last_to_first(sample);
    return elbow_error_set(
        error, ELBOW_MISMATCH,
        "%s: a sample is %s, and seems to have its channels last, but data.channels: first reads its first axis as the "
        "channels; set data.channels: last, or, if flat rows have the channels first, data.shape in that order, %s",
        loading->dataset->name, shape_text(sample).text, shape_text(&first).text);
}

// Moves the first axis to the end, and records it for the log.
static struct axes turn(struct elbow_loading *loading, const struct axes *stored, const struct axes *sample)
{
    struct elbow_dataset *dataset = loading->dataset;
    struct axes turned = first_to_last(sample);
    loading->channels = (size_t)sample->lengths[0];
    loading->places = dataset->values / loading->channels;
    snprintf(dataset->news.turned, sizeof dataset->news.turned, "%s%s to %s", shape_text(sample).text,
             is_flat(stored) ? " (stored flat)" : "", shape_text(&turned).text);
    return turned;
}

enum elbow_status elbow_loading_take_shape(struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    struct elbow_dataset *dataset = loading->dataset;
    struct axes stored = {.rank = (size_t)loading->info.rank - 1}, sample;
    memcpy(stored.lengths, loading->info.shape + 1, stored.rank * sizeof *stored.lengths);
    dataset->samples = loading->info.shape[0];
    dataset->values = elbow_hdf5_row_values(&loading->info);
    enum elbow_status status = cut(loading, &stored, &sample, error);
    if (status == ELBOW_OK)
        status = check_values(loading, error);
    if (status != ELBOW_OK)
        return status;
    bool has_reference = request->reference != NULL;
    bool is_first = request->channels == ELBOW_CHANNELS_FIRST;
    if (is_first && has_reference && is_flat(&sample)) { // flat rows of samples that the reference stored with axes
        struct axes wanted = {.rank = (size_t)request->reference->rank};
        memcpy(wanted.lengths, request->reference->shape, wanted.rank * sizeof *wanted.lengths);
        sample = last_to_first(&wanted);
    }
    if (is_first) {
        status = check_channels(loading, &sample, error);
        if (status == ELBOW_OK)
            status = check_first(loading, &sample, error);
        if (status != ELBOW_OK)
            return status;
        sample = turn(loading, &stored, &sample);
    }
    if (has_reference)
        status = compare(loading, &sample, error);
    dataset->rank = sample.rank;
    memcpy(dataset->shape, sample.lengths, sample.rank * sizeof *sample.lengths);
    dataset->news.looks_channels_first = !is_first && request->reference == NULL &&
                                         elbow_dataset_looks_first(dataset->layout, sample.rank, sample.lengths);
    return status;
}

size_t elbow_loading_number(const struct elbow_loading *loading, size_t at)
{
    if (loading->channels == 0)
        return at;
    return at % loading->channels * loading->places + at / loading->channels;
}
