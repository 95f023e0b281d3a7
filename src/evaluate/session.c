// SPDX-License-Identifier: BSD-3-Clause
// A checkpoint, its model, and data scaled as in training. Which data are meant is settled from the request and the
// checkpoint's configuration alone, hence alike on all ranks.
#include "elbow/evaluate/session.h"

#include "elbow/base/inputs.h"
#include "elbow/base/memory.h"
#include "elbow/base/output.h"
#include "elbow/data/preview.h"
#include "elbow/output/sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Where samples and labels lie. An empty dataset name: none.
struct source {
    elbow_path file, dataset, labels_file, labels;
};

static enum elbow_status too_long(const char *text, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_USAGE, "%.60s...: the name is longer than %d bytes", text, ELBOW_PATH_SIZE - 1);
}

// The validation data of the configuration, or its training data.
static void locate_configured(const struct elbow_config *config, struct source *source)
{
    bool has_valid = config->data.valid[0] != '\0';
    const char *data = has_valid ? config->data.valid : config->data.train;
    const char *labels = has_valid ? config->data.valid_labels : config->data.labels;
    // The configuration's names were bounded when it was read.
    ELBOW_CHECK(elbow_config_locate(config->data.file, data, source->file, source->dataset));
    ELBOW_CHECK(elbow_config_locate(config->data.file, labels, source->labels_file, source->labels));
}

// The labels that the configuration has for the source's dataset, where it names that dataset.
static void find_labels(const struct elbow_config *config, struct source *source)
{
    const char *pairs[][2] = {{config->data.valid, config->data.valid_labels},
                              {config->data.train, config->data.labels}};
    source->labels[0] = '\0';
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; ++i) {
        elbow_path file, dataset;
        if (!elbow_config_locate(config->data.file, pairs[i][0], file, dataset) || strcmp(file, source->file) != 0 ||
            strcmp(dataset, source->dataset) != 0)
            continue;
        ELBOW_CHECK(elbow_config_locate(config->data.file, pairs[i][1], source->labels_file, source->labels));
        return;
    }
}

// FILE:/dataset, or FILE with the dataset's name in the configuration.
static enum elbow_status locate_given(const struct elbow_config *config, const char *data, struct source *source,
                                      struct elbow_error *error)
{
    bool is_whole = strstr(data, ":/") != NULL;
    if (strncmp(data, ":/", 2) == 0)
        return elbow_error_set(error, ELBOW_USAGE, "--data %.500s: lacks the file; write FILE:/dataset", data);
    if (!is_whole && (config->data.synthetic > 0 || source->dataset[0] == '\0'))
        return elbow_error_set(error, ELBOW_USAGE,
                               "--data %.500s: the checkpoint's configuration names no dataset; write FILE:/dataset",
                               data);
    bool fits = is_whole ? elbow_config_locate("", data, source->file, source->dataset)
                         : elbow_text_format(source->file, sizeof source->file, "%s", data);
    if (!fits)
        return too_long(data, error);
    find_labels(config, source);
    return ELBOW_OK;
}

static enum elbow_status locate(const struct elbow_session_request *request, const struct elbow_config *config,
                                struct source *source, struct elbow_error *error)
{
    locate_configured(config, source);
    enum elbow_status status = ELBOW_OK;
    if (request->data != NULL)
        status = locate_given(config, request->data, source, error);
    if (status != ELBOW_OK || request->labels == NULL)
        return status;
    if (config->data.synthetic > 0 && request->data == NULL)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--labels %.500s: the checkpoint was trained on noise, which has no "
                               "labels; give --data, too",
                               request->labels);
    if (!elbow_config_locate(source->file, request->labels, source->labels_file, source->labels))
        return too_long(request->labels, error);
    if (source->labels[0] == '/' && source->labels[1] != '\0')
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE,
                           "--labels %.500s: expected a dataset such as /test/labels or "
                           "FILE:/test/labels",
                           request->labels);
}

