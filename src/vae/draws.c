// SPDX-License-Identifier: BSD-3-Clause
// Rows that are encoded and decoded several times: their conditions, and their results block by block.
//
// The gradient of numbers beside the networks is a sum over the blocks, in double and in their order. With one block
// nothing is copied or added.
#include "elbow/vae/detail/draws.h"

#include "elbow/base/memory.h"
#include "elbow/vae/detail/classes.h"
#include "elbow/vae/detail/scoring.h"

#include <string.h>

// The offset in the arena of the numbers beside the networks.
static size_t tail_begin(const struct elbow_model *model)
{
    for (size_t p = 0; p < model->part_count; ++p)
        if (model->parts[p].shared.count > 0)
            return model->parts[p].shared.offset;
    return model->prior_tensors.count > 0 ? model->prior_tensors.offsets[0] : model->parameters.size;
}

static bool trains_shared(const struct elbow_model *model)
{
    for (size_t p = 0; p < model->part_count; ++p)
        if (model->parts[p].shared.count > 0)
            return true;
    return false;
}

// Sizes of the arrays.
struct sizes {
    size_t points, values, sums, conditions, tail, scores; // of a slot; (heads, head); of a slot; of all
};

static struct sizes sizes_of(const struct elbow_model *model)
{
    bool has_draws = model->draws > 1, has_blocks = elbow_model_blocks(model) > 1;
    size_t points = elbow_model_points(model);
    return (struct sizes){.points = has_blocks ? points : 0,
                          .values = has_draws ? points : 0,
                          .sums = has_draws ? elbow_model_heads(model) * model->head : 0,
                          .conditions = has_blocks ? points * model->conditions : 0,
                          .tail = has_blocks ? model->parameters.size - tail_begin(model) : 0,
                          .scores = model->objective->has_scores ? points : 0};
}

enum elbow_status elbow_draws_create(struct elbow_model *model, size_t slots, struct elbow_error *error)
{
    struct sizes sizes = sizes_of(model);
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(model->shares, slots * sizes.values),
        ELBOW_ARRAY(model->worth, slots * sizes.values),
        ELBOW_ARRAY(model->ids, slots * sizes.points),
        ELBOW_ARRAY(model->block_conditions, slots * sizes.conditions),
        ELBOW_ARRAY(model->dheads, sizes.sums),
        ELBOW_ARRAY(model->scores, sizes.scores),
        ELBOW_ARRAY(model->tail, sizes.tail),
    };
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the draws of the latent variables", error);
}

void elbow_draws_destroy(struct elbow_model *model)
{
    elbow_release(&model->shares);
    elbow_release(&model->worth);
    elbow_release(&model->ids);
    elbow_release(&model->block_conditions);
    elbow_release(&model->dheads);
    elbow_release(&model->scores);
    elbow_release(&model->tail);
}

size_t elbow_draws_bytes(const struct elbow_model *model)
{
    struct sizes sizes = sizes_of(model);
    size_t of_slot =
        2 * sizes.values * sizeof(float) + sizes.points * sizeof *model->ids + sizes.conditions * sizeof(float);
    return model->slots * of_slot + (sizes.sums + sizes.scores + sizes.tail) * sizeof(double);
}

void elbow_draws_about(struct elbow_model *model, size_t slot, const struct elbow_microbatch *microbatch)
{
    struct elbow_about about = microbatch->about;
    size_t rows = microbatch->rows, blocks = elbow_model_blocks(model), width = model->conditions;
    bool has_conditions = microbatch->about.condition != NULL || elbow_model_has_classes(model);
    uint64_t *ids = blocks > 1 ? model->ids + slot * elbow_model_points(model) : NULL;
    float *conditions = blocks > 1 ? model->block_conditions + slot * elbow_model_points(model) * width : NULL;
    for (size_t b = 0; blocks > 1 && b < blocks; ++b) {
        if (microbatch->about.ids != NULL)
            memcpy(ids + b * rows, microbatch->about.ids, rows * sizeof *ids);
        if (elbow_model_has_classes(model))
            elbow_classes_fill(model, microbatch, b % model->copies, conditions + b * rows * width);
        else if (has_conditions)
            memcpy(conditions + b * rows * width, microbatch->about.condition, rows * width * sizeof *conditions);
    }
    if (blocks > 1) {
        about.ids = microbatch->about.ids != NULL ? ids : NULL;
        about.condition = has_conditions ? conditions : NULL;
    }
    elbow_network_about(&model->decoder, slot, &about);
    about.blocks = model->copies;
    elbow_network_about(&model->encoder, slot, &about);
    if (elbow_model_has_classes(model))
        elbow_network_about(&model->classifier, slot, &microbatch->about);
}

void elbow_model_latent(struct elbow_model *model, size_t slot, const struct elbow_microbatch *microbatch)
{
    size_t heads = model->copies * microbatch->rows, latent = model->latent;
    const float *head = elbow_network_output(&model->encoder, slot), *noise = microbatch->noise;
    float *z = model->z + slot * elbow_model_points(model) * latent;
    for (size_t k = 0; k < model->draws; ++k)
        model->posterior->draw(heads, latent, head, noise != NULL ? noise + k * heads * latent : NULL,
                               z + k * heads * latent);
}

void elbow_model_kl(struct elbow_model *model, size_t slot, const struct elbow_pass *pass)
{
    size_t draws = elbow_pass_draws(pass), size = pass->rows * pass->latent;
    float *kl = model->kl + slot * elbow_model_points(model) * model->latent;
    for (size_t k = 0; model->prior != NULL && k < draws; ++k) {
        struct elbow_pass one = elbow_pass_draw(pass, k);
        struct elbow_prior_call call = elbow_pass_prior(&one);
        if (k > 0 && model->prior->is_exact) // it does not depend on z
            memcpy(kl + k * size, kl, size * sizeof *kl);
        else
            model->prior->kl(&call, kl + k * size);
    }
}

