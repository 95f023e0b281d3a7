// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/data/collate.h"

#include "elbow/base/memory.h"
#include "elbow/data/pages.h"
#include "elbow/data/through.h"

#include <string.h>

static struct elbow_binarizer binarizer_of(const struct elbow_config *config, enum elbow_purpose binarize,
                                           enum elbow_purpose dequantize)
{
    return (struct elbow_binarizer){.kind = (enum elbow_binarize)config->data.binarize,
                                    .threshold = config->data.threshold,
                                    .seed = (uint64_t)config->seed,
                                    .purpose = binarize,
                                    .dequantizes = config->data.dequantize,
                                    .noise = dequantize};
}

// Values of noise that a sample takes.
static size_t noise_of(const struct elbow_config *config)
{
    bool is_drawn = elbow_posterior_has_kl((enum elbow_posterior_kind)config->model.posterior);
    return is_drawn ? (size_t)config->model.latent : 0;
}

// Draws of z of a sample: with a classifier those of each class.
static size_t blocks_of(const struct elbow_config *config)
{
    bool has_classes = elbow_config_has_classifier(config) && config->model.classes > 0;
    return (size_t)config->objective.draws * (has_classes ? config->model.classes : 1);
}

static struct elbow_inputs inputs_of(const struct elbow_config *config, const struct elbow_dataset *dataset)
{
    return (struct elbow_inputs){.dataset = dataset,
                                 .is_binary = config->data.binarize != ELBOW_BINARIZE_NONE,
                                 .shows_mask = config->model.input.mask};
}

static void corrupt(const struct elbow_config *config, enum elbow_purpose purpose, struct elbow_inputs *inputs)
{
    inputs->corrupt = (enum elbow_corrupt_kind)config->model.input.corrupt;
    inputs->amount = config->model.input.amount;
    inputs->purpose = purpose;
}

struct elbow_collation elbow_collation_of_training(const struct elbow_config *config,
                                                   const struct elbow_dataset *dataset)
{
    struct elbow_collation collation = {
        .dataset = dataset,
        .binarizer = binarizer_of(config, ELBOW_PURPOSE_TRAIN_BINARIZE, ELBOW_PURPOSE_TRAIN_DEQUANTIZE),
        .noise = ELBOW_PURPOSE_TRAIN_NOISE,
        .latent = noise_of(config),
        .draws = blocks_of(config),
        .condition_dropout = config->model.condition.dropout,
        .is_training = true,
        .inputs = inputs_of(config, dataset)};
    corrupt(config, ELBOW_PURPOSE_TRAIN_CORRUPT, &collation.inputs);
    return collation;
}

struct elbow_collation elbow_collation_of_evaluation(const struct elbow_config *config,
                                                     const struct elbow_dataset *dataset)
{
    return (struct elbow_collation){
        .dataset = dataset,
        .binarizer = binarizer_of(config, ELBOW_PURPOSE_EVAL_BINARIZE, ELBOW_PURPOSE_EVAL_DEQUANTIZE),
        .noise = ELBOW_PURPOSE_EVAL_NOISE,
        .latent = noise_of(config),
        .draws = blocks_of(config),
        .inputs = inputs_of(config, dataset)};
}

void elbow_collation_corrupt(const struct elbow_config *config, struct elbow_collation *collation)
{
    corrupt(config, ELBOW_PURPOSE_EVAL_CORRUPT, &collation->inputs);
}

static size_t draws_of(const struct elbow_collation *collation)
{
    return collation->draws > 0 ? collation->draws : 1;
}

// Weights count in training alone.
static bool has_weights(const struct elbow_collation *collation)
{
    return collation->is_training && collation->dataset->has_weights;
}

// A classifier has classes.
static bool has_labels(const struct elbow_collation *collation)
{
    return collation->dataset->has_labels && elbow_classes_count(&collation->dataset->classes.names) > 0;
}

static bool has_known(const struct elbow_collation *collation)
{
    return elbow_dataset_has_known(collation->dataset) || collation->hide > 0;
}

