// SPDX-License-Identifier: BSD-3-Clause
// elbow train
#include "elbow/base/inputs.h"
#include "elbow/cli/command.h"
#include "elbow/cli/configuration.h"
#include "elbow/cli/launcher.h"
#include "elbow/data/configured.h"
#include "elbow/train/trainer.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum elbow_status read_resume(const char *word, enum elbow_resume *resume, struct elbow_error *error)
{
    *resume = ELBOW_RESUME_NEVER;
    if (word == NULL)
        return ELBOW_OK;
    *resume = strcmp(word, "auto") == 0 ? ELBOW_RESUME_AUTO : ELBOW_RESUME_ALWAYS;
    if (*word != 0 && *resume != ELBOW_RESUME_AUTO)
        return elbow_error_set(error, ELBOW_USAGE, "--resume=%s: expected --resume or --resume=auto", word);
    return ELBOW_OK;
}

// "FILE" or "FILE:FIRST-LAST", taken apart.
static enum elbow_status read_trace(const char *word, elbow_path path, struct elbow_train_request *request,
                                    struct elbow_error *error)
{
    if (word == NULL)
        return ELBOW_OK;
    unsigned long long first = 1, last = UINT64_MAX;
    const char *colon = strrchr(word, ':');
    int end = 0;
    bool has_steps = colon != NULL && colon[1 + strspn(colon + 1, "0123456789-")] == 0;
    if (has_steps &&
        (sscanf(colon, ":%19llu-%19llu%n", &first, &last, &end) != 2 || colon[end] != 0 || first < 1 || last < first))
        return elbow_error_set(error, ELBOW_USAGE,
                               "--trace=%.200s: expected FILE or FILE:FIRST-LAST, with steps from 1", word);
    int length = has_steps ? (int)(colon - word) : (int)strlen(word);
    if (length == 0 || !elbow_text_format(path, ELBOW_PATH_SIZE, "%.*s", length, word))
        return elbow_error_set(error, ELBOW_USAGE, "--trace=%.60s: %s", word,
                               length == 0 ? "names no file" : "the path is too long");
    request->trace = path;
    request->trace_first = first;
    request->trace_last = last;
    return ELBOW_OK;
}

// The options on the command line.
struct options {
    const char *path, *run, *resume, *init, *trace;
    bool overwrite, checks, force;
    struct elbow_words sets, notes;
};

static const struct elbow_flag flags[] = {
    {.kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "CONFIG",
     .help = ELBOW_HELP_CONFIG,
     .offset = offsetof(struct options, path)},
    ELBOW_ROW_SET(offsetof(struct options, sets)),
    {.name = "run-dir",
     .kind = ELBOW_FLAG_TEXT,
     .value = "DIR",
     .help = "the run directory (runs/<name of CONFIG>, or the key run.dir)",
     .offset = offsetof(struct options, run)},
    {.name = "resume",
     .kind = ELBOW_FLAG_OPTIONAL_TEXT,
     .value = "auto",
     .help = "continue the run in the run directory; auto: continue it, or start it if there is none",
     .offset = offsetof(struct options, resume)},
    {.name = "overwrite",
     .kind = ELBOW_FLAG_SWITCH,
     .help = "rename the directory of an earlier run, and start a new one",
     .offset = offsetof(struct options, overwrite)},
    {.name = "init",
     .kind = ELBOW_FLAG_TEXT,
     .value = "CHECKPOINT",
     .help = "start with the tensors of another checkpoint, as far as they fit",
     .offset = offsetof(struct options, init)},
    {.name = "trace",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE[:FIRST-LAST]",
     .help = "write a trace of the run, or of some steps, for ui.perfetto.dev or chrome://tracing",
     .offset = offsetof(struct options, trace)},
    {.name = "note",
     .kind = ELBOW_FLAG_LIST,
     .value = "TEXT",
     .help = "a line of text for receipt.txt in the run directory; may be repeated",
     .offset = offsetof(struct options, notes)},
    {.name = "check",
     .kind = ELBOW_FLAG_SWITCH,
     .help = "check options, configuration, files of the data and data.memory, print the run directory, and do not "
             "train",
     .offset = offsetof(struct options, checks)},
    {.name = "force",
     .kind = ELBOW_FLAG_SWITCH,
     .help = "replace the file that --trace names, if it exists",
     .offset = offsetof(struct options, force)},
};

