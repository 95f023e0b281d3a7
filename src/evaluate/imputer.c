// SPDX-License-Identifier: BSD-3-Clause
// Imputation. For a microbatch, K draws of z follow each other. Each adds its mean of p(x|z), times its weight, to sums
// that are kept relative to the largest weight so far. Memory therefore does not grow with K, except for a double per
// draw and row if completions are drawn by their weights. All random numbers are keyed by sample and draw.
#include "elbow/evaluate/imputer.h"

#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/evaluate/detail/origin.h"
#include "elbow/evaluate/evaluation.h"
#include "elbow/output/sink.h"
#include "elbow/parallel/ordered_rows.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { ROWS_AT_ONCE = 1024, COLUMNS_MAX = 4 + ELBOW_ORIGIN_COLUMNS };
static const double SAY_EVERY = 10; // seconds

struct imputing {
    const struct elbow_imputation_request *request;
    struct elbow_sink_column columns[COLUMNS_MAX];
    size_t column_count, row_bytes, rows_max;
    bool is_turned, is_double; // transforms are inverted; the output has doubles
    struct elbow_collation collation;
    struct elbow_collated collated;
    struct elbow_importance *one, *all; // (rows): of a draw, of all
    float *head, *noise, *z, *means;    // (rows, head), (rows, Z), (rows, Z), (rows, D)
    double *sums;                       // (rows, D): of weight times mean
    double *weights;                    // (rows, K): logarithms, if completions are drawn
    float *completions;                 // (rows, N, D)
    double *row, *stored;               // (D)
    struct elbow_origin origin;
    struct elbow_sink sink;             // rank zero
    struct elbow_imputation imputation; // likewise
    size_t effective_at;                // where a packed row has its effective number
    double said;
};

static void add_column(struct imputing *imputing, struct elbow_sink_column column)
{
    ELBOW_CHECK(imputing->column_count < COLUMNS_MAX);
    imputing->columns[imputing->column_count++] = column;
    imputing->row_bytes += elbow_sink_column_bytes(&column);
}

// A sample, or several: `lead` 0 is one.
static struct elbow_sink_column column_of(const struct imputing *imputing, const char *name, uint64_t lead)
{
    const struct elbow_dataset *dataset = imputing->request->dataset;
    size_t before = lead > 0 ? 1 : 0;
    struct elbow_sink_column column = {.name = name,
                                       .element = imputing->is_double ? ELBOW_ELEMENT_FLOAT64 : ELBOW_ELEMENT_FLOAT32,
                                       .rank = dataset->rank + before,
                                       .shape = {lead}};
    for (size_t i = 0; i < dataset->rank; ++i)
        column.shape[before + i] = dataset->shape[i];
    return column;
}

static void add_columns(struct imputing *imputing)
{
    const struct elbow_imputation_request *request = imputing->request;
    add_column(imputing, column_of(imputing, "imputed", 0));
    if (request->draws > 0)
        add_column(imputing, column_of(imputing, "draws", (uint64_t)request->draws));
    struct elbow_sink_column known = column_of(imputing, "known", 0);
    known.element = ELBOW_ELEMENT_FLOAT32;
    add_column(imputing, known);
    imputing->effective_at = imputing->row_bytes;
    add_column(imputing, (struct elbow_sink_column){.name = "effective_samples",
                                                    .element = ELBOW_ELEMENT_FLOAT64,
                                                    .note = "importance",
                                                    .note_value = request->importance});
    struct elbow_sink_column origin[ELBOW_ORIGIN_COLUMNS];
    size_t count = elbow_origin_columns(&imputing->origin, origin);
    for (size_t i = 0; i < count; ++i)
        add_column(imputing, origin[i]);
}

static enum elbow_status allocate_workspace(struct imputing *imputing, struct elbow_error *error)
{
    const struct elbow_imputation_request *request = imputing->request;
    size_t rows = imputing->rows_max, values = request->model->values, latent = request->model->latent;
    size_t importance = request->draws > 0 ? (size_t)request->importance : 0, draws = (size_t)request->draws, all,
           drawn;
    if (__builtin_mul_overflow(rows, importance, &all) || __builtin_mul_overflow(rows * values, draws, &drawn))
        return elbow_error_set(error, ELBOW_MEMORY,
                               "--draws %" PRId64 " of --importance %" PRId64 ": do not fit into memory; give fewer",
                               request->draws, request->importance);
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(imputing->one, rows),
        ELBOW_ARRAY(imputing->all, rows),
        ELBOW_ARRAY(imputing->head, rows * imputing->request->model->head),
        ELBOW_ARRAY(imputing->noise, rows * latent),
        ELBOW_ARRAY(imputing->z, rows * latent),
        ELBOW_ARRAY(imputing->means, rows * values),
        ELBOW_ARRAY(imputing->sums, rows * values),
        ELBOW_ARRAY(imputing->row, values),
        ELBOW_ARRAY(imputing->stored, values),
        ELBOW_ARRAY(imputing->weights, all),
        ELBOW_ARRAY(imputing->completions, drawn),
    };
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a microbatch to impute", error);
    if (status == ELBOW_OK)
        elbow_model_begin(request->model, request->parameters);
    return status == ELBOW_OK ? elbow_collated_create(&imputing->collation, rows, &imputing->collated, error) : status;
}

