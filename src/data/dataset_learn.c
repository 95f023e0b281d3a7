// SPDX-License-Identifier: BSD-3-Clause
// Learning from all rows of a dataset in pages. The order of the walks follows from what needs what: the scaling of
// bytes needs the largest value (usually a guess is right); a learned transform needs the extremes, or two walks for
// moments; figures of the values as the model sees them need the transform, and their deviation needs their mean.
#include "elbow/data/detail/learning.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/parallel/collectives.h"

#include <math.h>
#include <string.h>

enum { BYTE_MOST = 255 };

// The parts that need only the transform.
static unsigned seen_parts(const struct elbow_learning *learning)
{
    bool wants_start = learning->loading->request->start != NULL;
    return ELBOW_PASS_CHECK | ELBOW_PASS_SEEN | (wants_start ? (unsigned)ELBOW_PASS_START : 0U);
}

static void add_word(char *text, size_t size, const char *word)
{
    size_t length = strlen(text);
    elbow_text_format(text + length, size - length, "%s%s", length > 0 ? " and " : "", word);
}

static void name_reasons(const struct elbow_loading *loading, bool learns, char *what, size_t size)
{
    const struct elbow_dataset_request *request = loading->request;
    char transform[64];
    what[0] = 0;
    elbow_text_format(transform, sizeof transform, "data.transform: %s", elbow_transform_word(request->transform));
    if (learns && elbow_transform_row(request->transform)->learn != NULL)
        add_word(what, size, transform);
    elbow_text_format(transform, sizeof transform, "model.input.transform: %s", elbow_transform_word(request->input));
    if (learns && elbow_transform_row(request->input)->learn != NULL)
        add_word(what, size, transform);
    if (request->start != NULL)
        add_word(what, size, request->start_keys);
}

// The extremes are not known yet. Usually the sums of the first walk do not depend on them.
static const struct elbow_extremes UNKNOWN = {0, 0};

static enum elbow_status begin_scaled(struct elbow_learning *learning, struct elbow_extremes extremes,
                                      struct elbow_error *error)
{
    const struct elbow_moments_job job = elbow_loading_job(&learning->scaled_reader, extremes);
    return elbow_moments_begin(&job, &learning->scaled, &learning->scaled_taking, error);
}

// Collective. Begins the parts of seen_parts.
static enum elbow_status begin_seen(struct elbow_learning *learning, bool is_early, struct elbow_error *error)
{
    struct elbow_loading *loading = learning->loading;
    const struct elbow_dataset_request *request = loading->request;
    const struct elbow_moments_job job = elbow_loading_job(&learning->seen_reader, UNKNOWN); // floats
    elbow_checking_begin(loading, is_early, &learning->checking, error);
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK ||
        elbow_moments_begin(&job, &learning->seen, &learning->seen_taking, error) != ELBOW_OK)
        return error->status;
    if (request->start == NULL)
        return ELBOW_OK;
    return elbow_batch_sums_begin(loading->comm, loading->dataset, request->start, request->start_variance,
                                  learning->start, error);
}

static void end_scaled(struct elbow_learning *learning)
{
    elbow_moments_end(&learning->scaled_taking);
    elbow_moments_clear(&learning->scaled);
}

static void end_seen(struct elbow_learning *learning)
{
    elbow_checking_end(&learning->checking);
    elbow_moments_end(&learning->seen_taking);
    elbow_moments_clear(&learning->seen);
    elbow_batch_sums_end(learning->start);
}

// Collective. Computes mean and variance of the values in batches from the sums of the last walk.
static enum elbow_status take_start(struct elbow_learning *learning, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = learning->loading->request;
    struct elbow_dataset *dataset = learning->loading->dataset;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(dataset->start_mean, dataset->values),
                                         ELBOW_ARRAY(dataset->start_variance, dataset->values)};
    if (request->start == NULL)
        return ELBOW_OK;
    elbow_allocate_all(arrays, request->start_variance ? 2 : 1, "the mean", error);
    if (elbow_comm_agree(learning->loading->comm, error) == ELBOW_OK)
        elbow_batch_sums_conclude(learning->start, elbow_learning_sums(learning, ELBOW_PASS_START), dataset->start_mean,
                                  dataset->start_variance);
    return error->status;
}

