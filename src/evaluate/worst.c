// SPDX-License-Identifier: BSD-3-Clause
// All ranks score, rank zero keeps the worst rows so far, in order.
#include "elbow/evaluate/worst.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/measure.h"
#include "elbow/parallel/ordered_rows.h"

#include <math.h>
#include <string.h>

struct searching {
    struct elbow_measured measured;
    struct elbow_worst *worst;
    uint64_t most;
};

static void produce(void *user, uint64_t first, size_t count, void *results)
{
    struct searching *searching = user;
    elbow_measured_evaluate(&searching->measured, first, count);
    memcpy(results, searching->measured.recon, count * sizeof(double));
}

static bool is_below(double recon, double other)
{
    return isnan(recon) ? !isnan(other) : recon < other;
}

// Rows come in order: a row with an equal score is placed behind earlier ones.
static void take(struct searching *searching, uint64_t row, double recon)
{
    struct elbow_worst *worst = searching->worst;
    uint64_t at = worst->count;
    if (at == searching->most && !is_below(recon, worst->recon[at - 1]))
        return;
    if (at == searching->most)
        --at;
    else
        ++worst->count;
    for (; at > 0 && is_below(recon, worst->recon[at - 1]); --at) {
        worst->rows[at] = worst->rows[at - 1];
        worst->recon[at] = worst->recon[at - 1];
    }
    worst->rows[at] = row;
    worst->recon[at] = recon;
}

static enum elbow_status consume(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error)
{
    const double *recon = results;
    (void)error;
    for (uint64_t i = 0; i < count; ++i)
        take(user, first + i, recon[i]);
    return ELBOW_OK;
}

enum elbow_status elbow_worst_find(const struct elbow_evaluation_request *request, uint64_t count,
                                   struct elbow_worst *worst, struct elbow_error *error)
{
    uint64_t samples = request->dataset->samples;
    struct searching searching = {.worst = worst, .most = count < samples ? count : samples};
    const struct elbow_measure_plan plan = {.request = request, .latent = request->model->latent};
    const struct elbow_array arrays[] = {ELBOW_ARRAY(worst->rows, searching.most),
                                         ELBOW_ARRAY(worst->recon, searching.most)};
    const struct elbow_ordered_rows_job job = {.rows = samples,
                                               .microbatch = (size_t)request->config->train.microbatch,
                                               .row_bytes = sizeof(double),
                                               .user = &searching,
                                               .produce = produce,
                                               .consume = consume,
                                               .check = elbow_dataset_check_rows,
                                               .source = request->dataset,
                                               .runs = elbow_dataset_runs(request->dataset)};
    ELBOW_CHECK(count > 0);
    *worst = (struct elbow_worst){0};
    *error = (struct elbow_error){0};
    if (elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the worst rows", error) == ELBOW_OK)
        elbow_measured_create(&plan, job.microbatch, &searching.measured, error);
    if (elbow_comm_agree(request->comm, error) == ELBOW_OK)
        elbow_ordered_rows_run(request->comm, &job, error);
    elbow_measured_destroy(&searching.measured);
    if (error->status != ELBOW_OK)
        return error->status;
    elbow_comm_broadcast(request->comm, &worst->count, sizeof worst->count);
    elbow_comm_broadcast(request->comm, worst->rows, searching.most * sizeof *worst->rows);
    elbow_comm_broadcast(request->comm, worst->recon, searching.most * sizeof *worst->recon);
    return ELBOW_OK;
}

void elbow_worst_clear(struct elbow_worst *worst)
{
    elbow_release(&worst->rows);
    elbow_release(&worst->recon);
    *worst = (struct elbow_worst){0};
}
