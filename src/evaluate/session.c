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

// Where samples and what lies beside them are. An empty dataset name: none.
struct source {
    elbow_path file, dataset, labels_file, labels, names_file, names, rows_file, rows, groups_file, groups;
    struct elbow_selecting select; // but for those names
};

static enum elbow_status too_long(const char *text, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_USAGE, "%.60s...: the name is longer than %d bytes", text, ELBOW_PATH_SIZE - 1);
}

// The configuration's names were bounded when it was read.
static void locate_one(const struct elbow_config *config, const char *location, elbow_path file, elbow_path dataset)
{
    ELBOW_CHECK(elbow_config_locate(config->data.file, location, file, dataset));
}

// What was held back of the training data, the validation data of the configuration, or its training data.
static void locate_configured(const struct elbow_config *config, struct source *source)
{
    bool has_valid = config->data.valid[0] != '\0', has_share = config->data.valid_share > 0;
    *source = (struct source){.select = {.is_valid = has_share}};
    locate_one(config, has_valid ? config->data.valid : config->data.train, source->file, source->dataset);
    locate_one(config, has_valid ? config->data.valid_labels : config->data.labels, source->labels_file,
               source->labels);
    locate_one(config, has_valid ? config->data.valid_names : config->data.names, source->names_file, source->names);
    if (has_valid)
        return;
    elbow_dataset_select(config, has_share, &source->select);
    locate_one(config, config->data.rows.dataset, source->rows_file, source->rows);
    locate_one(config, config->data.groups, source->groups_file, source->groups);
}

// The labels and names that the configuration has for the source's dataset, where it names that dataset.
static void find_beside(const struct elbow_config *config, struct source *source)
{
    const char *sets[][3] = {{config->data.valid, config->data.valid_labels, config->data.valid_names},
                             {config->data.train, config->data.labels, config->data.names}};
    source->labels[0] = source->names[0] = '\0';
    for (size_t i = 0; i < sizeof sets / sizeof *sets; ++i) {
        elbow_path file, dataset;
        if (!elbow_config_locate(config->data.file, sets[i][0], file, dataset) || strcmp(file, source->file) != 0 ||
            strcmp(dataset, source->dataset) != 0)
            continue;
        locate_one(config, sets[i][1], source->labels_file, source->labels);
        locate_one(config, sets[i][2], source->names_file, source->names);
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
    find_beside(config, source);
    source->rows[0] = source->groups[0] = '\0'; // all rows of what is given
    source->select = (struct elbow_selecting){0};
    return ELBOW_OK;
}

// A flag that names what lies beside the rows.
static enum elbow_status locate_beside(const char *flag, const char *given, bool is_noise, const struct source *source,
                                       elbow_path file, elbow_path dataset, struct elbow_error *error)
{
    if (given == NULL)
        return ELBOW_OK;
    if (is_noise)
        return elbow_error_set(error, ELBOW_USAGE,
                               "%s %.500s: the checkpoint was trained on noise, which has no %s; give --data, too",
                               flag, given, flag + 2);
    if (!elbow_config_locate(source->file, given, file, dataset))
        return too_long(given, error);
    if (dataset[0] == '/' && dataset[1] != '\0')
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "%s %.500s: expected a dataset such as /test/%s or FILE:/test/%s", flag,
                           given, flag + 2, flag + 2);
}

static enum elbow_status locate(const struct elbow_session_request *request, const struct elbow_config *config,
                                struct source *source, struct elbow_error *error)
{
    locate_configured(config, source);
    enum elbow_status status = ELBOW_OK;
    bool is_noise = config->data.synthetic > 0 && request->data == NULL;
    if (request->data != NULL)
        status = locate_given(config, request->data, source, error);
    if (status == ELBOW_OK)
        status =
            locate_beside("--labels", request->labels, is_noise, source, source->labels_file, source->labels, error);
    if (!request->wants_names)
        source->names[0] = '\0';
    else if (status == ELBOW_OK)
        status = locate_beside("--names", request->names, is_noise, source, source->names_file, source->names, error);
    return status;
}

// What is to be loaded of it.
static struct elbow_dataset_request request_of(const struct elbow_config *config, const struct source *source)
{
    struct elbow_dataset_request wanted = elbow_dataset_request_of(config);
    struct elbow_selecting select = source->select;
    select.rows = (struct elbow_companion){.file = source->rows_file, .key = "data.rows"};
    select.groups = (struct elbow_companion){.file = source->groups_file, .key = "data.groups"};
    select.rows.dataset = source->rows[0] != '\0' ? source->rows : NULL;
    select.groups.dataset = source->groups[0] != '\0' ? source->groups : NULL;
    select.length = wanted.select.length;
    select.step = wanted.select.step;
    wanted.file = source->file;
    wanted.dataset = source->dataset;
    wanted.labels_file = source->labels_file;
    wanted.labels = source->labels[0] != '\0' ? source->labels : NULL;
    wanted.names.file = source->names_file;
    wanted.names.dataset = source->names[0] != '\0' ? source->names : NULL;
    wanted.select = select;
    return wanted;
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

static enum elbow_status note_inputs(const struct source *source, struct elbow_error *error)
{
    const char *const files[] = {source->file, source->labels_file, source->names_file, source->rows_file,
                                 source->groups_file};
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < sizeof files / sizeof *files && status == ELBOW_OK; ++i)
        status = elbow_inputs_note(files[i], error);
    return status;
}

// Collective. Whether the output has a place, and is none of the files that are known to be read; `source` may be NULL.
static enum elbow_status check_output(struct elbow_comm *comm, const struct elbow_session_request *request,
                                      const struct source *source, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    if (elbow_comm_place(comm).rank == 0 && request->output != NULL) {
        if (source != NULL)
            status = note_inputs(source, error);
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
    struct elbow_dataset_request wanted = request_of(config, &source);
    wanted.file = is_synthetic ? NULL : source.file;
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
    if (source.groups[0] != '\0')
        elbow_preview_labels(source.groups_file, source.groups, note);
    if (source.names[0] != '\0')
        elbow_preview_labels(source.names_file, source.names, note);
    if (source.rows[0] != '\0')
        elbow_preview_dataset(source.rows_file, source.rows, note);
}

void elbow_session_close(struct elbow_comm *comm, struct elbow_session *session)
{
    elbow_dataset_unload(comm, &session->dataset);
    elbow_model_destroy(session->model);
    elbow_checkpoint_clear(&session->checkpoint);
    *session = (struct elbow_session){0};
}