// Collective. Combines the figures and extremes of the first walk of all ranks.
static void take_look(struct elbow_learning *learning)
{
    struct elbow_loading *loading = learning->loading;
    struct elbow_dataset *dataset = loading->dataset;
    const double *counts = elbow_learning_sums(learning, ELBOW_PASS_LOOK);
    double first = learning->first_missing;
    dataset->min = learning->stored.low;
    dataset->max = learning->stored.high;
    elbow_loading_agree_range(loading);
    elbow_comm_min(loading->comm, &first, 1);
    loading->figures = (struct elbow_loading_figures){.known = (uint64_t)counts[ELBOW_COUNT_KNOWN],
                                                      .empty = (uint64_t)counts[ELBOW_COUNT_EMPTY],
                                                      .missing = (uint64_t)counts[ELBOW_COUNT_MISSING],
                                                      .first_missing = isfinite(first) ? (uint64_t)first : 0};
    elbow_loading_take_mean(loading, 0, 0); // measured later if needed
    elbow_comm_min(loading->comm, learning->hashes, dataset->sample.count);
    dataset->page_hashes = learning->hashes;
    learning->hashes = NULL;
}

// Collective. The scaling of bytes depends on their largest value; usually the first page shows it.
static void guess_scale(struct elbow_learning *learning)
{
    struct elbow_loading *loading = learning->loading;
    const struct elbow_dataset *dataset = loading->dataset;
    struct elbow_extremes first = {INFINITY, -INFINITY};
    if (dataset->element == ELBOW_ELEMENT_UINT8 && elbow_comm_place(loading->comm).rank == 0)
        elbow_loading_look(dataset, (struct elbow_range){0, dataset->page_table.first[1]}, &first.low, &first.high);
    elbow_comm_broadcast(loading->comm, &first, sizeof first);
    elbow_loading_guess_scale(loading, isfinite(first.high) ? first.high : BYTE_MOST);
}

// Collective. Makes the first walk; afterwards extremes, counts and scaling are known. *is_foreseen: the scaling is the
// guessed one, so the sums that depend on it are valid.
static enum elbow_status walk_first(struct elbow_learning *learning, unsigned now, bool *is_foreseen,
                                    struct elbow_error *error)
{
    struct elbow_loading *loading = learning->loading;
    struct elbow_dataset *dataset = loading->dataset;
    guess_scale(learning);
    struct elbow_scale guess = dataset->scale;
    if ((now & ELBOW_PASS_SCALED) && begin_scaled(learning, UNKNOWN, error) != ELBOW_OK)
        return error->status;
    if ((now & ELBOW_PASS_SEEN) && begin_seen(learning, true, error) != ELBOW_OK)
        return error->status;
    if (elbow_learning_walk(learning, now | ELBOW_PASS_LOOK, error) != ELBOW_OK)
        return error->status;
    take_look(learning);
    if (elbow_loading_settle_known(loading, error) != ELBOW_OK)
        return error->status;
    if (elbow_loading_doubts_sentinels(loading))
        elbow_learning_announce(learning);
    if (elbow_loading_doubt_sentinels(loading, error) != ELBOW_OK)
        return error->status;
    elbow_loading_settle_scale(loading, error);
    if (elbow_loading_agree(loading, error) != ELBOW_OK)
        return error->status;
    struct elbow_extremes scaled = elbow_loading_scaled_extremes(dataset);
    *is_foreseen = guess.factor == dataset->scale.factor && guess.offset == dataset->scale.offset;
    if (now & ELBOW_PASS_SCALED)
        *is_foreseen = *is_foreseen && elbow_moments_foresees(&learning->scaled_taking, scaled.low, scaled.high);
    elbow_loading_check_transform(loading, error);
    return elbow_comm_agree(loading->comm, error);
}

