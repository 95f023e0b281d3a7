// SPDX-License-Identifier: BSD-3-Clause
// A checkpoint, its model, and data scaled as in training. The request and the checkpoint's configuration alone
// determine the data, so all ranks use the same.
#include "elbow/evaluate/session.h"

#include "elbow/base/memory.h"
#include "elbow/data/preview.h"
#include "elbow/evaluate/detail/places.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void tell_data(const struct elbow_session *session, bool has_mask, struct elbow_log *log)
{
    const struct elbow_dataset *dataset = &session->dataset;
    const struct elbow_config *config = &session->checkpoint.config;
    elbow_dataset_log(dataset, "data", "", log);
    if (config->data.binarize == ELBOW_BINARIZE_THRESHOLD)
        elbow_log_say(log, "data: values above %g count as 1, others as 0 (binarize: threshold)",
                      config->data.threshold);
    if (config->data.binarize == ELBOW_BINARIZE_SAMPLE)
        elbow_log_say(log, "data: each value is drawn as 0 or 1, always the same for a row (binarize: sample)");
    if (config->data.mask[0] != '\0' && !has_mask)
        elbow_log_warn(log,
                       "%s: the model was trained with data.mask, and there is none for these rows: all of their "
                       "values count as known%s; give one with --mask",
                       dataset->name,
                       config->data.missing != ELBOW_MISSING_REFUSE ? ", except for those of data.missing" : "");
    struct elbow_demand demand = elbow_config_demand(config);
    const char *binary = elbow_demand_word(&demand, ELBOW_SUPPORT_BINARY);
    if (binary != NULL && !dataset->is_binary)
        elbow_log_warn(
            log,
            "%s: has values between 0 and 1, for which recon and elbo are not log-probabilities of a %s likelihood",
            dataset->name, binary);
}

// Collective.
static enum elbow_status find_files(struct elbow_comm *comm, const struct elbow_session_request *request,
                                    const struct elbow_config *config, struct elbow_session_places *places,
                                    struct elbow_session_files *files, struct elbow_error *error)
{
    bool is_synthetic = config->data.synthetic > 0 && request->data == NULL;
    elbow_session_locate(request, config, places, error);
    enum elbow_status status = elbow_comm_agree(comm, error);
    if (status == ELBOW_OK && !is_synthetic)
        status = elbow_session_find(comm, places, files, error);
    return status == ELBOW_OK ? elbow_session_check_output(comm, request, files, error) : status;
}

// A file without a dataset means the dataset that the configuration names.
static void log_default_dataset(const struct elbow_session_request *request, const struct elbow_session_files *files,
                                struct elbow_log *log)
{
    const struct elbow_files *rows = &files->parts[ELBOW_SESSION_ROWS];
    const char *flag = request->data_flag != NULL ? request->data_flag : "--data";
    if (request->data == NULL || strstr(request->data, ":/") != NULL || rows->count == 0 || request->is_beside)
        return;
    elbow_log_say(log, "data: %s %s names no dataset: %s%s is used, as in training; write FILE:/dataset for another",
                  flag, request->data, rows->datasets[0], rows->channels > 1 ? " and so on" : "");
}

// Paths of a checkpoint are as its start was given them: from another directory they may lead nowhere.
static void tell_of_paths(const struct elbow_session_request *request, const struct elbow_session_places *places,
                          struct elbow_error *error)
{
    const struct elbow_session_place *rows = &places->parts[ELBOW_SESSION_ROWS];
    struct elbow_place_of place = {.next = rows->places};
    elbow_path file, dataset;
    size_t length = strlen(error->message);
    if (error->status != ELBOW_FILE || request->data != NULL || !elbow_places_next(&place) ||
        !elbow_config_locate(rows->file, place.location, file, dataset) || access(file, F_OK) == 0)
        return;
    snprintf(error->message + length, sizeof error->message - length,
             "; the checkpoint has this name of the data%s: if they have moved, give --data FILE[:/dataset]",
             file[0] == '/' ? "" : ", from the directory where training was started");
}

