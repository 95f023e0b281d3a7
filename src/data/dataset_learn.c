// SPDX-License-Identifier: BSD-3-Clause
// Learning from all rows of a dataset. Scaling, and transforms that shift and divide, turn moments of the stored values
// into those of the values behind them, so one walk suffices for them. Of other transforms, and of values that batches
// change, the same walk takes moments beside those; the scaling of bytes is guessed for that, and usually right.
#include "elbow/data/detail/learning.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/parallel/collectives.h"

#include <math.h>
#include <string.h>

enum { BYTE_MOST = 255 };

// Whether the transform is learned; and whether it is another function than shifting and dividing.
static bool learns_transform(const struct elbow_learning *learning)
{
    return elbow_transform_row(learning->loading->dataset->transform.kind)->learn != NULL;
}

static bool is_curved(const struct elbow_learning *learning)
{
    return learning->loading->dataset->transform.kind != ELBOW_TRANSFORM_NONE && !learns_transform(learning);
}

// Whether the moments of values in batches do not follow from those of the stored values, or of the values seen.
static bool has_own_start(const struct elbow_learning *learning)
{
    const struct elbow_binarizer *start = learning->loading->request->start;
    return start != NULL && (start->kind == ELBOW_BINARIZE_THRESHOLD || (start->dequantizes && is_curved(learning)));
}

// The parts of the first walk.
static unsigned first_parts(const struct elbow_learning *learning)
{
    unsigned parts = ELBOW_PASS_STORED | ELBOW_PASS_CHECK;
    if (is_curved(learning))
        parts |= ELBOW_PASS_SEEN;
    if (has_own_start(learning) && !learns_transform(learning))
        parts |= ELBOW_PASS_START;
    return parts;
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

// Collective. Allocates and sets mean and variance of the values in batches from their moments.
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
        elbow_block_moments_start(&learning->start, dataset->start_mean, dataset->start_variance);
    return error->status;
}

// Collective. Combines the counts and hashes of all ranks.
static enum elbow_status combine_counts(struct elbow_learning *learning, struct elbow_error *error)
{
    struct elbow_loading *loading = learning->loading;
    struct elbow_dataset *dataset = loading->dataset;
    double *all = NULL, counts[ELBOW_COUNTS] = {0}, first = learning->first_missing;
    int ranks = elbow_comm_place(loading->comm).size;
    elbow_allocate(&all, (size_t)ranks * ELBOW_COUNTS, sizeof *all, "figures of the data", error);
    if (elbow_comm_agree(loading->comm, error) == ELBOW_OK) {
        elbow_comm_gather_all(loading->comm, learning->counts, ELBOW_COUNTS, all);
        for (int i = 0; i < ranks * ELBOW_COUNTS; ++i)
            counts[i % ELBOW_COUNTS] += all[i]; // whole numbers
        elbow_comm_min(loading->comm, &first, 1);
        elbow_comm_min(loading->comm, learning->hashes, dataset->sample.count);
    }
    loading->figures = (struct elbow_loading_figures){.known = (uint64_t)counts[ELBOW_COUNT_KNOWN],
                                                      .empty = (uint64_t)counts[ELBOW_COUNT_EMPTY],
                                                      .missing = (uint64_t)counts[ELBOW_COUNT_MISSING],
                                                      .first_missing = isfinite(first) ? (uint64_t)first : 0};
    elbow_release(&all);
    return error->status;
}

// Collective. The moments of a part of the last walk.
static enum elbow_status conclude_part(const struct elbow_learning *learning, enum elbow_pass_part part,
                                       struct elbow_moments *moments, struct elbow_error *error)
{
    const struct elbow_dataset *dataset = learning->loading->dataset;
    elbow_moments_clear(moments);
    elbow_block_moments_conclude(elbow_learning_records(learning, part), dataset->values,
                                 elbow_dataset_has_known(dataset), moments, error);
    return elbow_comm_agree(learning->loading->comm, error);
}

