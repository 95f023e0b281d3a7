// SPDX-License-Identifier: BSD-3-Clause
// Opens the sessions: of the rows and of those for calibration, for both models, and of the training data for a PCA.
// All are opened before the first row is scored, so that errors of the last one are reported before the work.
#include "elbow/evaluate/detail/findings.h"

#include "elbow/base/memory.h"
#include "elbow/output/plot.h"
#include "elbow/output/sink.h"

#include <string.h>

// The score of the request; by default the ELBO.
static enum elbow_status settle_by(const char *word, enum elbow_score_by *by, struct elbow_error *error)
{
    *by = ELBOW_SCORE_BY_ELBO;
    if (word == NULL)
        return ELBOW_OK;
    for (*by = 0; *by < ELBOW_SCORE_BYS; ++*by)
        if (strcmp(word, elbow_score_word(*by)) == 0)
            return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "--by %.60s: expected elbo, recon, kl, importance or deviance", word);
}

static bool needs_prior(enum elbow_score_by by)
{
    return by == ELBOW_SCORE_BY_ELBO || by == ELBOW_SCORE_BY_KL || by == ELBOW_SCORE_BY_IMPORTANCE;
}

// The request of a session. `flag` has space for the words of a sentence.
static struct elbow_session_request request_of(const struct elbow_findings_request *request,
                                               enum elbow_findings_session which, enum elbow_score_by by, char flag[40])
{
    struct elbow_session_request wanted = request->rows;
    bool is_other = which == ELBOW_FINDINGS_AGAINST || which == ELBOW_FINDINGS_CALIBRATION_AGAINST;
    wanted.wants_data = true;
    wanted.wants_names = which == ELBOW_FINDINGS_OWN;
    if (request->importance > 0)
        wanted.needs_prior = (struct elbow_session_needs){"--importance", "without a distribution of z to draw from"};
    if (request->by != NULL && needs_prior(by)) {
        elbow_text_format(flag, 40, "--by %s", elbow_score_word(by));
        wanted.needs_prior = (struct elbow_session_needs){flag, "without a KL; give --by recon"};
    }
    if (which == ELBOW_FINDINGS_OWN)
        return wanted;
    wanted.output = wanted.labels = wanted.names = NULL;
    if (is_other) {
        wanted.checkpoint = request->against;
        wanted.is_beside = true;
        if (needs_prior(by))
            wanted.needs_prior =
                (struct elbow_session_needs){"--against", "without a KL; give --by recon for both models"};
    }
    if (which == ELBOW_FINDINGS_CALIBRATION || which == ELBOW_FINDINGS_CALIBRATION_AGAINST) {
        wanted.data = request->calibrate;
        wanted.data_flag = "--calibrate";
        wanted.mask = request->calibrate_mask;
        wanted.size = request->calibrate_size;
        wanted.condition_count = request->calibrate_condition_count;
        wanted.condition_from = request->calibrate_condition_from;
    }
    if (which == ELBOW_FINDINGS_TRAINING) {
        wanted.data = wanted.mask = wanted.size = wanted.binarize = NULL;
        wanted.condition_count = 0;
        wanted.is_training = true;
    }
    return wanted;
}

// Collective.
static enum elbow_status open_session(struct elbow_comm *comm, const struct elbow_findings_request *request,
                                      enum elbow_findings_session which, struct elbow_log *log,
                                      struct elbow_findings *findings, struct elbow_error *error)
{
    char flag[40];
    struct elbow_session_request wanted = request_of(request, which, findings->by, flag);
    enum elbow_status status = elbow_session_open(comm, &wanted, log, &findings->sessions[which], error);
    findings->has[which] = status == ELBOW_OK;
    return status;
}

// Both models must score the same rows.
static enum elbow_status check_same(const struct elbow_findings_request *request, const struct elbow_findings *findings,
                                    struct elbow_error *error)
{
    const struct elbow_dataset *own = &findings->sessions[ELBOW_FINDINGS_OWN].dataset;
    const struct elbow_dataset *other = &findings->sessions[ELBOW_FINDINGS_AGAINST].dataset;
    bool is_same = own->samples == other->samples && strcmp(own->name, other->name) == 0;
    for (uint64_t i = 0; is_same && i < own->samples; ++i)
        is_same = elbow_dataset_id(own, i) == elbow_dataset_id(other, i);
    if (is_same)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE,
                           "--against %.300s: would score other rows (%.300s) than the first model (%.300s); give both "
                           "the same with --data FILE:/dataset",
                           request->against, other->name, own->name);
}

// A ratio of densities of one thing.
static void warn_of_others(const struct elbow_findings *findings, struct elbow_log *log)
{
    const struct elbow_config *own = &findings->sessions[ELBOW_FINDINGS_OWN].checkpoint.config;
    const struct elbow_config *other = &findings->sessions[ELBOW_FINDINGS_AGAINST].checkpoint.config;
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE], others[ELBOW_LIKELIHOOD_WORDS_SIZE];
    elbow_config_name_likelihoods(own, words);
    elbow_config_name_likelihoods(other, others);
    if (strcmp(words, others) != 0 || own->data.binarize != other->data.binarize ||
        own->data.transform != other->data.transform)
        elbow_log_warn(log,
                       "--against: the models differ in likelihood (%s and %s), data.binarize or data.transform, so "
                       "the ratio of their densities is hard to interpret",
                       words, others);
}