// Collective.
static enum elbow_status load_data(struct elbow_comm *comm, const struct elbow_session_request *request,
                                   struct elbow_log *log, struct elbow_session *session, struct elbow_error *error)
{
    const struct elbow_config *config = &session->checkpoint.config;
    struct elbow_session_places *places = NULL; // of many kilobytes
    struct elbow_session_files files = {0};
    bool has_mask = false;
    elbow_allocate(&places, 1, sizeof *places, "names of files", error);
    enum elbow_status status = elbow_comm_agree(comm, error);
    if (status == ELBOW_OK)
        status = find_files(comm, request, config, places, &files, error);
    if (status == ELBOW_OK) {
        struct elbow_frozen *frozen = session->frozen;
        struct elbow_dataset_request wanted =
            elbow_session_dataset(frozen != NULL ? &frozen->config : config, places, &files);
        has_mask = wanted.mask.dataset != NULL;
        wanted.reference = &session->checkpoint.data;
        wanted.reference_name = session->checkpoint.path;
        wanted.is_settled = true;
        if (frozen != NULL)
            elbow_frozen_request(frozen, config, &wanted);
        status = elbow_dataset_load(comm, &wanted, log, &session->dataset, error);
        if (status == ELBOW_OK)
            log_default_dataset(request, &files, log);
    }
    if (status == ELBOW_OK && session->frozen != NULL) {
        elbow_dataset_lead_through(&session->dataset, &session->frozen->through, error);
        status = elbow_comm_agree(comm, error);
    }
    if (status == ELBOW_OK)
        status = elbow_session_load_numbers(comm, elbow_session_numbers(places, &files), session, error);
    if (status != ELBOW_OK && places != NULL)
        tell_of_paths(request, places, error);
    elbow_session_files_clear(&files);
    elbow_release(&places);
    if (status == ELBOW_OK)
        tell_data(session, has_mask, log);
    return status;
}

// Collective. The number of rows in the first source.
static enum elbow_status count_conditions(struct elbow_comm *comm, const struct elbow_condition_sources *sources,
                                          uint64_t *count, struct elbow_error *error)
{
    *error = (struct elbow_error){0};
    if (elbow_comm_place(comm).rank == 0)
        elbow_condition_count(&sources->sources[0], count, error);
    if (elbow_comm_agree_root(comm, error) == ELBOW_OK)
        elbow_comm_broadcast(comm, count, sizeof *count);
    return error->status;
}

// Collective. The conditions of samples.
static enum elbow_status load_sources(struct elbow_comm *comm, const struct elbow_condition_sources *sources,
                                      struct elbow_log *log, struct elbow_session *session, struct elbow_error *error)
{
    struct elbow_conditions copy = {0};
    enum elbow_status status = count_conditions(comm, sources, &session->condition_rows, error);
    const struct elbow_selection all = elbow_selection_all(session->condition_rows);
    const struct elbow_condition_loading loading = {.sources = sources,
                                                    .known = &session->checkpoint.data.conditions,
                                                    .known_name = session->checkpoint.path,
                                                    .selection = &all,
                                                    .rows_name = "--condition-from"};
    if (status == ELBOW_OK)
        status = elbow_conditions_load(comm, &loading, log, &copy, session->conditions, error);
    elbow_conditions_clear(&copy);
    return status;
}

// Collective.
static enum elbow_status load_conditions(struct elbow_comm *comm, const struct elbow_session_request *request,
                                         struct elbow_log *log, struct elbow_session *session,
                                         struct elbow_error *error)
{
    const struct elbow_config *config = &session->checkpoint.config;
    struct elbow_session_places *places = NULL; // of many kilobytes
    struct elbow_session_files files = {0};
    struct elbow_condition_sources sources;
    elbow_allocate(&places, 1, sizeof *places, "names of files", error);
    enum elbow_status status = elbow_comm_agree(comm, error);
    if (status == ELBOW_OK)
        status = find_files(comm, request, config, places, &files, error);
    if (status == ELBOW_OK) {
        elbow_session_conditions(config, places, &files, &sources);
        status = load_sources(comm, &sources, log, session, error);
    }
    elbow_session_files_clear(&files);
    elbow_release(&places);
    return status;
}