// Reads the options into a request, except for the configuration and the run directory. `trace`: memory for the path of
// a trace.
static enum elbow_status read_options(const struct elbow_call *call, struct options *options, elbow_path trace,
                                      struct elbow_train_request *request, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, options, error);
    if (status == ELBOW_OK)
        status = read_resume(options->resume, &request->resume, error);
    if (status == ELBOW_OK)
        status = read_trace(options->trace, trace, request, error);
    if (status == ELBOW_OK && request->resume != ELBOW_RESUME_NEVER && options->overwrite)
        status = elbow_error_set(error, ELBOW_USAGE, "train: --resume and --overwrite exclude each other");
    if (status == ELBOW_OK && options->force && options->trace == NULL)
        status = elbow_error_set(error, ELBOW_USAGE,
                                 "train: --force is for --trace, which is not given; --overwrite renames an earlier "
                                 "run");
    request->overwrite = options->overwrite;
    request->trace_force = options->force;
    request->init = options->init;
    request->notes = options->notes.words;
    request->note_count = options->notes.count;
    request->has_started = true;
    request->started = call->started;
    return status;
}

static enum elbow_status check_file(const char *path, const char *given_by, struct elbow_error *error)
{
    if (path[0] == '\0' || access(path, R_OK) == 0)
        return ELBOW_OK;
    char folder[512] = "an unknown folder";
    if (path[0] == '/' || getcwd(folder, sizeof folder) == NULL)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be read: %s (%s)", path, strerror(errno), given_by);
    return elbow_error_set(error, ELBOW_FILE, "%s: cannot be read: %s (%s; looked for in %s)", path, strerror(errno),
                           given_by, folder);
}

// Those of conditions.
static enum elbow_status check_conditions(const struct elbow_config *config, const struct elbow_named *conditions,
                                          const struct elbow_files *beside, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < conditions->count && status == ELBOW_OK; ++i) {
        struct elbow_files files = {0};
        struct elbow_files_request wanted = {"data.condition", config->data.file, conditions->entries[i].dataset,
                                             beside};
        status = elbow_files_find(&wanted, &files, error);
        for (size_t k = 0; k < files.count && status == ELBOW_OK; ++k)
            status = check_file(files.paths[k], wanted.key, error);
        elbow_files_clear(&files);
    }
    return status;
}

// Checks that the files that a start reads exist.
static enum elbow_status check_files(const struct options *options, const struct elbow_config *config,
                                     struct elbow_error *error)
{
    struct elbow_files train = {0}, valid = {0}, other = {0};
    const struct {
        const char *key, *places;
        struct elbow_files *files;
        const struct elbow_files *beside;
    } sets[] = {{"data.train", config->data.train, &train, NULL},
                {"data.valid", config->data.valid, &valid, NULL},
                {"data.rows", config->data.rows.dataset, &other, &train},
                {"data.groups", config->data.groups, &other, &train},
                {"data.weights", config->data.weights, &other, &train},
                {"data.names", config->data.names, &other, &train},
                {"data.valid_names", config->data.valid_names, &other, &valid},
                {"data.size", config->data.size, &other, &train},
                {"data.valid_size", config->data.valid_size, &other, &valid},
                {"data.mask", config->data.mask, &other, &train},
                {"data.valid_mask", config->data.valid_mask, &other, &valid},
                {"data.labels", config->data.labels, &other, &train},
                {"data.valid_labels", config->data.valid_labels, &other, &valid}};
    enum elbow_status status = options->init == NULL ? ELBOW_OK : check_file(options->init, "--init", error);
    for (size_t i = 0; i < sizeof sets / sizeof *sets && config->data.synthetic == 0 && status == ELBOW_OK; ++i) {
        struct elbow_files_request wanted = {sets[i].key, config->data.file, sets[i].places, sets[i].beside};
        status = elbow_files_find(&wanted, sets[i].files, error);
        for (size_t k = 0; k < sets[i].files->count * sets[i].files->channels && status == ELBOW_OK; ++k)
            status = check_file(sets[i].files->paths[k], sets[i].key, error);
        elbow_files_clear(&other);
    }
    if (status == ELBOW_OK)
        status = check_conditions(config, &config->data.condition, &train, error);
    if (status == ELBOW_OK)
        status = check_conditions(config, &config->data.valid_condition, &valid, error);
    elbow_files_clear(&train);
    elbow_files_clear(&valid);
    return status;
}