static void give_room_back(struct imputing *imputing)
{
    elbow_collated_destroy(&imputing->collated);
    elbow_release(&imputing->one);
    elbow_release(&imputing->all);
    elbow_release(&imputing->head);
    elbow_release(&imputing->noise);
    elbow_release(&imputing->z);
    elbow_release(&imputing->means);
    elbow_release(&imputing->sums);
    elbow_release(&imputing->row);
    elbow_release(&imputing->stored);
    elbow_release(&imputing->weights);
    elbow_release(&imputing->completions);
    elbow_origin_clear(&imputing->origin);
}

static bool is_known(const struct elbow_microbatch *microbatch, size_t number)
{
    return microbatch->known == NULL || microbatch->known[number] != 0;
}

static bool misses(const struct imputing *imputing, const struct elbow_microbatch *microbatch, size_t row)
{
    size_t values = imputing->request->model->values;
    for (size_t i = 0; i < values; ++i)
        if (!is_known(microbatch, row * values + i))
            return true;
    return false;
}

// Sets the inputs of the decoder's totals, for likelihoods that have any.
static void set_sizes(const struct imputing *imputing, const struct elbow_microbatch *microbatch)
{
    elbow_model_set_sizes(
        imputing->request->model, microbatch->rows,
        (struct elbow_model_sizes){.x = microbatch->values, .known = microbatch->known, .sizes = microbatch->sizes});
}

// Adds a draw to the sums of each row, which are relative to the largest weight so far.
static void add_draw(struct imputing *imputing, size_t rows, int64_t draw)
{
    const struct elbow_imputation_request *request = imputing->request;
    size_t values = request->model->values;
    for (size_t i = 0; i < rows; ++i) {
        double weight = imputing->one[i].largest,
               before = imputing->all[i].count > 0 ? imputing->all[i].largest : weight;
        elbow_importance_add(&imputing->all[i], weight);
        double largest = imputing->all[i].largest, *sums = imputing->sums + i * values;
        double shrink = largest > before ? exp(before - largest) : 1, share = exp(weight - largest);
        share = largest == -INFINITY ? 1 : share; // all weights are 0 so far: as if they were alike
        const float *means = imputing->means + i * values;
        for (size_t d = 0; d < values; ++d)
            sums[d] = sums[d] * shrink + share * (double)means[d];
        if (request->draws > 0)
            imputing->weights[i * (size_t)request->importance + (size_t)draw] = weight;
    }
}

// K draws of z for each row, their weights, and the sums of weighted means.
static void weigh(struct imputing *imputing, struct elbow_microbatch microbatch)
{
    const struct elbow_imputation_request *request = imputing->request;
    struct elbow_model *model = request->model;
    size_t rows = microbatch.rows, latent = model->latent;
    memset(imputing->all, 0, rows * sizeof *imputing->all);
    memset(imputing->sums, 0, rows * model->values * sizeof *imputing->sums);
    memcpy(imputing->head, elbow_model_encode(model, request->parameters, &microbatch),
           rows * model->head * sizeof *imputing->head);
    microbatch.noise = imputing->noise;
    for (int64_t draw = 0; draw < request->importance; ++draw) {
        elbow_batch_noise((uint64_t)request->config->seed, ELBOW_PURPOSE_IMPORTANCE, (uint32_t)draw, rows,
                          microbatch.about.ids, latent, imputing->noise);
        memset(imputing->one, 0, rows * sizeof *imputing->one);
        elbow_model_importance(model, request->parameters, microbatch, imputing->head, imputing->one);
        set_sizes(imputing, &microbatch);
        elbow_model_means(model, request->parameters, rows, imputing->means);
        add_draw(imputing, rows, draw);
    }
}

// The weighted mean of the means takes the place of the sums.
static void conclude(struct imputing *imputing, size_t rows)
{
    size_t values = imputing->request->model->values;
    for (size_t i = 0; i < rows; ++i) {
        const struct elbow_importance *all = &imputing->all[i];
        double total = all->largest == -INFINITY ? (double)all->count : all->sum;
        for (size_t d = 0; d < values; ++d)
            imputing->sums[i * values + d] /= total;
    }
}

