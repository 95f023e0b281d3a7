// SPDX-License-Identifier: BSD-3-Clause
// Images of a comparison, side by side in one raster.
#include "elbow/evaluate/detail/comparison.h"

#include "elbow/base/memory.h"
#include "elbow/data/facts.h"
#include "elbow/evaluate/walk.h"
#include "elbow/math/random.h"

#include <math.h>
#include <string.h>

enum { ACROSS = 6, ROWS = 4, SEED = 1, STEPS = 9, DIMENSIONS = 10 };

// The place of images.
struct tiles {
    struct elbow_image_shape shape;
    struct elbow_shades shades;
    size_t across, down;
    struct elbow_compared_pictures *pictures;
};

// False if there are no images. One pixel separates two of them.
static bool make_tiles(const struct elbow_evaluation_request *evaluation, size_t across, size_t down,
                       struct elbow_compared_pictures *pictures, struct tiles *tiles, struct elbow_error *error)
{
    const struct elbow_dataset *dataset = evaluation->dataset;
    struct elbow_data_facts facts = elbow_data_facts_of(dataset);
    if (dataset->through != NULL || !elbow_dataset_image(dataset->layout, dataset->rank, dataset->shape, &tiles->shape))
        return false;
    tiles->shades = elbow_data_shades(&facts, evaluation->config, true);
    tiles->across = across;
    tiles->down = down;
    tiles->pictures = pictures;
    pictures->columns = across * (tiles->shape.width + 1) - 1;
    pictures->rows = down * (tiles->shape.height + 1) - 1;
    pictures->channels = tiles->shape.channels;
    size_t count = pictures->rows * pictures->columns * pictures->channels;
    if (elbow_allocate(&pictures->pixels, count, sizeof *pictures->pixels, "images to compare", error) != ELBOW_OK)
        return false;
    for (size_t i = 0; i < count; ++i)
        pictures->pixels[i] = 0.5;
    return true;
}

static void put_tile(const struct tiles *tiles, const float *values, size_t row, size_t column)
{
    struct elbow_compared_pictures *pictures = tiles->pictures;
    size_t width = tiles->shape.width * tiles->shape.channels;
    for (size_t y = 0; y < tiles->shape.height; ++y) {
        size_t line = row * (tiles->shape.height + 1) + y;
        double *pixels =
            pictures->pixels + (line * pictures->columns + column * (tiles->shape.width + 1)) * pictures->channels;
        for (size_t x = 0; x < width; ++x)
            pixels[x] =
                ((double)values[y * width + x] - tiles->shades.black) / (tiles->shades.white - tiles->shades.black);
    }
}

enum elbow_status elbow_comparison_reconstruct(const struct elbow_evaluation_request *evaluation,
                                               struct elbow_measured *measured,
                                               struct elbow_compared_pictures *pictures, struct elbow_error *error)
{
    struct elbow_model *model = evaluation->model;
    size_t count = ACROSS, most = (size_t)evaluation->config->train.microbatch, latent = model->latent;
    struct tiles tiles;
    float *z = NULL, *means = NULL;
    count = count > most ? most : count;
    count = count > evaluation->dataset->samples ? (size_t)evaluation->dataset->samples : count;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(z, count * latent), ELBOW_ARRAY(means, count * model->values)};
    if (!make_tiles(evaluation, count, 2, pictures, &tiles, error))
        return error->status;
    if (elbow_allocate_all(arrays, 2, "images to compare", error) == ELBOW_OK) {
        struct elbow_microbatch microbatch =
            elbow_evaluation_microbatch(&measured->collation, 0, count, &measured->collated);
        measured->microbatch = microbatch;
        measured->rows = count;
        const float *head = elbow_model_encode(model, evaluation->parameters, &microbatch);
        for (size_t i = 0; i < count; ++i)
            memcpy(z + i * latent, head + i * model->head, latent * sizeof *z);
        elbow_measured_set_sizes(measured);
        elbow_model_decode(model, evaluation->parameters, count, z, means);
        for (size_t i = 0; i < count; ++i) {
            put_tile(&tiles, microbatch.values + i * model->values, 0, i);
            put_tile(&tiles, means + i * model->values, 1, i);
        }
    }
    elbow_release(&z);
    elbow_release(&means);
    return error->status;
}