// Collective. Takes the counts and the extremes of the first walk. The moments of the stored values are those of the
// values seen, and in batches, until they are scaled.
static enum elbow_status take_stored(struct elbow_learning *learning, struct elbow_error *error)
{
    struct elbow_dataset *dataset = learning->loading->dataset;
    if (combine_counts(learning, error) != ELBOW_OK ||
        conclude_part(learning, ELBOW_PASS_STORED, &learning->seen, error) != ELBOW_OK ||
        conclude_part(learning, ELBOW_PASS_STORED, &learning->start, error) != ELBOW_OK)
        return error->status;
    dataset->min = learning->seen.low + 0.0; // a zero of one sign, whichever was met first
    dataset->max = learning->seen.high + 0.0;
    if (dataset->pages == NULL)
        return ELBOW_OK;
    dataset->page_hashes = learning->hashes;
    learning->hashes = NULL;
    return ELBOW_OK;
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

// Collective. After the first walk: settles the scaling, which all ranks know to be the guessed one or not.
static enum elbow_status settle_scale(struct elbow_learning *learning, bool *is_foreseen, struct elbow_error *error)
{
    struct elbow_loading *loading = learning->loading;
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_scale guess = dataset->scale;
    if (elbow_loading_settle_known(loading, error) != ELBOW_OK)
        return error->status;
    if (elbow_loading_doubts_sentinels(loading))
        elbow_learning_announce(learning);
    if (elbow_loading_doubt_sentinels(loading, error) != ELBOW_OK)
        return error->status;
    elbow_loading_settle_scale(loading, error);
    if (elbow_loading_agree(loading, error) != ELBOW_OK)
        return error->status;
    *is_foreseen = guess.factor == dataset->scale.factor && guess.offset == dataset->scale.offset;
    elbow_block_moments_scale(&dataset->scale, &learning->seen);
    elbow_block_moments_scale(&dataset->scale, &learning->start);
    elbow_loading_check_transform(loading, error);
    return elbow_comm_agree(loading->comm, error);
}

// Local. Learns the transform, and applies it to the moments.
static enum elbow_status fit_transform(struct elbow_learning *learning, struct elbow_error *error)
{
    struct elbow_loading *loading = learning->loading;
    struct elbow_dataset *dataset = loading->dataset;
    if (!learns_transform(learning)) {
        elbow_loading_add_noise(loading, &learning->start);
        return ELBOW_OK;
    }
    if (elbow_loading_fit(loading, &learning->start, error) != ELBOW_OK)
        return error->status;
    elbow_block_moments_transform(&dataset->transform, &learning->seen);
    elbow_block_moments_transform(&dataset->transform, &learning->start);
    dataset->low = learning->seen.low;
    dataset->high = learning->seen.high;
    return ELBOW_OK;
}

// The parts of a second walk; 0: there is none.
static unsigned second_parts(const struct elbow_learning *learning, bool is_foreseen)
{
    unsigned own_start = has_own_start(learning) ? ELBOW_PASS_START : 0;
    if (learns_transform(learning))
        return own_start | (elbow_loading_accepts(learning->loading, &learning->seen) ? 0 : ELBOW_PASS_CHECK);
    unsigned with_scale = first_parts(learning) & (ELBOW_PASS_SEEN | ELBOW_PASS_START);
    if (elbow_checking_needs_scale(&learning->checking))
        with_scale |= ELBOW_PASS_CHECK;
    return is_foreseen ? 0 : with_scale;
}

// Collective. Begins the check, makes a walk, and takes moments that do not follow from those of the stored values.
static enum elbow_status walk(struct elbow_learning *learning, unsigned parts, enum elbow_check_time time,
                              struct elbow_error *error)
{
    if (parts & ELBOW_PASS_CHECK) {
        elbow_checking_end(&learning->checking);
        elbow_checking_begin(learning->loading, time, &learning->checking, error);
    }
    if (elbow_comm_agree(learning->loading->comm, error) != ELBOW_OK ||
        elbow_learning_walk(learning, parts, error) != ELBOW_OK)
        return error->status;
    return (parts & ELBOW_PASS_STORED) ? take_stored(learning, error) : ELBOW_OK;
}

// Collective. Moments of the values seen, and in batches, that a walk took itself.
static enum elbow_status take_own(struct elbow_learning *learning, struct elbow_error *error)
{
    if (is_curved(learning) && (learning->now & ELBOW_PASS_SEEN)) {
        if (conclude_part(learning, ELBOW_PASS_SEEN, &learning->seen, error) != ELBOW_OK ||
            conclude_part(learning, ELBOW_PASS_SEEN, &learning->start, error) != ELBOW_OK)
            return error->status;
    }
    return (learning->now & ELBOW_PASS_START) ? conclude_part(learning, ELBOW_PASS_START, &learning->start, error)
                                              : ELBOW_OK;
}

// Collective. Concludes the check, and sets what follows from the moments.
static enum elbow_status use(struct elbow_learning *learning, struct elbow_error *error)
{
    struct elbow_loading *loading = learning->loading;
    struct elbow_dataset *dataset = loading->dataset;
    elbow_checking_conclude(&learning->checking, error);
    if (elbow_loading_agree_check(loading, error) != ELBOW_OK || take_start(learning, error) != ELBOW_OK)
        return error->status;
    elbow_moments_join(&learning->seen, &dataset->mean, &dataset->deviation);
    elbow_loading_use_seen(loading, &learning->seen);
    return elbow_loading_take_input(loading, &learning->seen, error);
}

static enum elbow_status allocate_learning(struct elbow_learning *learning, struct elbow_error *error)
{
    struct elbow_dataset *dataset = learning->loading->dataset;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(learning->row, dataset->values), ELBOW_ARRAY(learning->sample, dataset->values),
        ELBOW_ARRAY(learning->known, dataset->values), ELBOW_ARRAY(learning->hashes, dataset->sample.count)};
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "what is learned from the data", error);
    for (uint64_t i = 0; status == ELBOW_OK && i < dataset->sample.count; ++i)
        learning->hashes[i] = INFINITY;
    return status;
}

