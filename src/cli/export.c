// SPDX-License-Identifier: BSD-3-Clause
// elbow export: a trained model for other programs.
#include "elbow/cli/command.h"
#include "elbow/evaluate/exporter.h"
#include "elbow/evaluate/session.h"

#include <inttypes.h>
#include <stddef.h>

// The options on the command line.
struct options {
    struct elbow_session_request request;
    const char *output;
};

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct options, request.checkpoint)),
    {.name = "output",
     .letter = 'o',
     .kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "FILE",
     .help = "the output file, with one of these endings:" ELBOW_EXPORT_ENDINGS,
     .offset = offsetof(struct options, output)},
    ELBOW_ROW_FORCE(offsetof(struct options, request.force)),
    ELBOW_ROW_BEST(offsetof(struct options, request.best)),
    ELBOW_ROW_RAW(offsetof(struct options, request.is_raw)),
};

// Collective. Checks that the output can be written, before anything is read.
static enum elbow_status check(struct elbow_call *call, const struct options *options, struct elbow_error *error)
{
    if (elbow_comm_place(call->comm).rank == 0)
        elbow_export_check(options->output, elbow_output_publishing(options->request.force), error);
    return elbow_comm_agree_root(call->comm, error);
}

// Collective.
static enum elbow_status write_files(struct elbow_call *call, const struct options *options,
                                     const struct elbow_session *session, struct elbow_error *error)
{
    const struct elbow_checkpoint *checkpoint = &session->checkpoint;
    struct elbow_export_request request = {.comm = call->comm,
                                           .checkpoint = checkpoint,
                                           .model = session->model,
                                           .is_averaged =
                                               checkpoint->config.train.average > 0 && !options->request.is_raw,
                                           .path = options->output,
                                           .publish = elbow_output_publishing(options->request.force)};
    elbow_path files[ELBOW_EXPORT_FILES];
    int count;
    enum elbow_status status = elbow_export(&request, error);
    if (status != ELBOW_OK || !elbow_export_files(options->output, files, &count))
        return status;
    elbow_log_say(call->log, "%s%s%s: the model of step %" PRIu64 " of %s", files[0], count > 1 ? ", " : "",
                  count > 1 ? files[1] : "", checkpoint->state.step, checkpoint->path);
    return ELBOW_OK;
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {0};
    struct elbow_session session = {0};
    enum elbow_status status = elbow_flags_read(call, &options, error);
    if (status == ELBOW_OK)
        status = check(call, &options, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_session_open(call->comm, &options.request, call->log, &session, error);
    if (status == ELBOW_OK)
        status = check(call, &options, error); // the checkpoint is an input now
    if (status == ELBOW_OK)
        status = write_files(call, &options, &session, error);
    elbow_session_close(call->comm, &session);
    return status;
}

const struct elbow_command elbow_command_export = {
    .name = "export",
    .summary = "write a trained model for other programs",
    .text = "With the ending .safetensors: writes all tensors of the model with their names, and its configuration.\n"
            "With the ending .onnx: writes encoder and decoder as two deterministic graphs, NAME-encoder.onnx (values\n"
            "to mean and log_variance) and NAME-decoder.onnx (z to the mean of p(x|z)), opset 17, with the transforms\n"
            "of the data; values are those of the file, times its factor plus its offset.\n",
    .examples = "elbow export runs/shapes -o shapes.safetensors\n"
                "elbow export runs/mnist-mlp -o mnist.onnx\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
};
