// SPDX-License-Identifier: BSD-3-Clause
// elbow encode: latents and bounds of every row of a dataset.
#include "elbow/cli/command.h"
#include "elbow/run/encoder.h"
#include "elbow/run/scoring.h"

#include <inttypes.h>

// Collective.
static enum elbow_status encode(struct elbow_call *call, struct elbow_scoring *scoring, int64_t importance,
                                const char *output, struct elbow_error *error)
{
    const struct elbow_checkpoint *checkpoint = &scoring->checkpoint;
    struct elbow_evaluation_request request = {.comm = call->comm,
                                               .model = scoring->model,
                                               .parameters = checkpoint->values,
                                               .dataset = &scoring->dataset,
                                               .config = &checkpoint->config,
                                               .beta = checkpoint->config.objective.beta,
                                               .importance = importance};
    enum elbow_status status = elbow_encode(&request, output, error);
    if (status == ELBOW_OK)
        elbow_log_say(call->log, "%s: %" PRIu64 " rows encoded by step %" PRIu64 " of %s", output,
                      scoring->dataset.samples, checkpoint->state.step, checkpoint->path);
    return status;
}

static enum elbow_status read_flags(const struct elbow_call *call, struct elbow_scoring_request *request,
                                    int64_t *importance, struct elbow_error *error)
{
    const struct elbow_flag flags[] = {
        {.kind = ELBOW_FLAG_TEXT, .target = &request->checkpoint},
        {"data", 0, ELBOW_FLAG_TEXT, &request->data, 0},
        {"labels", 0, ELBOW_FLAG_TEXT, &request->labels, 0},
        {"output", 'o', ELBOW_FLAG_TEXT, &request->output, 0},
        {"importance", 0, ELBOW_FLAG_INTEGER, importance, 1},
        {"best", 0, ELBOW_FLAG_SWITCH, &request->best, 0},
    };
    request->wants_data = true;
    enum elbow_status status = elbow_flags_read(call, flags, sizeof flags / sizeof *flags, error);
    if (status == ELBOW_OK && (request->checkpoint == NULL || request->output == NULL))
        status = elbow_error_set(error, ELBOW_USAGE, "encode needs a checkpoint or run directory, and -o FILE.h5");
    return status;
}

void elbow_preview_encode(const struct elbow_call *call, char *note)
{
    struct elbow_scoring_request request = {0};
    struct elbow_error error = {0};
    int64_t importance = 0;
    if (read_flags(call, &request, &importance, &error) == ELBOW_OK)
        elbow_scoring_preview(&request, note);
}

enum elbow_status elbow_command_encode(struct elbow_call *call, struct elbow_error *error)
{
    struct elbow_scoring_request request = {0};
    struct elbow_scoring scoring = {0};
    int64_t importance = 0;
    enum elbow_status status = read_flags(call, &request, &importance, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_scoring_open(call->comm, &request, call->log, &scoring, error);
    if (status == ELBOW_OK)
        status = encode(call, &scoring, importance, request.output, error);
    elbow_scoring_close(call->comm, &scoring);
    return status;
}