static const char *const binarize_words[] = {ELBOW_BINARIZE_LIST(ELBOW_KIND_WORD) NULL};

static enum elbow_status check_binarize(const char *word, const struct elbow_config *config, struct elbow_error *error)
{
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE];
    bool is_for_bits = true;
    for (size_t p = 0; p < elbow_config_likelihood_count(config); ++p)
        is_for_bits =
            is_for_bits && elbow_likelihood_support(elbow_config_likelihood(config, p)) == ELBOW_SUPPORT_BINARY;
    if (config->data.binarize == ELBOW_BINARIZE_NONE || is_for_bits)
        return ELBOW_OK;
    elbow_config_name_likelihoods(config, words);
    return elbow_error_set(error, ELBOW_USAGE,
                           "--binarize %s: a %s likelihood does not score zeros and ones; leave it out", word, words);
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

// Collective. Chooses the averaged weights, if the run has them and the request is not for the others.
static void choose_weights(struct elbow_comm *comm, const struct elbow_session_request *request, struct elbow_log *log,
                           struct elbow_checkpoint *checkpoint)
{
    double decay = checkpoint->config.train.average;
    if (!request->is_raw && elbow_checkpoint_take_average(comm, checkpoint))
        elbow_log_say(log, "weights: averaged (train.average: %g); --raw-weights uses the trained ones", decay);
    else if (decay > 0)
        elbow_log_say(log, "weights: the trained ones, not their averages");
}

// Collective. The model with memory for the microbatches of training, so that all commands give the same results.
static enum elbow_status make_model(struct elbow_comm *comm, struct elbow_session *session, struct elbow_error *error)
{
    const struct elbow_checkpoint *checkpoint = &session->checkpoint;
    elbow_model_create_shaped(&checkpoint->config,
                              elbow_model_sample(&checkpoint->config, checkpoint->data.layout,
                                                 (size_t)checkpoint->data.rank, checkpoint->data.shape),
                              (size_t)checkpoint->config.train.microbatch, &session->model, error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        return error->status;
    ELBOW_CHECK(session->model->parameters.size == checkpoint->parameters.size);
    return ELBOW_OK;
}

// Collective. The model in front of the data, which must be unchanged.
static enum elbow_status load_frozen(struct elbow_comm *comm, struct elbow_log *log, struct elbow_session *session,
                                     struct elbow_error *error)
{
    const struct elbow_checkpoint *checkpoint = &session->checkpoint;
    enum elbow_status status = elbow_frozen_load(comm, &checkpoint->config, log, &session->frozen, error);
    return status == ELBOW_OK ? elbow_frozen_check(session->frozen, &checkpoint->data, checkpoint->path, error)
                              : status;
}

// Checks that the model of a checkpoint can serve a request.
static enum elbow_status check_needs(const struct elbow_session_request *request, const struct elbow_session *session,
                                     struct elbow_error *error)
{
    const struct elbow_config *config = &session->checkpoint.config;
    if (request->corrupt && config->model.input.corrupt == ELBOW_CORRUPT_NONE)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--corrupt: %.500s was trained without model.input.corrupt; leave it out",
                               session->checkpoint.path);
    if (request->needs_classifier != NULL && session->model->classes < 2)
        return elbow_error_set(error, ELBOW_USAGE, "%s: %.500s was trained without model.classifier; leave it out",
                               request->needs_classifier, session->checkpoint.path);
    if (request->needs_prior.what == NULL || session->model->prior != NULL)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "%s: %.500s has model.posterior: %s, %s", request->needs_prior.what,
                           session->checkpoint.path, elbow_config_choice("model.posterior", config->model.posterior),
                           request->needs_prior.why);
}

