// SPDX-License-Identifier: BSD-3-Clause
// elbow score: how unusual each row of a dataset is.
#include "elbow/cli/score.h"
#include "elbow/cli/command.h"
#include "elbow/evaluate/findings.h"

#include <stddef.h>

enum { WORST = 10 };

// The options on the command line.
struct options {
    struct elbow_findings_request request;
    struct elbow_words conditions, calibrate_conditions, normal;
    bool json;
};

static struct options presets(void)
{
    return (struct options){
        .request = {.components = -1, .worst = WORST},
    };
}

static enum elbow_status read_options(const struct elbow_call *call, struct options *options, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, options, error);
    options->request.rows.condition_from = options->conditions.words;
    options->request.rows.condition_count = (size_t)options->conditions.count;
    options->request.calibrate_condition_from = options->calibrate_conditions.words;
    options->request.calibrate_condition_count = (size_t)options->calibrate_conditions.count;
    options->request.normal = options->normal.words;
    options->request.normal_count = (size_t)options->normal.count;
    bool has_beside = options->request.calibrate_mask != NULL || options->request.calibrate_size != NULL ||
                      options->request.calibrate_condition_count > 0;
    if (status == ELBOW_OK && has_beside && options->request.calibrate == NULL)
        return elbow_error_set(
            error, ELBOW_USAGE,
            "--calibrate-mask, --calibrate-size and --calibrate-condition-from belong to --calibrate; "
            "give it, too");
    if (status == ELBOW_OK && options->request.rate > 0 && options->request.calibrate == NULL)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--fdr selects by p-values, which need rows known to be normal; give --calibrate "
                               "FILE:/dataset, too");
    return status;
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = presets();
    struct elbow_findings findings = {0};
    enum elbow_status status = read_options(call, &options, error);
    if (status != ELBOW_OK)
        return status;
    const struct elbow_session_request *rows = &options.request.rows;
    status = elbow_findings_make(call->comm, &options.request, call->log, &findings, error);
    if (status == ELBOW_OK)
        status = elbow_findings_write(call->comm, &findings, rows->output, elbow_output_publishing(rows->force), error);
    if (status == ELBOW_OK)
        status = elbow_findings_draw(call->comm, &findings, &options.request, error);
    if (status == ELBOW_OK && elbow_comm_place(call->comm).rank == 0)
        elbow_score_print(&findings, rows->output, (size_t)options.request.worst, options.json);
    elbow_findings_clear(call->comm, &findings);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = presets();
    struct elbow_error error = {0};
    if (read_options(call, &options, &error) == ELBOW_OK)
        elbow_findings_preview(&options.request, note);
}

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct options, request.rows.checkpoint)),
    ELBOW_ROW_TABLE(offsetof(struct options, request.rows.output)),
    ELBOW_ROW_FORCE(offsetof(struct options, request.rows.force)),
    ELBOW_ROW_DATA(offsetof(struct options, request.rows.data)),
    {.name = "by",
     .kind = ELBOW_FLAG_TEXT,
     .value = "elbo|recon|kl|importance|deviance",
     .help = "the score: -elbo, -recon, kl, -log_likelihood (importance) or deviance (elbo; of a deterministic model "
             "recon)",
     .offset = offsetof(struct options, request.by)},
    {.name = "importance",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "K",
     .help = "also the log-likelihood of every row, from K importance samples (100 with --by importance)",
     .offset = offsetof(struct options, request.importance),
     .least = 1},
    {.name = "calibrate",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE[:/dataset]",
     .help = "rows known to be normal, used neither for training nor for choosing the checkpoint; gives every row a "
             "p-value",
     .offset = offsetof(struct options, request.calibrate)},
    {.name = "calibrate-mask",
     .kind = ELBOW_FLAG_TEXT,
     .value = "[FILE:]/dataset",
     .help = "like --mask, for the rows of --calibrate",
     .offset = offsetof(struct options, request.calibrate_mask)},
    {.name = "calibrate-size",
     .kind = ELBOW_FLAG_TEXT,
     .value = "[FILE:]/dataset",
     .help = "like --size, for the rows of --calibrate",
     .offset = offsetof(struct options, request.calibrate_size)},
    {.name = "calibrate-condition-from",
     .kind = ELBOW_FLAG_LIST,
     .value = "[NAME=][FILE:]/dataset",
     .help = "like --condition-from, for the rows of --calibrate",
     .offset = offsetof(struct options, calibrate_conditions)},
    {.name = "fdr",
     .kind = ELBOW_FLAG_SHARE,
     .value = "Q",
     .help = "also selects rows; on average at most this share of them is normal (needs --calibrate)",
     .offset = offsetof(struct options, request.rate)},
    {.name = "labels",
     .kind = ELBOW_FLAG_TEXT,
     .value = "[FILE:]/dataset",
     .help = ELBOW_HELP_LABELS ": 1 is an anomaly, 0 a normal row; gives AUROC and average precision",
     .offset = offsetof(struct options, request.rows.labels)},
    {.name = "normal",
     .kind = ELBOW_FLAG_LIST,
     .value = "CLASS",
     .help = "a class of the labels that is normal, by name or number; may be repeated",
     .offset = offsetof(struct options, normal)},
    {.name = "pca",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "K",
     .help = "components of the PCA for comparison (those of the latent space; 0: none)",
     .offset = offsetof(struct options, request.components),
     .least = 0},
    {.name = "curves",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE",
     .help =
         "also draws the receiver operating characteristic and precision against recall, with one of these endings: "
         ".png .svg .pdf",
     .offset = offsetof(struct options, request.curves)},
    {.name = "against",
     .kind = ELBOW_FLAG_TEXT,
     .value = "CHECKPOINT",
     .help =
         "another model: the score is that of the first model minus that of this one, the log of a likelihood ratio",
     .offset = offsetof(struct options, request.against)},
    {.name = "worst",
     .letter = 'n',
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "number of the most unusual rows to list, and to show by --picture (10)",
     .offset = offsetof(struct options, request.worst),
     .least = 0},
    {.name = "picture",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE",
     .help =
         "also shows the most unusual rows, each beside its reconstruction and a map of the errors, with one of these "
         "endings:" ELBOW_SINK_ENDINGS "; rows that are not images as lines: .png .svg .pdf",
     .offset = offsetof(struct options, request.picture)},
    ELBOW_ROW_MASK(offsetof(struct options, request.rows.mask)),
    ELBOW_ROW_SIZE(offsetof(struct options, request.rows.size)),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct options, conditions), "the rows of --data"),
    ELBOW_ROW_BINARIZE(offsetof(struct options, request.rows.binarize)),
    ELBOW_ROW_NAMES(offsetof(struct options, request.rows.names)),
    ELBOW_ROW_BEST(offsetof(struct options, request.rows.best)),
    ELBOW_ROW_RAW(offsetof(struct options, request.rows.is_raw)),
    ELBOW_ROW_JSON(offsetof(struct options, json)),
};

const struct elbow_command elbow_command_score = {
    .name = "score",
    .summary = "score how unusual each row of a dataset is",
    .text = "Writes a score of every row, in input order, with its parts: datasets of an HDF5 file, or columns of a\n"
            "CSV file, depending on the ending of FILE. Larger is more unusual. With --calibrate every row has a\n"
            "p-value, (1 + calibration rows with at least its score) / (calibration rows + 1); --fdr selects the rows\n"
            "that stand out (Benjamini and Hochberg). With labels it prints how well the scores separate anomalies\n"
            "from normal rows, with 95 % intervals, beside a PCA with the same number of dimensions. Rows are\n"
            "binarised and scored as by elbow eval: the same bits each time.\n",
    .examples =
        "elbow score runs/normal -o scores.h5 --data new.h5:/rows --calibrate new.h5:/known_normal --fdr 0.05\n"
        "mpirun -n 8 elbow score runs/ones -o scores.csv --data data/mnist.h5:/test/images --normal 1 --by recon\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .result_on_stdout = true,
    .run = run,
    .preview = preview,
};