// Collective. Labels given on the command line must say which rows are anomalies; those of the configuration may be
// something else.
static enum elbow_status find_anomalies(struct elbow_comm *comm, const struct elbow_findings_request *request,
                                        struct elbow_log *log, struct elbow_findings *findings,
                                        struct elbow_error *error)
{
    const struct elbow_dataset *dataset = &findings->sessions[ELBOW_FINDINGS_OWN].dataset;
    bool is_asked = request->normal_count > 0 || request->rows.labels != NULL;
    *error = (struct elbow_error){0};
    if (!dataset->has_labels && request->normal_count > 0)
        return elbow_error_set(error, ELBOW_USAGE, "--normal %.200s: %.500s has no labels; give them with --labels",
                               request->normal[0], dataset->name);
    if (!dataset->has_labels)
        return ELBOW_OK;
    if (elbow_comm_place(comm).rank == 0 &&
        elbow_anomalies_find(dataset, request->normal_count, request->normal, &findings->anomalies, error) ==
            ELBOW_USAGE &&
        !is_asked) {
        elbow_log_say(log, "no AUROC: %s", error->message);
        *error = (struct elbow_error){0};
    }
    return elbow_comm_agree_root(comm, error);
}

// Files are not each other's.
static enum elbow_status check_names(const struct elbow_findings_request *request, struct elbow_error *error)
{
    const char *const names[][2] = {
        {"-o", request->rows.output}, {"--curves", request->curves}, {"--picture", request->picture}};
    enum { NAMES = sizeof names / sizeof *names };
    for (int i = 0; i < NAMES; ++i)
        for (int k = i + 1; k < NAMES; ++k)
            if (names[i][1] != NULL && names[k][1] != NULL && strcmp(names[i][1], names[k][1]) == 0)
                return elbow_error_set(error, ELBOW_USAGE, "%s %.500s: is the file of %s; give another name",
                                       names[k][0], names[k][1], names[i][0]);
    return ELBOW_OK;
}

static enum elbow_status check_curves(const struct elbow_findings_request *request,
                                      const struct elbow_findings *findings, struct elbow_error *error)
{
    const uint64_t *of = findings->anomalies.rows;
    if (elbow_plot_check(request->curves, error) != ELBOW_OK ||
        elbow_output_check(request->curves, elbow_output_publishing(request->rows.force), error) != ELBOW_OK)
        return error->status;
    if (of[1] > 0 && of[2] > 0)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE,
                           "--curves %.300s: needs rows that are known to be normal and rows that are known to be "
                           "anomalies; %.300s has none; mark them with --labels and --normal",
                           request->curves, findings->sessions[ELBOW_FINDINGS_OWN].dataset.name);
}

static enum elbow_status check_picture(const struct elbow_findings_request *request,
                                       const struct elbow_findings *findings, struct elbow_error *error)
{
    const struct elbow_gallery gallery = elbow_findings_gallery(NULL, findings);
    if (request->worst == 0)
        return elbow_error_set(error, ELBOW_USAGE, "--picture %.500s: has no rows with -n 0; leave one of them out",
                               request->picture);
    bool plots = elbow_gallery_plots(&gallery, request->picture);
    if (plots ? elbow_gallery_check_lines(request->picture, (uint64_t)request->worst, error) != ELBOW_OK
              : elbow_sink_check_ending(request->picture, true, error) != ELBOW_OK)
        return error->status;
    return elbow_output_check(request->picture, elbow_output_publishing(request->rows.force), error);
}

// Collective. Checks that the pictures have places, and something to show.
static enum elbow_status check_pictures(struct elbow_comm *comm, const struct elbow_findings_request *request,
                                        const struct elbow_findings *findings, struct elbow_error *error)
{
    *error = (struct elbow_error){0};
    if (elbow_comm_place(comm).rank == 0) {
        check_names(request, error);
        if (error->status == ELBOW_OK && request->curves != NULL)
            check_curves(request, findings, error);
        if (error->status == ELBOW_OK && request->picture != NULL)
            check_picture(request, findings, error);
    }
    return elbow_comm_agree_root(comm, error);
}

// Collective. True if there will be figures of a PCA. An obstacle is logged and is not a failure.
static bool wants_training(struct elbow_comm *comm, const struct elbow_findings_request *request, struct elbow_log *log,
                           const struct elbow_findings *findings)
{
    const struct elbow_session *own = &findings->sessions[ELBOW_FINDINGS_OWN];
    const struct elbow_data_facts *facts = &own->checkpoint.data;
    bool wanted = findings->anomalies.is != NULL && findings->anomalies.rows[1] > 0 && findings->anomalies.rows[2] > 0;
    elbow_comm_broadcast(comm, &wanted, sizeof wanted); // the anomalies are rank zero's
    if (!wanted || request->components == 0 || own->checkpoint.config.data.synthetic > 0 || own->frozen != NULL)
        return false;
    if (request->components < 0 && facts->samples * facts->values > ELBOW_BASELINE_VALUES) {
        elbow_log_say(log, "no figures of a PCA: its training data are large; --pca K loads them");
        return false;
    }
    return true;
}