// Collective. Refuses an output that would replace a file that the model was trained on, even if it is not read.
static enum elbow_status spare_training(struct elbow_comm *comm, const struct elbow_session_request *request,
                                        const struct elbow_session *session, struct elbow_error *error)
{
    if (elbow_comm_place(comm).rank == 0)
        elbow_session_note_training(request, &session->checkpoint.config, error);
    if (elbow_comm_place(comm).rank == 0 && session->frozen != NULL && error->status == ELBOW_OK)
        elbow_session_note_training(request, &session->frozen->checkpoint.config, error);
    enum elbow_status status = elbow_comm_agree_root(comm, error);
    return status == ELBOW_OK ? elbow_session_check_output(comm, request, NULL, error) : status;
}

enum elbow_status elbow_session_open(struct elbow_comm *comm, const struct elbow_session_request *request,
                                     struct elbow_log *log, struct elbow_session *session, struct elbow_error *error)
{
    *session = (struct elbow_session){0};
    *error = (struct elbow_error){0};
    enum elbow_status status = elbow_session_check_output(comm, request, NULL, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_checkpoint_load(comm, request->checkpoint, request->best, log, &session->checkpoint, error);
    if (status == ELBOW_OK)
        choose_weights(comm, request, log, &session->checkpoint);
    if (status == ELBOW_OK)
        status = set_binarize(request->binarize, &session->checkpoint.config, error);
    if (status == ELBOW_OK)
        status = load_frozen(comm, log, session, error);
    if (status == ELBOW_OK)
        status = make_model(comm, session, error);
    if (status == ELBOW_OK)
        status = check_needs(request, session, error);
    if (status == ELBOW_OK)
        status = spare_training(comm, request, session, error);
    if (status == ELBOW_OK && !request->wants_data && request->condition_count > 0)
        status = load_conditions(comm, request, log, session, error);
    if (status == ELBOW_OK && request->wants_data)
        status = load_data(comm, request, log, session, error);
    if (status != ELBOW_OK)
        elbow_session_close(comm, session);
    return status;
}

// Finds the files on this rank alone; false if that fails.
static bool find_alone(const struct elbow_session_request *request, struct elbow_config *config,
                       struct elbow_session_places *places, struct elbow_session_files *files)
{
    struct elbow_error error = {0};
    return elbow_checkpoint_peek(request->checkpoint, request->best, config, &error) == ELBOW_OK &&
           elbow_session_locate(request, config, places, &error) == ELBOW_OK &&
           (config->data.synthetic == 0 || request->data != NULL || !request->wants_data) &&
           elbow_session_find(NULL, places, files, &error) == ELBOW_OK;
}

void elbow_session_preview(const struct elbow_session_request *request, char *note)
{
    struct elbow_config *config = NULL;
    struct elbow_session_places *places = NULL;
    struct elbow_session_files files = {0};
    if (request->checkpoint != NULL && (request->wants_data || request->condition_count > 0) &&
        elbow_allocate(&config, 1, sizeof *config, "the configuration", NULL) == ELBOW_OK &&
        elbow_allocate(&places, 1, sizeof *places, "names of files", NULL) == ELBOW_OK &&
        find_alone(request, config, places, &files))
        for (int i = 0; i < ELBOW_SESSION_PARTS; ++i)
            elbow_preview_files(&files.parts[i],
                                i != ELBOW_SESSION_ROWS && i != ELBOW_SESSION_CHOSEN && i != ELBOW_SESSION_MASK, note);
    elbow_session_files_clear(&files);
    elbow_release(&config);
    elbow_release(&places);
}

void elbow_session_close(struct elbow_comm *comm, struct elbow_session *session)
{
    elbow_dataset_unload(comm, &session->dataset);
    elbow_release(&session->numbers);
    elbow_frozen_destroy(session->frozen);
    for (size_t v = 0; v < ELBOW_NAMED_MAX; ++v)
        elbow_condition_rows_clear(comm, &session->conditions[v]);
    elbow_model_destroy(session->model);
    elbow_checkpoint_clear(&session->checkpoint);
    *session = (struct elbow_session){0};
}
