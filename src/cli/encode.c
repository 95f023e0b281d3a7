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

enum elbow_status elbow_command_encode(struct elbow_call *call, struct elbow_error *error)
{
    struct elbow_scoring_request request = {.wants_data = true};
    struct elbow_scoring scoring = {0};
    const char *output = NULL;
    int64_t importance = 0;
    const struct elbow_flag flags[] = {
        {.kind = ELBOW_FLAG_TEXT, .target = &request.checkpoint}, {"data", 0, ELBOW_FLAG_TEXT, &request.data, 0},
        {"labels", 0, ELBOW_FLAG_TEXT, &request.labels, 0},       {"output", 'o', ELBOW_FLAG_TEXT, &output, 0},
        {"importance", 0, ELBOW_FLAG_INTEGER, &importance, 1},    {"best", 0, ELBOW_FLAG_SWITCH, &request.best, 0},
    };
    enum elbow_status status = elbow_flags_read(call, flags, sizeof flags / sizeof *flags, error);
    if (status != ELBOW_OK)
        return status;
    if (request.checkpoint == NULL || output == NULL)
        return elbow_error_set(error, ELBOW_USAGE, "encode needs a checkpoint or run directory, and -o FILE.h5");
    request.output = output;
    status = elbow_scoring_open(call->comm, &request, call->log, &scoring, error);
    if (status == ELBOW_OK)
        status = encode(call, &scoring, importance, output, error);
    elbow_scoring_close(call->comm, &scoring);
    return status;
}