// Collective. Repeats the first walk with the right scaling.
static enum elbow_status walk_again(struct elbow_learning *learning, unsigned now, struct elbow_error *error)
{
    struct elbow_extremes scaled = elbow_loading_scaled_extremes(learning->loading->dataset);
    if (now & ELBOW_PASS_SCALED) {
        end_scaled(learning);
        if (begin_scaled(learning, scaled, error) != ELBOW_OK)
            return error->status;
    }
    if (now & ELBOW_PASS_SEEN) {
        end_seen(learning);
        if (begin_seen(learning, false, error) != ELBOW_OK)
            return error->status;
    }
    return elbow_learning_walk(learning, now, error);
}

// Collective. After the walk of seen_parts: checks that the model accepts the values, and uses the sums.
static enum elbow_status take_seen(struct elbow_learning *learning, struct elbow_error *error)
{
    struct elbow_loading *loading = learning->loading;
    struct elbow_dataset *dataset = loading->dataset;
    elbow_checking_conclude(&learning->checking, error);
    if (elbow_loading_agree_check(loading, error) != ELBOW_OK || take_start(learning, error) != ELBOW_OK)
        return error->status;
    elbow_moments_take_mean(&learning->seen_taking, elbow_learning_sums(learning, ELBOW_PASS_SEEN));
    learning->seen.low = dataset->low;
    learning->seen.high = dataset->high;
    return ELBOW_OK;
}

// Collective. Makes the last walk: deviations of the values as the model sees them, or of the stored values.
static enum elbow_status walk_last(struct elbow_learning *learning, struct elbow_error *error)
{
    struct elbow_loading *loading = learning->loading;
    bool measures = loading->dataset->transform.kind == ELBOW_TRANSFORM_NONE;
    if (measures)
        elbow_measuring_begin(loading, &learning->measuring, error);
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK)
        return error->status;
    if (elbow_learning_walk(learning, ELBOW_PASS_SEEN | (measures ? (unsigned)ELBOW_PASS_MEASURE : 0U), error) !=
        ELBOW_OK)
        return error->status;
    elbow_moments_take_deviation(&learning->seen_taking, elbow_learning_sums(learning, ELBOW_PASS_SEEN));
    if (measures) {
        elbow_measuring_conclude(&learning->measuring, loading);
        elbow_loading_scale_mean(loading);
    }
    elbow_loading_use_seen(loading, &learning->seen);
    return elbow_loading_take_input(loading, &learning->seen, error);
}

// Collective. Learns the transform from the extremes, which are known, or from moments, which need one more walk.
static enum elbow_status learn_transform(struct elbow_learning *learning, struct elbow_error *error)
{
    struct elbow_loading *loading = learning->loading;
    struct elbow_extremes scaled = elbow_loading_scaled_extremes(loading->dataset);
    learning->scaled.low = scaled.low;
    learning->scaled.high = scaled.high;
    elbow_moments_take_mean(&learning->scaled_taking, elbow_learning_sums(learning, ELBOW_PASS_SCALED));
    if (elbow_transform_row(loading->dataset->transform.kind)->learns_extremes) {
        struct elbow_moments extremes = {.low = scaled.low, .high = scaled.high}; // without columns
        return elbow_loading_fit(loading, &extremes, error);
    }
    if (elbow_learning_walk(learning, ELBOW_PASS_SCALED, error) != ELBOW_OK)
        return error->status;
    elbow_moments_take_deviation(&learning->scaled_taking, elbow_learning_sums(learning, ELBOW_PASS_SCALED));
    return elbow_loading_fit(loading, &learning->scaled, error);
}

// Collective. Makes the walk of the parts that need the transform. If the transform was learned from extremes alone,
// the same walk finds the deviations of the columns for a warning.
static enum elbow_status walk_transformed(struct elbow_learning *learning, struct elbow_error *error)
{
    struct elbow_loading *loading = learning->loading;
    bool is_beside = elbow_transform_row(loading->dataset->transform.kind)->learns_extremes;
    unsigned now = seen_parts(learning) | (is_beside ? (unsigned)ELBOW_PASS_SCALED : 0U);
    if (begin_seen(learning, false, error) != ELBOW_OK || elbow_learning_walk(learning, now, error) != ELBOW_OK)
        return error->status;
    if (!is_beside)
        return ELBOW_OK;
    elbow_moments_take_deviation(&learning->scaled_taking, elbow_learning_sums(learning, ELBOW_PASS_SCALED));
    elbow_loading_note_columns(loading, &learning->scaled);
    return ELBOW_OK;
}

