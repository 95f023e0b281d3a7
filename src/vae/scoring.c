// SPDX-License-Identifier: BSD-3-Clause
// Each likelihood scores its own columns; in a row with missing values only the known ones.
//
// Values that are scored separately are gathered, and the results are put back in their places: a missing value is
// never read. Rows with missing values are scored one by one, and their gradients of numbers beside the networks are
// added in their order.
#include "elbow/vae/detail/scoring.h"

#include "elbow/base/status.h"

#include <string.h>

typedef void likelihood_rows(const struct elbow_likelihood_call *call);

// A part of rows that are scored.
struct work {
    const struct elbow_model *model;
    const struct elbow_model_part *part;
    const struct elbow_scoring *scoring;
    likelihood_rows *function;
    double *recon; // (rows), of this part
};

static bool are_known(const float *known, size_t count)
{
    for (size_t k = 0; known && k < count; ++k)
        if (known[k] == 0)
            return false;
    return true;
}

static float *gradient_of(const struct work *work)
{
    const struct elbow_shared_numbers *shared = &work->part->shared;
    return work->scoring->gradient && shared->count > 0 ? work->scoring->gradient + shared->offset : NULL;
}

// A call for all rows, without its arrays.
static struct elbow_likelihood_call call_of(const struct work *work)
{
    const struct elbow_model_part *part = work->part;
    const struct elbow_scoring *scoring = work->scoring;
    bool has_size = part->size == ELBOW_SIZE_DATA;
    ELBOW_CHECK(!has_size || scoring->sizes);
    return (struct elbow_likelihood_call){.options = &part->options,
                                          .rows = scoring->rows,
                                          .values = part->values,
                                          .size = has_size ? scoring->sizes : NULL,
                                          .shared = elbow_part_shared(part, scoring->parameters),
                                          .recon = work->recon,
                                          .notes = scoring->notes && part->figures > 0 ? work->model->gathering.figures
                                                                                       : NULL};
}

// The notes of row i, from the figures in row `from` of the workspace, with this weight.
static void note(const struct work *work, size_t i, size_t from, double weight)
{
    const struct elbow_model_part *part = work->part;
    if (!work->scoring->notes || part->figures == 0)
        return;
    const double *figures = work->model->gathering.figures + from * part->figures;
    double *notes = work->scoring->notes + i * work->model->notes + part->notes;
    for (size_t n = 0; n < part->figures; ++n)
        notes[n] = weight == 0 ? 0 : weight * figures[n];
    notes[part->figures] = weight;
}

// The likelihood of weighted samples: their gradients are linear in the weights. The gradient of shared numbers is a
// sum over the rows, which are then scored one by one.
static void score_weighted(const struct work *work, const struct elbow_likelihood_call *call)
{
    const struct elbow_model *model = work->model;
    const float *weights = work->scoring->weights;
    size_t width = call->values * work->part->outputs, shared = work->part->shared.count;
    if (call->dshared == NULL)
        work->function(call);
    for (size_t k = 0; call->dshared != NULL && k < shared; ++k)
        call->dshared[k] = 0;
    for (size_t i = 0; i < call->rows; ++i) {
        struct elbow_likelihood_call row = *call;
        row.rows = 1;
        row.x += i * call->values;
        row.y += i * width;
        row.dy += i * width;
        row.size = call->size != NULL ? call->size + i : NULL;
        row.recon += i;
        row.dshared = model->dshared;
        row.notes = call->notes != NULL ? call->notes + i * work->part->figures : NULL;
        if (call->dshared != NULL)
            work->function(&row);
        for (size_t k = 0; call->dshared != NULL && k < shared; ++k)
            call->dshared[k] += weights[i] * model->dshared[k];
        for (size_t d = 0; d < width; ++d)
            row.dy[d] *= weights[i];
    }
}

static void score_call(const struct work *work, const struct elbow_likelihood_call *call)
{
    if (work->scoring->weights && call->dy)
        score_weighted(work, call);
    else
        work->function(call);
    for (size_t i = 0; i < call->rows; ++i)
        note(work, i, i, 1);
}

// One likelihood has all columns and uses the arrays of the rows.
static void score_all(const struct work *work)
{
    struct elbow_likelihood_call call = call_of(work);
    call.x = work->scoring->x;
    call.y = work->scoring->y;
    call.dy = work->scoring->dy;
    call.dshared = gradient_of(work);
    score_call(work, &call);
}

// Values picked[0..count) of the part, of rows [row, row + rows).
static void gather(const struct work *work, size_t row, size_t rows, size_t count)
{
    const struct elbow_model *model = work->model;
    const struct elbow_gathering *workspace = &model->gathering;
    const struct elbow_scoring *scoring = work->scoring;
    size_t outputs = work->part->outputs;
    for (size_t i = 0; i < rows; ++i)
        for (size_t k = 0; k < count; ++k) {
            size_t d = elbow_part_column(work->part, workspace->picked[k]);
            workspace->x[i * count + k] = scoring->x[(row + i) * model->values + d];
            memcpy(workspace->y + (i * count + k) * outputs,
                   scoring->y + (row + i) * model->outputs + elbow_model_output(model, d),
                   outputs * sizeof *workspace->y);
        }
}

// Copies the gradients with respect to the outputs of those values to their places.
static void scatter(const struct work *work, size_t row, size_t rows, size_t count)
{
    const struct elbow_model *model = work->model;
    const struct elbow_gathering *workspace = &model->gathering;
    size_t outputs = work->part->outputs;
    for (size_t i = 0; i < rows && work->scoring->dy; ++i)
        for (size_t k = 0; k < count; ++k) {
            size_t d = elbow_part_column(work->part, workspace->picked[k]);
            memcpy(work->scoring->dy + (row + i) * model->outputs + elbow_model_output(model, d),
                   workspace->y + (i * count + k) * outputs, outputs * sizeof *workspace->y);
        }
}