// "28 x 28"
static void tell_shape(const struct elbow_data_facts *data, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (uint64_t i = 0; i < data->rank && length < size; ++i)
        length += (size_t)snprintf(text + length, size - length, "%s%" PRIu64, i > 0 ? " x " : "", data->shape[i]);
}

static enum elbow_status check_values(const struct elbow_session *session, struct elbow_error *error)
{
    char shape[256];
    const struct elbow_data_facts *trained = &session->checkpoint.data;
    if (session->dataset.values == trained->values)
        return ELBOW_OK;
    tell_shape(trained, shape, sizeof shape);
    return elbow_error_set(
        error, ELBOW_MISMATCH,
        "%.500s: a sample has %s, but %.500s was trained on samples of %s (%s); give data of that shape",
        session->dataset.name, elbow_text_count(session->dataset.values, "value").text, session->checkpoint.path,
        elbow_text_count(trained->values, "value").text, shape);
}

static void tell_data(const struct elbow_session *session, struct elbow_log *log)
{
    const struct elbow_dataset *dataset = &session->dataset;
    const struct elbow_config *config = &session->checkpoint.config;
    elbow_dataset_log(dataset, "data", "", log);
    if (config->data.binarize == ELBOW_BINARIZE_THRESHOLD)
        elbow_log_say(log, "data: values above %g count as 1, others as 0 (binarize: threshold)",
                      config->data.threshold);
    if (config->data.binarize == ELBOW_BINARIZE_SAMPLE)
        elbow_log_say(log, "data: each value is drawn as 0 or 1, a row's always alike (binarize: sample)");
    struct elbow_demand demand = elbow_config_demand(config);
    if (demand.support == ELBOW_SUPPORT_BINARY && !dataset->is_binary)
        elbow_log_warn(log,
                       "%s: has values between 0 and 1, for which recon and elbo are no log-probabilities of a "
                       "%s likelihood",
                       dataset->name, demand.word);
}

// Collective. Whether the output has a place, and is none of the files that are known to be read; `source` may be NULL.
static enum elbow_status check_output(struct elbow_comm *comm, const struct elbow_session_request *request,
                                      const struct source *source, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    if (elbow_comm_place(comm).rank == 0 && request->output != NULL) {
        if (source != NULL)
            status = elbow_inputs_note(source->file, error);
        if (status == ELBOW_OK && source != NULL)
            status = elbow_inputs_note(source->labels_file, error);
        if (status == ELBOW_OK)
            status = elbow_output_check(request->output, elbow_output_publishing(request->force), error);
        if (status == ELBOW_OK)
            elbow_sink_check_ending(request->output, request->draws, error);
    }
    return elbow_comm_agree_root(comm, error);
}

// Collective.
static enum elbow_status load_data(struct elbow_comm *comm, const struct elbow_session_request *request,
                                   struct elbow_log *log, struct elbow_session *session, struct elbow_error *error)
{
    const struct elbow_config *config = &session->checkpoint.config;
    struct source source;
    enum elbow_status status = locate(request, config, &source, error);
    if (status != ELBOW_OK)
        return status;
    status = check_output(comm, request, &source, error);
    if (status != ELBOW_OK)
        return status;
    bool is_synthetic = config->data.synthetic > 0 && request->data == NULL;
    struct elbow_dataset_request wanted = elbow_dataset_request_of(config);
    wanted.file = is_synthetic ? NULL : source.file;
    wanted.dataset = source.dataset;
    wanted.labels_file = source.labels_file;
    wanted.labels = source.labels[0] != '\0' ? source.labels : NULL;
    wanted.reference = &session->checkpoint.data;
    wanted.reference_name = session->checkpoint.path;
    wanted.is_settled = true;
    status = elbow_dataset_load(comm, &wanted, log, &session->dataset, error);
    if (status == ELBOW_OK)
        status = check_values(session, error);
    if (status == ELBOW_OK)
        tell_data(session, log);
    return status;
}