// One of the K draws, by their weights: the first at which the cumulative weight exceeds the share of all.
static int64_t choose(const struct imputing *imputing, size_t row, float share)
{
    int64_t importance = imputing->request->importance, last = 0;
    const double *weights = imputing->weights + row * (size_t)importance;
    const struct elbow_importance *all = &imputing->all[row];
    if (!(all->largest > -INFINITY))
        return (int64_t)((double)share * (double)importance);
    double wanted = (double)share * all->sum, sum = 0;
    for (int64_t k = 0; k < importance; ++k) {
        double weight = exp(weights[k] - all->largest);
        last = weight > 0 ? k : last; // rounding may leave the sum below the share
        sum += weight;
        if (sum > wanted)
            return k;
    }
    return last;
}

// Completion number n of each row: a draw from p(x|z), with z one of the K draws.
static void complete(struct imputing *imputing, const struct elbow_microbatch *microbatch, int64_t n)
{
    const struct elbow_imputation_request *request = imputing->request;
    size_t rows = microbatch->rows, values = request->model->values, latent = request->model->latent;
    uint64_t seed = (uint64_t)request->config->seed;
    for (size_t i = 0; i < rows; ++i) {
        uint32_t word;
        struct elbow_stream stream = {
            .seed = seed, .purpose = ELBOW_PURPOSE_IMPUTE_CHOICE, .id = microbatch->about.ids[i]};
        elbow_random_words(stream, (uint64_t)n, 1, &word);
        elbow_batch_noise(seed, ELBOW_PURPOSE_IMPORTANCE, (uint32_t)choose(imputing, i, elbow_random_unit(word)), 1,
                          microbatch->about.ids + i, latent, imputing->noise + i * latent);
    }
    imputing->request->model->posterior->draw(rows, latent, imputing->head, imputing->noise, imputing->z);
    set_sizes(imputing, microbatch);
    elbow_model_decode(request->model, request->parameters, rows, imputing->z, imputing->means);
    for (size_t i = 0; i < rows; ++i) {
        struct elbow_stream stream = {
            .seed = seed, .purpose = ELBOW_PURPOSE_IMPUTE_DRAW, .id = microbatch->about.ids[i], .draw = (uint32_t)n};
        elbow_model_draw(request->model, request->parameters, i, stream,
                         imputing->completions + (i * (size_t)request->draws + (size_t)n) * values);
    }
}

// A sample of the output: known values as stored, others as estimated, in the values of the model.
static char *pack(struct imputing *imputing, const struct elbow_microbatch *microbatch, size_t row,
                  const double *estimates, char *at)
{
    const struct elbow_dataset *dataset = imputing->request->dataset;
    size_t values = dataset->values;
    const float *seen = microbatch->values + row * values;
    memcpy(imputing->row, estimates, values * sizeof *estimates);
    if (imputing->is_turned) {
        elbow_transform_row(dataset->transform.kind)->inverse(&dataset->transform, 0, values, imputing->row);
        elbow_fit_set_constants(&dataset->transform, 0, values, imputing->row);
    }
    for (size_t i = 0; i < values; ++i)
        if (is_known(microbatch, row * values + i))
            imputing->row[i] = imputing->stored != NULL ? imputing->stored[i] : (double)seen[i];
    for (size_t i = 0; i < values; ++i) {
        float single = (float)imputing->row[i];
        size_t size = imputing->is_double ? sizeof(double) : sizeof single;
        memcpy(at, imputing->is_double ? (const void *)&imputing->row[i] : &single, size);
        at += size;
    }
    return at;
}

static char *pack_row(struct imputing *imputing, const struct elbow_microbatch *microbatch, uint64_t first, size_t row,
                      bool is_missing, char *at)
{
    const struct elbow_imputation_request *request = imputing->request;
    size_t values = request->model->values;
    if (imputing->stored != NULL)
        elbow_dataset_scaled(request->dataset, first + row, imputing->stored);
    at = pack(imputing, microbatch, row, imputing->sums + row * values, at);
    for (int64_t n = 0; n < request->draws; ++n) {
        const float *completion = imputing->completions + (row * (size_t)request->draws + (size_t)n) * values;
        double *estimates = imputing->sums + row * values; // which has been packed
        for (size_t i = 0; i < values; ++i)
            estimates[i] = (double)completion[i];
        at = pack(imputing, microbatch, row, estimates, at);
    }
    for (size_t i = 0; i < values; ++i) {
        float known = is_known(microbatch, row * values + i) ? 1.0F : 0.0F;
        memcpy(at, &known, sizeof known);
        at += sizeof known;
    }
    double effective = is_missing ? elbow_importance_effective(&imputing->all[row]) : NAN;
    memcpy(at, &effective, sizeof effective);
    elbow_origin_pack(&imputing->origin, first + row, at + sizeof effective);
    return at;
}