// Checks that pages fit into data.memory, by the rules of the start. The start itself reports the memory of a node and
// other errors of the data.
static enum elbow_status check_memory(const struct elbow_config *config, struct elbow_error *error)
{
    struct elbow_configured configured = {0};
    struct elbow_launcher_ranks ranks = elbow_launcher_ranks();
    struct elbow_dataset dataset = {.is_short = false};
    struct elbow_hdf5_storage storage;
    struct elbow_error found = {0};
    bool is_pretended = config->run.nodes.count > 0, is_led = config->data.through[0] != '\0';
    if (config->data.memory == 0 || config->data.order != ELBOW_ORDER_WINDOWS || ranks.all == 0 || is_pretended ||
        is_led || config->data.synthetic > 0)
        return ELBOW_OK;
    if (elbow_configured_find(NULL, config, false, NULL, &configured, &found) == ELBOW_OK) {
        struct elbow_dataset_request request = elbow_configured_request(config, false, &configured);
        request.placing.machine =
            (struct elbow_placing_machine){.free = UINT64_MAX, .node_ranks = ranks.of_node, .ranks = ranks.all};
        elbow_dataset_describe(&request, &dataset, &storage, &found);
    }
    elbow_configured_clear(&configured);
    if (!dataset.is_short)
        return ELBOW_OK;
    *error = found;
    return found.status;
}

static enum elbow_status check(const struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {0};
    struct elbow_train_request request = {0};
    struct elbow_config config;
    elbow_path trace, directory;
    enum elbow_status status = read_options(call, &options, trace, &request, error);
    if (status == ELBOW_OK)
        status = elbow_configuration_read_alone(options.path, &options.sets, &config, error);
    if (status == ELBOW_OK)
        status = elbow_configuration_run(NULL, options.path, &config, options.run, directory, error);
    if (status == ELBOW_OK)
        status = check_files(&options, &config, error);
    if (status == ELBOW_OK)
        status = check_memory(&config, error);
    if (status == ELBOW_OK && elbow_launcher_is_first())
        printf("%s\n", directory);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = {0};
    struct elbow_error error = {0};
    if (elbow_flags_read(call, &options, &error) == ELBOW_OK)
        elbow_configuration_preview(options.path, &options.sets, note);
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {0};
    struct elbow_train_request request = {0};
    elbow_path trace;
    enum elbow_status status = read_options(call, &options, trace, &request, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_config config;
    status = elbow_configuration_read(call->comm, options.path, &options.sets, &config, error);
    if (status != ELBOW_OK)
        return status;
    if (elbow_comm_place(call->comm).rank == 0)
        elbow_inputs_note(options.path, error);
    status = elbow_comm_agree_root(call->comm, error);
    if (status != ELBOW_OK)
        return status;
    elbow_path directory;
    status = elbow_configuration_run(call->comm, options.path, &config, options.run, directory, error);
    if (status != ELBOW_OK)
        return status;
    request.config = &config;
    request.run = directory;
    return elbow_train(call->comm, &request, call->log, error);
}

const struct elbow_command elbow_command_train = {
    .name = "train",
    .summary = "train a model",
    .text =
        "Trains the model that the configuration describes, on the data that it names. The run directory gets the\n"
        "resolved configuration, tables, pictures and checkpoints. A directory with checkpoints is refused without\n"
        "--resume, --resume=auto or --overwrite; a directory with a foreign file under a name that a run writes\n"
        "is always refused. SIGUSR1, SIGUSR2 and a time limit (the key run.time_limit) stop the run after a step,\n"
        "with a checkpoint. With --check neither MPI nor a run starts, so a job script can check its command line\n"
        "first.\n",
    .examples = "elbow train configs/shapes.yaml\n"
                "mpirun -n 8 elbow train configs/mnist-mlp.yaml --run-dir runs/wide --set train.epochs=40\n"
                "mpirun -n 16 elbow train configs/mnist-mlp.yaml --run-dir runs/wide --resume\n"
                "elbow train configs/shapes.yaml --set train.epochs=40 --check\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .minds_screen = true,
    .stops_with_checkpoint = true,
    .run = run,
    .preview = preview,
    .alone = check,
};