static void pick_all(const struct work *work)
{
    for (size_t k = 0; k < work->part->values; ++k)
        work->model->gathering.picked[k] = k;
}

// One of several likelihoods, for rows without missing values.
static void score_part(const struct work *work)
{
    const struct elbow_gathering *workspace = &work->model->gathering;
    size_t rows = work->scoring->rows, values = work->part->values;
    struct elbow_likelihood_call call = call_of(work);
    pick_all(work);
    gather(work, 0, rows, values);
    call.x = workspace->x;
    call.y = workspace->y;
    call.dy = work->scoring->dy ? workspace->y : NULL;
    call.dshared = gradient_of(work);
    score_call(work, &call);
    scatter(work, 0, rows, values);
}

// Stores the known values of a row in picked, and the mask of its values in known; returns the number of known ones.
static size_t pick_known(const struct work *work, size_t i)
{
    const struct elbow_gathering *workspace = &work->model->gathering;
    const float *known = work->scoring->known + i * work->model->values;
    size_t count = 0;
    for (size_t k = 0; k < work->part->values; ++k) {
        workspace->known[k] = known[elbow_part_column(work->part, k)];
        if (workspace->known[k] != 0)
            workspace->picked[count++] = k;
    }
    return count;
}

// No gradient in the outputs of unknown values.
static void clear_unknown(const struct work *work, size_t i)
{
    const struct elbow_model *model = work->model;
    for (size_t k = 0; k < work->part->values && work->scoring->dy; ++k)
        if (model->gathering.known[k] == 0)
            memset(work->scoring->dy + i * model->outputs + elbow_model_output(model, elbow_part_column(work->part, k)),
                   0, work->part->outputs * sizeof *work->scoring->dy);
}

// The numbers beside the networks that picked values have.
static const float *gather_shared(const struct work *work, size_t count)
{
    const struct elbow_gathering *workspace = &work->model->gathering;
    const float *shared = elbow_part_shared(work->part, work->scoring->parameters);
    if (!shared || !work->part->shared.is_per_value)
        return shared;
    for (size_t k = 0; k < count; ++k)
        workspace->shared[k] = shared[workspace->picked[k]];
    return workspace->shared;
}

// Adds the gradient of a row with respect to the shared numbers.
static void add_shared(const struct work *work, size_t count, float weight)
{
    const struct elbow_shared_numbers *shared = &work->part->shared;
    float *gradient = gradient_of(work);
    size_t numbers = shared->is_per_value ? count : shared->count;
    for (size_t k = 0; gradient && k < numbers; ++k)
        gradient[shared->is_per_value ? work->model->gathering.picked[k] : k] += weight * work->model->dshared[k];
}

// Row i, of which some values may be unknown.
static void score_row(const struct work *work, size_t i)
{
    const struct elbow_gathering *workspace = &work->model->gathering;
    const struct elbow_scoring *scoring = work->scoring;
    float weight = scoring->weights ? scoring->weights[i] : 1;
    size_t known = pick_known(work, i), count = known;
    double share = (double)known / (double)work->part->values;
    work->recon[i] = 0;
    note(work, i, 0, 0);
    if (known == 0) {
        clear_unknown(work, i);
        return;
    }
    struct elbow_likelihood_call call = call_of(work);
    if (work->part->size == ELBOW_SIZE_DATA) {
        pick_all(work);
        count = work->part->values;
        call.known = workspace->known;
    }
    gather(work, i, 1, count);
    clear_unknown(work, i); // now, as dy may be y
    call.rows = 1;
    call.values = count;
    call.x = workspace->x;
    call.y = workspace->y;
    call.size = call.size ? call.size + i : NULL;
    call.shared = gather_shared(work, count);
    call.recon += i;
    call.dy = scoring->dy ? workspace->y : NULL;
    call.dshared = gradient_of(work) ? work->model->dshared : NULL;
    work->function(&call);
    for (size_t k = 0; scoring->weights && call.dy && k < count * work->part->outputs; ++k)
        call.dy[k] *= weight;
    add_shared(work, count, weight);
    scatter(work, i, 1, count);
    note(work, i, 0, share);
}

static void score_rows(const struct work *work)
{
    float *gradient = gradient_of(work);
    for (size_t k = 0; gradient && k < work->part->shared.count; ++k)
        gradient[k] = 0;
    for (size_t i = 0; i < work->scoring->rows; ++i)
        score_row(work, i);
}

static void score(const struct elbow_model *model, const struct elbow_scoring *scoring, bool saturates)
{
    bool has_unknown = !are_known(scoring->known, scoring->rows * model->values);
    for (size_t p = 0; p < model->part_count; ++p) {
        const struct elbow_model_part *part = &model->parts[p];
        struct work work = {.model = model,
                            .part = part,
                            .scoring = scoring,
                            .function = saturates ? part->likelihood->saturated : part->likelihood->score,
                            .recon = p == 0 ? scoring->recon : model->gathering.recon};
        if (has_unknown)
            score_rows(&work);
        else if (model->part_count > 1)
            score_part(&work);
        else
            score_all(&work);
        for (size_t i = 0; p > 0 && i < scoring->rows; ++i)
            scoring->recon[i] += work.recon[i];
    }
}

void elbow_scoring_score(const struct elbow_model *model, const struct elbow_scoring *scoring)
{
    score(model, scoring, false);
}

void elbow_scoring_saturate(const struct elbow_model *model, const struct elbow_scoring *scoring)
{
    score(model, scoring, true);
}