enum elbow_status elbow_comparison_sample(const struct elbow_evaluation_request *evaluation,
                                          struct elbow_compared_pictures *pictures, struct elbow_error *error)
{
    struct elbow_model *model = evaluation->model;
    size_t latent = model->latent, even = latent + latent % 2;
    struct tiles tiles;
    float *z = NULL, *means = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(z, even), ELBOW_ARRAY(means, model->values)};
    if (model->conditions > 0 || model->classes > 1 || !make_tiles(evaluation, ACROSS, ROWS, pictures, &tiles, error))
        return error->status;
    elbow_allocate_all(arrays, 2, "images to compare", error);
    for (size_t i = 0; i < (size_t)ACROSS * ROWS && error->status == ELBOW_OK; ++i) {
        struct elbow_stream stream = {.seed = SEED, .purpose = ELBOW_PURPOSE_SAMPLE_LATENT, .id = i};
        elbow_random_normal(stream, even, z);
        elbow_model_set_sizes(model, 1, (struct elbow_model_sizes){0});
        elbow_model_decode(model, evaluation->parameters, 1, z, means);
        put_tile(&tiles, means, i / ACROSS, i % ACROSS);
    }
    elbow_release(&z);
    elbow_release(&means);
    return error->status;
}

static enum elbow_status decode_walk(const struct elbow_evaluation_request *evaluation, const struct elbow_walk *walk,
                                     struct elbow_compared_pictures *pictures, struct elbow_error *error)
{
    struct elbow_model *model = evaluation->model;
    struct tiles tiles;
    float *means = NULL;
    if (!make_tiles(evaluation, walk->across, walk->points / walk->across, pictures, &tiles, error))
        return error->status;
    elbow_allocate(&means, model->values, sizeof *means, "images of a walk", error);
    for (size_t n = 0; n < walk->points && error->status == ELBOW_OK; ++n) {
        elbow_model_set_sizes(model, 1, (struct elbow_model_sizes){0});
        elbow_model_decode(model, evaluation->parameters, 1, walk->z + n * model->latent, means);
        put_tile(&tiles, means, n / walk->across, n % walk->across);
    }
    elbow_release(&means);
    return error->status;
}

enum elbow_status elbow_comparison_traverse(const struct elbow_evaluation_request *evaluation,
                                            const struct elbow_data_facts *data,
                                            struct elbow_compared_pictures *pictures, struct elbow_error *error)
{
    const struct elbow_dataset *dataset = evaluation->dataset;
    struct elbow_image_shape shape;
    const struct elbow_gallery gallery = {.comm = evaluation->comm,
                                          .model = evaluation->model,
                                          .parameters = evaluation->parameters,
                                          .data = data,
                                          .config = evaluation->config};
    size_t latent = evaluation->model->latent;
    const struct elbow_traversal traversal = {.gallery = &gallery,
                                              .evaluation = evaluation,
                                              .is_of_data = true,
                                              .steps = STEPS,
                                              .count = latent < DIMENSIONS ? latent : DIMENSIONS,
                                              .seed = SEED};
    struct elbow_walk walk = {0};
    if (evaluation->model->conditions > 0 || evaluation->model->classes > 1 || dataset->through != NULL ||
        !elbow_dataset_image(dataset->layout, dataset->rank, dataset->shape, &shape))
        return ELBOW_OK;
    *error = (struct elbow_error){0};
    if (elbow_walk_traverse(&traversal, &walk, error) == ELBOW_OK) {
        if (elbow_comm_place(evaluation->comm).rank == 0)
            decode_walk(evaluation, &walk, pictures, error);
        elbow_comm_agree_root(evaluation->comm, error);
    }
    elbow_walk_clear(&walk);
    return error->status;
}