static void clear(struct elbow_learning *learning)
{
    elbow_checking_end(&learning->checking);
    elbow_moments_clear(&learning->seen);
    elbow_moments_clear(&learning->start);
    elbow_block_moments_destroy(&learning->stored_block);
    elbow_block_moments_destroy(&learning->seen_block);
    elbow_block_moments_destroy(&learning->start_block);
    elbow_batch_reader_destroy(&learning->reader);
    elbow_release(&learning->row);
    elbow_release(&learning->sample);
    elbow_release(&learning->known);
    elbow_release(&learning->hashes);
    elbow_release(&learning->records);
}

// Collective.
static enum elbow_status learn(struct elbow_learning *learning, struct elbow_error *error)
{
    bool is_foreseen = true, waits = learns_transform(learning);
    learning->passes = waits && has_own_start(learning) ? 2 : 1;
    guess_scale(learning);
    if (walk(learning, first_parts(learning), waits ? ELBOW_CHECK_BEFORE : ELBOW_CHECK_EARLY, error) != ELBOW_OK ||
        settle_scale(learning, &is_foreseen, error) != ELBOW_OK)
        return error->status;
    fit_transform(learning, error);
    if (elbow_comm_agree(learning->loading->comm, error) != ELBOW_OK || take_own(learning, error) != ELBOW_OK)
        return error->status;
    unsigned second = second_parts(learning, is_foreseen);
    if (second != 0 &&
        (walk(learning, second, ELBOW_CHECK_SETTLED, error) != ELBOW_OK || take_own(learning, error) != ELBOW_OK))
        return error->status;
    return use(learning, error);
}

static struct elbow_learning learning_of(struct elbow_loading *loading, bool learns, struct elbow_log *log)
{
    struct elbow_learning learning = {.loading = loading, .log = log, .passes = 1, .first_missing = INFINITY};
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
        elbow_learning_walk(&learning, ELBOW_PASS_START, error) == ELBOW_OK && take_own(&learning, error) == ELBOW_OK)
        take_start(&learning, error);
    clear(&learning);
    return error->status;
}