// The conditions of each sample; in training some samples lose them.
static void gather_conditions(const struct elbow_collation *collation, uint32_t epoch, size_t rows,
                              const uint64_t *places, float *condition)
{
    const struct elbow_dataset *dataset = collation->dataset;
    size_t width = dataset->conditions.width;
    for (size_t i = 0; i < rows; ++i) {
        struct elbow_stream stream = {.seed = collation->binarizer.seed,
                                      .purpose = ELBOW_PURPOSE_CONDITION_DROP,
                                      .id = elbow_dataset_id(dataset, places[i]),
                                      .draw = epoch};
        uint32_t word = 0;
        bool may_drop = collation->is_training && collation->condition_dropout > 0;
        if (may_drop)
            elbow_random_words(stream, 0, 1, &word);
        if (may_drop && (double)elbow_random_unit(word) < collation->condition_dropout)
            memset(condition + i * width, 0, width * sizeof *condition);
        else
            elbow_dataset_condition(dataset, places[i], condition + i * width);
    }
}

enum elbow_status elbow_collated_create(const struct elbow_collation *collation, size_t rows_max,
                                        struct elbow_collated *collated, struct elbow_error *error)
{
    size_t values = collation->dataset->values, width = collation->dataset->conditions.width;
    *collated = (struct elbow_collated){.rows_max = rows_max};
    const struct {
        bool is_wanted;
        struct elbow_array array;
    } wanted[] = {
        {true, ELBOW_ARRAY(collated->ids, rows_max)},
        {true, ELBOW_ARRAY(collated->values, rows_max * values)},
        {true, ELBOW_ARRAY(collated->noise, rows_max * collation->latent * draws_of(collation))},
        {has_weights(collation), ELBOW_ARRAY(collated->weights, rows_max)},
        {has_labels(collation), ELBOW_ARRAY(collated->labels, rows_max)},
        {collation->dataset->has_sizes, ELBOW_ARRAY(collated->sizes, rows_max)},
        {has_known(collation), ELBOW_ARRAY(collated->known, rows_max * values)},
        {collation->hide > 0, ELBOW_ARRAY(collated->hidden, rows_max * values)},
        {collation->hide > 0, ELBOW_ARRAY(collated->truth, rows_max * values)},
        {width > 0, ELBOW_ARRAY(collated->condition, rows_max * width)},
    };
    struct elbow_array arrays[sizeof wanted / sizeof *wanted];
    size_t count = 0;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; ++i)
        if (wanted[i].is_wanted)
            arrays[count++] = wanted[i].array;
    enum elbow_status status = elbow_allocate_all(arrays, count, "a microbatch", error);
    if (status == ELBOW_OK)
        status = elbow_inputs_create(&collation->inputs, rows_max, &collated->inputs, error);
    const struct elbow_dataset *dataset = collation->dataset;
    if (status != ELBOW_OK || dataset->through == NULL)
        return status;
    collated->through = dataset->through;
    return dataset->through->open(dataset->through, dataset->stored, rows_max, collation->is_training,
                                  &collated->through_workspace, error);
}

static void close_through(struct elbow_collated *collated)
{
    if (collated->through_workspace != NULL)
        collated->through->close(collated->through_workspace);
}

void elbow_collated_destroy(struct elbow_collated *collated)
{
    close_through(collated);
    elbow_release(&collated->ids);
    elbow_release(&collated->values);
    elbow_release(&collated->noise);
    elbow_release(&collated->weights);
    elbow_release(&collated->labels);
    elbow_release(&collated->sizes);
    elbow_release(&collated->known);
    elbow_release(&collated->hidden);
    elbow_release(&collated->truth);
    elbow_inputs_clear(&collated->inputs);
    elbow_release(&collated->condition);
    *collated = (struct elbow_collated){0};
}

size_t elbow_collated_row_bytes(const struct elbow_collation *collation)
{
    size_t values = collation->dataset->values;
    const struct elbow_through *through = collation->dataset->through;
    size_t floats = values + draws_of(collation) * collation->latent + (has_weights(collation) ? 1 : 0) +
                    (has_known(collation) ? values : 0) + (collation->hide > 0 ? 2 * values : 0) +
                    elbow_inputs_floats(&collation->inputs) + collation->dataset->conditions.width;
    return (through != NULL ? through->row_bytes(through, collation->dataset->stored) : 0) + sizeof(uint64_t) +
           (has_labels(collation) ? sizeof(int64_t) : 0) + (collation->dataset->has_sizes ? sizeof(double) : 0) +
           floats * sizeof(float);
}

