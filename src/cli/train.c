// SPDX-License-Identifier: BSD-3-Clause
// elbow train
#include "elbow/cli/command.h"
#include "elbow/cli/configuration.h"
#include "elbow/run/trainer.h"

#include <string.h>

// "runs/mnist-mlp" for "configs/mnist-mlp.yaml".
static enum elbow_status default_run(const char *path, elbow_path run, struct elbow_error *error)
{
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    int length = dot == NULL || dot == name ? (int)strlen(name) : (int)(dot - name);
    if (elbow_text_format(run, ELBOW_PATH_SIZE, "runs/%.*s", length, name))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "%.60s...: the name is too long", name);
}

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

enum elbow_status elbow_command_train(struct elbow_call *call, struct elbow_error *error)
{
    const char *path = NULL, *run = NULL, *resume = NULL, *init = NULL;
    bool overwrite = false;
    struct elbow_words sets = {0};
    const struct elbow_flag flags[] = {
        {.kind = ELBOW_FLAG_TEXT, .target = &path},
        {.name = "set", .kind = ELBOW_FLAG_LIST, .target = &sets},
        {.name = "run-dir", .kind = ELBOW_FLAG_TEXT, .target = &run},
        {.name = "resume", .kind = ELBOW_FLAG_OPTIONAL_TEXT, .target = &resume},
        {.name = "overwrite", .kind = ELBOW_FLAG_SWITCH, .target = &overwrite},
        {.name = "init", .kind = ELBOW_FLAG_TEXT, .target = &init},
    };
    struct elbow_train_request request = {0};
    enum elbow_status status = elbow_flags_read(call, flags, sizeof flags / sizeof *flags, error);
    if (status == ELBOW_OK && path == NULL)
        status = elbow_error_set(error, ELBOW_USAGE, "train: a configuration is missing: elbow train CONFIG");
    if (status == ELBOW_OK)
        status = read_resume(resume, &request.resume, error);
    if (status == ELBOW_OK && request.resume != ELBOW_RESUME_NEVER && overwrite)
        status = elbow_error_set(error, ELBOW_USAGE, "train: --resume and --overwrite exclude each other");
    if (status != ELBOW_OK)
        return status;
    struct elbow_config config;
    status = elbow_configuration_read(call->comm, path, &sets, &config, error);
    if (status != ELBOW_OK)
        return status;
    elbow_path directory;
    status = default_run(path, directory, error);
    if (status != ELBOW_OK)
        return status;
    request.config = &config;
    request.run = run != NULL ? run : config.run.dir[0] != 0 ? config.run.dir : directory;
    request.overwrite = overwrite;
    request.init = init;
    return elbow_train(call->comm, &request, call->log, error);
}