// Collective.
static enum elbow_status open_training(struct elbow_comm *comm, const struct elbow_findings_request *request,
                                       struct elbow_log *log, struct elbow_findings *findings,
                                       struct elbow_error *error)
{
    struct elbow_log quiet = elbow_log_open(false, NULL);
    if (!wants_training(comm, request, log, findings))
        return ELBOW_OK;
    enum elbow_status status = open_session(comm, request, ELBOW_FINDINGS_TRAINING, &quiet, findings, error);
    if (status == ELBOW_OK || request->components > 0)
        return status;
    elbow_log_say(log, "no figures of a PCA: %s", error->message);
    *error = (struct elbow_error){0};
    return ELBOW_OK;
}

size_t elbow_findings_components(const struct elbow_findings *findings, const struct elbow_dataset *training)
{
    size_t most = elbow_baseline_rows(training) < training->values ? elbow_baseline_rows(training) : training->values;
    return findings->components < most ? findings->components : most;
}

// Collective. Opens the model and its rows.
static enum elbow_status open_own(struct elbow_comm *comm, const struct elbow_findings_request *request,
                                  struct elbow_log *log, struct elbow_findings *findings, struct elbow_error *error)
{
    enum elbow_status status = settle_by(request->by, &findings->by, error);
    if (status == ELBOW_OK)
        status = open_session(comm, request, ELBOW_FINDINGS_OWN, log, findings, error);
    if (status != ELBOW_OK)
        return status;
    const struct elbow_model *model = findings->sessions[ELBOW_FINDINGS_OWN].model;
    if (request->by == NULL && model->prior == NULL)
        findings->by = ELBOW_SCORE_BY_RECON;
    findings->importance = request->importance == 0 && findings->by == ELBOW_SCORE_BY_IMPORTANCE
                               ? ELBOW_FINDINGS_IMPORTANCE
                               : request->importance;
    findings->components = request->components < 0 ? model->latent : (size_t)request->components;
    status = find_anomalies(comm, request, log, findings, error);
    return status == ELBOW_OK ? check_pictures(comm, request, findings, error) : status;
}

// Collective. The rows for calibration, and whether they serve.
static enum elbow_status open_calibration(struct elbow_comm *comm, const struct elbow_findings_request *request,
                                          struct elbow_log *log, struct elbow_findings *findings,
                                          struct elbow_error *error)
{
    char flag[40], other_flag[40];
    struct elbow_session_request rows = request_of(request, ELBOW_FINDINGS_OWN, findings->by, flag);
    struct elbow_session_request calibration =
        request_of(request, ELBOW_FINDINGS_CALIBRATION, findings->by, other_flag);
    enum elbow_status status = open_session(comm, request, ELBOW_FINDINGS_CALIBRATION, log, findings, error);
    return status == ELBOW_OK ? elbow_findings_check_calibration(comm, &rows, &calibration, log, findings, error)
                              : status;
}

enum elbow_status elbow_findings_open(struct elbow_comm *comm, const struct elbow_findings_request *request,
                                      struct elbow_log *log, struct elbow_findings *findings, struct elbow_error *error)
{
    elbow_allocate(&findings->sessions, ELBOW_FINDINGS_SESSIONS, sizeof *findings->sessions, "models and their rows",
                   error);
    enum elbow_status status = elbow_comm_agree(comm, error);
    if (status == ELBOW_OK)
        status = open_own(comm, request, log, findings, error);
    if (status == ELBOW_OK && request->calibrate != NULL)
        status = open_calibration(comm, request, log, findings, error);
    if (status == ELBOW_OK && request->against != NULL)
        status = open_session(comm, request, ELBOW_FINDINGS_AGAINST, log, findings, error);
    if (status == ELBOW_OK && request->against != NULL) {
        status = check_same(request, findings, error);
        warn_of_others(findings, log);
    }
    if (status == ELBOW_OK && request->against != NULL && request->calibrate != NULL)
        status = open_session(comm, request, ELBOW_FINDINGS_CALIBRATION_AGAINST, log, findings, error);
    return status == ELBOW_OK ? open_training(comm, request, log, findings, error) : status;
}

void elbow_findings_preview(const struct elbow_findings_request *request, char *note)
{
    char flag[40];
    struct elbow_error error = {0};
    enum elbow_score_by by;
    if (settle_by(request->by, &by, &error) != ELBOW_OK)
        return;
    struct elbow_session_request wanted = request_of(request, ELBOW_FINDINGS_OWN, by, flag);
    elbow_session_preview(&wanted, note);
    wanted = request_of(request, ELBOW_FINDINGS_CALIBRATION, by, flag);
    if (request->calibrate != NULL)
        elbow_session_preview(&wanted, note);
    wanted = request_of(request, ELBOW_FINDINGS_AGAINST, by, flag);
    if (request->against != NULL)
        elbow_session_preview(&wanted, note);
}