// Hides a share of the known values of each row; the keys of the rows decide which.
static void hide(const struct elbow_collation *collation, size_t rows, struct elbow_collated *collated)
{
    size_t values = collation->dataset->values;
    struct elbow_stream stream = {.seed = collation->binarizer.seed, .purpose = ELBOW_PURPOSE_EVAL_HIDE};
    memcpy(collated->truth, collated->values, rows * values * sizeof *collated->truth);
    for (size_t i = 0; i < rows; ++i) {
        float *hidden = collated->hidden + i * values;
        stream.id = collated->ids[i];
        elbow_random_uniform(stream, values, hidden);
        for (size_t d = 0; d < values; ++d) {
            float *known = &collated->known[i * values + d];
            bool is_hidden = *known != 0 && (double)hidden[d] < collation->hide;
            hidden[d] = is_hidden ? 1.0F : 0.0F;
            if (!is_hidden)
                continue;
            *known = 0;
            collated->values[i * values + d] = 0;
        }
    }
}

static struct elbow_microbatch collate(const struct elbow_collation *collation, uint64_t epoch, size_t rows,
                                       struct elbow_collated *collated)
{
    const struct elbow_dataset *dataset = collation->dataset;
    struct elbow_binarizer binarizer = collation->binarizer;
    binarizer.draw = (uint32_t)epoch;
    if (collated->through_workspace != NULL)
        collated->through->make(collated->through_workspace, epoch, rows, collated->ids, collated->values);
    else
        elbow_batch_gather(dataset, &binarizer, rows, collated->ids, collated->values);
    if (has_weights(collation))
        elbow_batch_weights(dataset, rows, collated->ids, collated->weights);
    for (size_t i = 0; i < rows && collated->labels != NULL; ++i)
        collated->labels[i] = elbow_dataset_class(dataset, collated->ids[i]);
    for (size_t i = 0; i < rows && dataset->has_sizes; ++i)
        collated->sizes[i] = elbow_dataset_size(dataset, collated->ids[i]);
    if (has_known(collation))
        elbow_batch_known(dataset, rows, collated->ids, collated->known);
    if (collated->condition != NULL)
        gather_conditions(collation, binarizer.draw, rows, collated->ids, collated->condition);
    elbow_batch_keys(dataset, rows, collated->ids);
    if (collation->hide > 0)
        hide(collation, rows, collated);
    elbow_batch_noise_blocks(binarizer.seed, collation->noise, binarizer.draw, rows, collated->ids, collation->latent,
                             draws_of(collation), collated->noise);
    const float *inputs = elbow_inputs_make(&collation->inputs, &collated->inputs, binarizer.seed, binarizer.draw, rows,
                                            collated->ids, collated->values, collated->known);
    return (struct elbow_microbatch){.rows = rows,
                                     .values = collated->values,
                                     .known = collated->known,
                                     .sizes = collated->sizes,
                                     .inputs = inputs,
                                     .noise = collated->noise,
                                     .draws = draws_of(collation),
                                     .labels = collated->labels,
                                     .weights = collated->weights,
                                     .about = {.ids = collated->ids,
                                               .seed = binarizer.seed,
                                               .epoch = binarizer.draw,
                                               .is_training = collation->is_training,
                                               .condition = collated->condition}};
}

// Holds the pages of the rows.
static void hold(struct elbow_pages *pages, size_t rows, const struct elbow_collated *collated)
{
    struct elbow_trace_start begin = elbow_trace_begin(collated->track);
    size_t late = elbow_pages_hold(pages, rows, collated->ids);
    if (late > 0)
        elbow_trace_end(collated->track, ELBOW_TRACE_LATE, late, begin);
}

struct elbow_microbatch elbow_collate(const struct elbow_collation *collation, uint64_t epoch, size_t rows,
                                      struct elbow_collated *collated)
{
    ELBOW_CHECK(rows > 0 && rows <= collated->rows_max);
    struct elbow_pages *pages = collation->dataset->pages;
    if (pages != NULL)
        hold(pages, rows, collated);
    struct elbow_microbatch microbatch = collate(collation, epoch, rows, collated);
    if (pages != NULL)
        elbow_pages_release(pages);
    return microbatch;
}