static enum elbow_status allocate_learning(struct elbow_learning *learning, struct elbow_error *error)
{
    struct elbow_dataset *dataset = learning->loading->dataset;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(learning->seen_reader.sample, dataset->values),
                                         ELBOW_ARRAY(learning->start, 1),
                                         ELBOW_ARRAY(learning->hashes, dataset->sample.count)};
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "what is learned from the data", error);
    for (uint64_t i = 0; status == ELBOW_OK && i < dataset->sample.count; ++i)
        learning->hashes[i] = INFINITY;
    return status;
}

static void clear(struct elbow_learning *learning)
{
    end_scaled(learning);
    elbow_checking_end(&learning->checking);
    elbow_moments_end(&learning->seen_taking);
    elbow_moments_clear(&learning->seen);
    if (learning->start != NULL)
        elbow_batch_sums_end(learning->start);
    elbow_measuring_end(&learning->measuring);
    elbow_release(&learning->seen_reader.sample);
    elbow_release(&learning->start);
    elbow_release(&learning->hashes);
    elbow_release(&learning->vector);
}

// Collective.
static enum elbow_status learn(struct elbow_learning *learning, struct elbow_error *error)
{
    const struct elbow_transform *row = elbow_transform_row(learning->loading->dataset->transform.kind);
    bool waits = row->learn != NULL, is_foreseen = true;
    unsigned first = waits ? (unsigned)ELBOW_PASS_SCALED : seen_parts(learning);
    learning->passes = !waits ? 2 : row->learns_extremes ? 3 : 4;
    if (walk_first(learning, first, &is_foreseen, error) != ELBOW_OK)
        return error->status;
    learning->passes += !is_foreseen;
    if (!is_foreseen && walk_again(learning, first, error) != ELBOW_OK)
        return error->status;
    if (waits && (learn_transform(learning, error) != ELBOW_OK || walk_transformed(learning, error) != ELBOW_OK))
        return error->status;
    return take_seen(learning, error) == ELBOW_OK ? walk_last(learning, error) : error->status;
}

static struct elbow_learning learning_of(struct elbow_loading *loading, bool learns, struct elbow_log *log)
{
    struct elbow_learning learning = {.loading = loading,
                                      .log = log,
                                      .passes = 1,
                                      .stored = {INFINITY, -INFINITY},
                                      .first_missing = INFINITY,
                                      .scaled_reader = {.loading = loading},
                                      .seen_reader = {.loading = loading}};
    name_reasons(loading, learns, learning.what, sizeof learning.what);
    return learning;
}

enum elbow_status elbow_loading_learn(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error)
{
    struct elbow_learning learning = learning_of(loading, true, log);
    struct elbow_dataset *dataset = loading->dataset;
    ELBOW_CHECK(loading->request->reference == NULL);
    dataset->min = INFINITY; // nothing is known of the values yet
    dataset->max = -INFINITY;
    if (allocate_learning(&learning, error) == ELBOW_OK)
        elbow_fit_create(loading->request->transform, dataset->values, &dataset->transform, error);
    if (elbow_comm_agree(loading->comm, error) == ELBOW_OK)
        learn(&learning, error);
    clear(&learning);
    return error->status;
}

enum elbow_status elbow_loading_learn_start(struct elbow_loading *loading, struct elbow_log *log,
                                            struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    struct elbow_learning learning = learning_of(loading, false, log);
    if (request->start == NULL)
        return ELBOW_OK;
    allocate_learning(&learning, error);
    if (elbow_comm_agree(loading->comm, error) == ELBOW_OK &&
        elbow_batch_sums_begin(loading->comm, loading->dataset, request->start, request->start_variance, learning.start,
                               error) == ELBOW_OK &&
        elbow_learning_walk(&learning, ELBOW_PASS_START, error) == ELBOW_OK)
        take_start(&learning, error);
    clear(&learning);
    return error->status;
}
