// SPDX-License-Identifier: BSD-3-Clause
// The figures of a report: an evaluation of all rows, and measures of as many rows as take a short time.
#include "elbow/report/detail/page.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/evaluate/evaluator.h"
#include "elbow/evaluate/gallery.h"
#include "elbow/vae/objective.h"
#include "elbow/vae/prior.h"

#include <string.h>

enum {
    ROWS_MAX = 2000,       // measured rows: the time grows with their square
    ROWS_LEAST = 100,      // minimum of measured rows that have many values
    VALUES_MAX = 20000000, // values of all measured rows
    PAIRED_MAX = 20000     // rows of a dataset whose KL is split into parts, which takes a thousand times their number
};

static size_t rows_to_measure(size_t values)
{
    size_t rows = VALUES_MAX / values;
    return rows > ROWS_MAX ? ROWS_MAX : rows < ROWS_LEAST ? ROWS_LEAST : rows;
}

static bool has_parts(const struct elbow_session *session)
{
    const struct elbow_model *model = session->model;
    return model->prior != NULL && model->prior->pull != NULL && model->classes <= 1 &&
           session->dataset.samples <= PAIRED_MAX;
}

// Copies the names of classes, because the dataset is freed with the session.
static enum elbow_status keep_names(struct elbow_reported *reported, struct elbow_error *error)
{
    struct elbow_evaluation *evaluation = &reported->evaluation;
    size_t size = 1, length = 0;
    for (size_t c = 0; c < evaluation->class_count; ++c)
        size += evaluation->classes[c].name == NULL ? 0 : strlen(evaluation->classes[c].name) + 1;
    if (elbow_allocate(&reported->names, size, 1, "names of classes", error) != ELBOW_OK) {
        elbow_evaluation_clear(evaluation);
        return error->status;
    }
    for (size_t c = 0; c < evaluation->class_count; ++c) {
        const char *name = evaluation->classes[c].name;
        if (name == NULL)
            continue;
        evaluation->classes[c].name = strcpy(reported->names + length, name);
        length += strlen(name) + 1;
    }
    return ELBOW_OK;
}

// Collective. Notes the reason why these rows have no measures.
static enum elbow_status measure(const struct elbow_measuring_request *request, struct elbow_reported *reported,
                                 struct elbow_error *error)
{
    enum elbow_status status = elbow_measure_latents(request, reported->measuring, error);
    if (status == ELBOW_OK || status == ELBOW_MEMORY)
        return status;
    size_t length = strlen(error->message);
    struct elbow_error none = {0};
    elbow_allocate(&reported->why_unmeasured, length + 1, 1, "a sentence", &none);
    if (none.status == ELBOW_OK)
        memcpy(reported->why_unmeasured, error->message, length);
    *error = none;
    return elbow_comm_agree(request->comm, error);
}

enum elbow_status elbow_reported_measure(struct elbow_comm *comm, struct elbow_session *session,
                                         struct elbow_reported *reported, struct elbow_error *error)
{
    const struct elbow_config *config = &session->checkpoint.config;
    struct elbow_log silence = elbow_log_open(false, NULL);
    struct elbow_evaluation_request evaluation = {.comm = comm,
                                                  .model = session->model,
                                                  .parameters = session->checkpoint.values,
                                                  .dataset = &session->dataset,
                                                  .config = config,
                                                  .terms = elbow_objective_terms(config, config->objective.beta),
                                                  .kl_block = has_parts(session) ? ELBOW_KL_BLOCK : 0,
                                                  .per_class = true,
                                                  .deviance = true};
    const struct elbow_measuring_request measuring = {.comm = comm,
                                                      .log = &silence,
                                                      .model = &evaluation,
                                                      .left_out =
                                                          1u << ELBOW_YARDSTICK_KL | 1u << ELBOW_YARDSTICK_UNITS,
                                                      .facts = &session->checkpoint.data,
                                                      .rows = rows_to_measure(session->model->values),
                                                      .neighbours = ELBOW_MEASURING_NEIGHBOURS,
                                                      .seed = (uint64_t)config->seed};
    *error = (struct elbow_error){0};
    elbow_allocate(&reported->measuring, 1, sizeof *reported->measuring, "measures", error);
    enum elbow_status status = elbow_comm_agree(comm, error);
    if (status == ELBOW_OK)
        status = elbow_evaluate(&evaluation, &reported->evaluation, error);
    if (status == ELBOW_OK) {
        keep_names(reported, error);
        status = elbow_comm_agree(comm, error);
    }
    evaluation.kl_block = 0;
    if (status == ELBOW_OK)
        status = measure(&measuring, reported, error);
    elbow_log_close(&silence);
    return status;
}

enum elbow_status elbow_reported_draw(struct elbow_comm *comm, const struct elbow_session *session,
                                      struct elbow_reported *reported, struct elbow_error *error)
{
    static const uint64_t rows[ELBOW_REPORTED_LINES] = {0, 1, 2, 3, 4, 5};
    const struct elbow_checkpoint *checkpoint = &session->checkpoint;
    const struct elbow_gallery gallery = {.comm = comm,
                                          .model = session->model,
                                          .parameters = checkpoint->values,
                                          .data = &checkpoint->data,
                                          .config = &checkpoint->config,
                                          .frozen = session->frozen};
    uint64_t samples = session->dataset.samples;
    const struct elbow_gallery_list list = {.rows = rows,
                                            .count = samples < ELBOW_REPORTED_LINES ? samples : ELBOW_REPORTED_LINES};
    if (elbow_gallery_has_pictures(&gallery))
        return ELBOW_OK;
    return elbow_gallery_plot_rows(&gallery, &session->dataset, &list, reported->lines, error);
}