static const char *const binarize_words[] = {ELBOW_BINARIZE_LIST(ELBOW_KIND_WORD) NULL};

static enum elbow_status check_binarize(const char *word, const struct elbow_config *config, struct elbow_error *error)
{
    enum elbow_likelihood_kind likelihood = (enum elbow_likelihood_kind)config->model.likelihood;
    if (config->data.binarize == ELBOW_BINARIZE_NONE || elbow_likelihood_support(likelihood) == ELBOW_SUPPORT_BINARY)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "--binarize %s: a %s likelihood is not for zeros and ones; leave it out",
                           word, elbow_config_choice("model.likelihood", config->model.likelihood));
}

static enum elbow_status set_binarize(const char *word, struct elbow_config *config, struct elbow_error *error)
{
    if (word == NULL)
        return ELBOW_OK;
    for (int kind = 0; binarize_words[kind] != NULL; ++kind)
        if (strcmp(word, binarize_words[kind]) == 0) {
            config->data.binarize = kind;
            return check_binarize(word, config, error);
        }
    return elbow_error_set(error, ELBOW_USAGE, "--binarize %.60s: expected none, threshold or sample", word);
}

// Collective. The model with room for the microbatches of training: results do not depend on who asks for them.
static enum elbow_status make_model(struct elbow_comm *comm, struct elbow_session *session, struct elbow_error *error)
{
    const struct elbow_checkpoint *checkpoint = &session->checkpoint;
    elbow_model_create_shaped(
        &checkpoint->config,
        elbow_model_sample(checkpoint->data.layout, (size_t)checkpoint->data.rank, checkpoint->data.shape),
        (size_t)checkpoint->config.train.microbatch, &session->model, error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        return error->status;
    ELBOW_CHECK(session->model->parameters.size == checkpoint->parameters.size);
    return ELBOW_OK;
}

enum elbow_status elbow_session_open(struct elbow_comm *comm, const struct elbow_session_request *request,
                                     struct elbow_log *log, struct elbow_session *session, struct elbow_error *error)
{
    *session = (struct elbow_session){0};
    *error = (struct elbow_error){0};
    enum elbow_status status = check_output(comm, request, NULL, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_checkpoint_load(comm, request->checkpoint, request->best, log, &session->checkpoint, error);
    if (status == ELBOW_OK)
        status = set_binarize(request->binarize, &session->checkpoint.config, error);
    if (status == ELBOW_OK)
        status = make_model(comm, session, error);
    if (status == ELBOW_OK && !request->wants_data)
        status = check_output(comm, request, NULL, error);
    if (status == ELBOW_OK && request->wants_data)
        status = load_data(comm, request, log, session, error);
    if (status != ELBOW_OK)
        elbow_session_close(comm, session);
    return status;
}

void elbow_session_preview(const struct elbow_session_request *request, char *note)
{
    struct elbow_config *config = NULL;
    struct elbow_error error = {0};
    struct source source;
    if (request->checkpoint == NULL || !request->wants_data ||
        elbow_allocate(&config, 1, sizeof *config, "the configuration", &error) != ELBOW_OK)
        return;
    bool is_known = elbow_checkpoint_peek(request->checkpoint, request->best, config, &error) == ELBOW_OK &&
                    locate(request, config, &source, &error) == ELBOW_OK;
    bool is_synthetic = is_known && config->data.synthetic > 0 && request->data == NULL;
    elbow_release(&config);
    if (!is_known || is_synthetic)
        return;
    elbow_preview_dataset(source.file, source.dataset, note);
    if (source.labels[0] != '\0')
        elbow_preview_labels(source.labels_file, source.labels, note);
}

void elbow_session_close(struct elbow_comm *comm, struct elbow_session *session)
{
    elbow_dataset_unload(comm, &session->dataset);
    elbow_model_destroy(session->model);
    elbow_checkpoint_clear(&session->checkpoint);
    *session = (struct elbow_session){0};
}