static void produce(void *user, uint64_t first, size_t count, void *results)
{
    struct imputing *imputing = user;
    struct elbow_microbatch microbatch =
        elbow_evaluation_microbatch(&imputing->collation, first, count, &imputing->collated);
    bool any_missing = false;
    for (size_t i = 0; i < count; ++i)
        any_missing = any_missing || misses(imputing, &microbatch, i);
    if (any_missing) {
        weigh(imputing, microbatch);
        conclude(imputing, count);
        for (int64_t n = 0; n < imputing->request->draws; ++n)
            complete(imputing, &microbatch, n);
    }
    for (size_t i = 0; i < count; ++i)
        pack_row(imputing, &microbatch, first, i, misses(imputing, &microbatch, i),
                 (char *)results + i * imputing->row_bytes);
}

static enum elbow_status consume(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error)
{
    struct imputing *imputing = user;
    uint64_t rows = imputing->request->dataset->samples;
    for (uint64_t i = 0; i < count; ++i) {
        double effective;
        memcpy(&effective, (const char *)results + i * imputing->row_bytes + imputing->effective_at, sizeof effective);
        imputing->imputation.rows += !isnan(effective);
        imputing->imputation.few += effective < ELBOW_IMPUTATION_FEW;
    }
    if (elbow_clock_seconds() - imputing->said > SAY_EVERY) {
        elbow_log_say(imputing->request->log, "%" PRIu64 " of %s imputed", first + count,
                      elbow_text_count(rows, "row").text);
        imputing->said = elbow_clock_seconds();
    }
    return elbow_sink_put(&imputing->sink, first, count, results, error);
}

// Collective. Opens the output, fills it, closes it.
static enum elbow_status fill(struct imputing *imputing, const struct elbow_sink_plan *plan, struct elbow_error *error)
{
    struct elbow_comm *comm = imputing->request->comm;
    bool is_root = elbow_comm_place(comm).rank == 0;
    struct elbow_ordered_rows_job job = {.rows = plan->rows,
                                         .microbatch = imputing->rows_max,
                                         .row_bytes = imputing->row_bytes,
                                         .user = imputing,
                                         .produce = produce,
                                         .consume = consume,
                                         .check = elbow_dataset_check_rows,
                                         .source = imputing->request->dataset,
                                         .runs = elbow_dataset_runs(imputing->request->dataset)};
    if (is_root)
        elbow_sink_open(plan, &imputing->sink, error);
    elbow_comm_broadcast(comm, error, sizeof *error);
    if (error->status != ELBOW_OK)
        return error->status;
    elbow_ordered_rows_run(comm, &job, error);
    if (is_root)
        elbow_sink_close(&imputing->sink, error);
    elbow_comm_broadcast(comm, error, sizeof *error);
    elbow_comm_broadcast(comm, &imputing->imputation, sizeof imputing->imputation);
    return error->status;
}

enum elbow_status elbow_impute(const struct elbow_imputation_request *request, const char *path,
                               enum elbow_publish publish, struct elbow_imputation *imputation,
                               struct elbow_error *error)
{
    const struct elbow_dataset *dataset = request->dataset;
    bool is_plain = request->config->data.binarize == ELBOW_BINARIZE_NONE;
    size_t size = elbow_element_size(dataset->element);
    struct imputing imputing = {.request = request,
                                .rows_max = (size_t)request->config->train.microbatch,
                                .is_turned = is_plain && dataset->transform.kind != ELBOW_TRANSFORM_NONE,
                                .is_double = is_plain && size > 2 && dataset->element != ELBOW_ELEMENT_FLOAT32,
                                .collation = elbow_collation_of_evaluation(request->config, dataset),
                                .said = elbow_clock_seconds()};
    ELBOW_CHECK(request->importance >= 1 && request->draws >= 0);
    *error = (struct elbow_error){0};
    imputing.collation.hide = request->hide;
    elbow_origin_create(dataset, &imputing.origin, error);
    add_columns(&imputing);
    struct elbow_sink_plan plan = {.path = path,
                                   .columns = imputing.columns,
                                   .column_count = imputing.column_count,
                                   .rows = dataset->samples,
                                   .at_once = ROWS_AT_ONCE,
                                   .publish = publish};
    if (error->status == ELBOW_OK && elbow_sink_check(&plan, error) == ELBOW_OK)
        allocate_workspace(&imputing, error);
    if (error->status == ELBOW_OK && (!is_plain || dataset->is_synthetic))
        elbow_release(&imputing.stored); // the model's inputs are not stored values
    if (elbow_comm_agree(request->comm, error) == ELBOW_OK)
        fill(&imputing, &plan, error);
    *imputation = imputing.imputation;
    give_room_back(&imputing);
    return error->status;
}