// Adds the gradient of a block with respect to the numbers [offset, offset + count) of the arena.
static void add_block(const struct elbow_model *model, size_t block, size_t offset, size_t count, float *gradient)
{
    double *sums = model->tail + (offset - tail_begin(model));
    for (size_t i = 0; i < count; ++i) {
        sums[i] = (block > 0 ? sums[i] : 0) + (double)gradient[offset + i];
        gradient[offset + i] = (float)sums[i];
    }
}

static void add_shared(const struct elbow_model *model, size_t block, float *gradient)
{
    for (size_t p = 0; p < model->part_count; ++p)
        add_block(model, block, model->parts[p].shared.offset, model->parts[p].shared.count, gradient);
}

static struct elbow_scoring scoring_of(const struct elbow_microbatch *microbatch, const float *parameters)
{
    return (struct elbow_scoring){.rows = microbatch->rows,
                                  .x = microbatch->values,
                                  .known = microbatch->known,
                                  .sizes = microbatch->sizes,
                                  .parameters = parameters};
}

void elbow_draws_score_one(struct elbow_model *model, const float *parameters,
                           const struct elbow_microbatch *microbatch, const float *y)
{
    struct elbow_scoring scoring = scoring_of(microbatch, parameters);
    scoring.y = y;
    scoring.recon = model->recon;
    elbow_scoring_score(model, &scoring);
}

double elbow_draws_recon(const struct elbow_pass *pass, size_t row)
{
    size_t draws = elbow_pass_draws(pass);
    double sum = 0;
    for (size_t k = 0; k < draws; ++k)
        sum += pass->recon[k * pass->rows + row];
    return sum / (double)draws;
}

void elbow_draws_score(struct elbow_model *model, size_t slot, const float *parameters,
                       const struct elbow_microbatch *microbatch, const float *worth, const float *y, float *dy,
                       float *gradient)
{
    size_t rows = microbatch->rows, row = slot * elbow_model_points(model), blocks = elbow_model_blocks(model);
    struct elbow_scoring scoring = scoring_of(microbatch, parameters);
    scoring.gradient = gradient;
    for (size_t b = 0; b < blocks; ++b, row += rows) {
        size_t output = b * rows * model->outputs;
        scoring.weights = worth != NULL ? worth + b * rows : NULL;
        scoring.y = y + output;
        scoring.dy = dy != NULL ? dy + output : NULL;
        scoring.recon = model->recon + row;
        scoring.notes = model->notes > 0 ? model->noted + row * model->notes : NULL;
        elbow_scoring_score(model, &scoring);
        if (blocks > 1 && gradient != NULL && trains_shared(model))
            add_shared(model, b, gradient);
    }
}

void elbow_draws_train_prior(struct elbow_model *model, const struct elbow_pass *pass, float *gradient)
{
    size_t draws = elbow_pass_draws(pass), count = model->prior_tensors.count;
    float *gradients[ELBOW_PRIOR_TENSORS] = {NULL};
    for (size_t t = 0; t < count; ++t)
        gradients[t] = gradient + model->prior_tensors.offsets[t];
    if (model->pseudo.count > 0)
        gradients[0] = gradient + model->pseudo.first;
    size_t first = model->pseudo.count > 0 ? model->pseudo.first : model->prior_tensors.offsets[0];
    for (size_t k = 0; count > 0 && k < draws; ++k) {
        struct elbow_pass one = elbow_pass_draw(pass, k);
        struct elbow_prior_call call = elbow_pass_prior(&one);
        model->objective->price(&one, model->workspace);
        model->prior->gradient(&call, model->workspace, gradients);
        if (draws > 1)
            add_block(model, k, first, model->parameters.size - first, gradient);
    }
}

static void scale(const struct elbow_model *model, size_t points, const float *worth, float *dy)
{
    for (size_t i = 0; i < points; ++i)
        for (size_t d = 0; d < model->outputs; ++d)
            dy[i * model->outputs + d] *= worth[i];
}

// Shares that depend on the scores are known only after the likelihoods' gradients, which are linear in them. The
// gradients are therefore scaled, or computed again if there are numbers beside the networks.
void elbow_draws_train(struct elbow_model *model, size_t slot, const float *parameters,
                       const struct elbow_microbatch *microbatch, const struct elbow_pass *pass, double *value,
                       float *gradient)
{
    float *y = elbow_network_output(&model->decoder, slot);
    const float *worth = pass->worth != NULL ? pass->worth : pass->weights;
    bool is_late = elbow_pass_draws(pass) > 1 && model->objective->share != NULL, is_again = trains_shared(model);
    if (!is_late) {
        elbow_pass_share_alike(pass);
        elbow_pass_weigh(pass);
        elbow_draws_score(model, slot, parameters, microbatch, worth, y, y, gradient);
    } else {
        elbow_draws_score(model, slot, parameters, microbatch, NULL, y, is_again ? NULL : y, NULL);
    }
    elbow_model_kl(model, slot, pass);
    model->objective->score(pass, value);
    if (!is_late)
        return;
    model->objective->share(pass);
    elbow_pass_weigh(pass);
    if (is_again)
        elbow_draws_score(model, slot, parameters, microbatch, worth, y, y, gradient);
    else
        scale(model, elbow_pass_draws(pass) * pass->rows, worth, y);
}
