// SPDX-License-Identifier: BSD-3-Clause
// Reading a configuration. One rank touches the file, all ranks parse the same text.
#include "elbow/cli/configuration.h"

#include "elbow/base/expand.h"
#include "elbow/base/file.h"
#include "elbow/base/inputs.h"
#include "elbow/base/memory.h"
#include "elbow/data/files.h"
#include "elbow/data/preview.h"
#include "elbow/math/hash.h"
#include "elbow/parallel/collectives.h"

#include <string.h>
#include <sys/stat.h>

static const size_t TEXT_BYTES_MAX = 1000000;

static enum elbow_status read_text(const char *path, char **text, struct elbow_error *error)
{
    size_t size = 0;
    enum elbow_status status = elbow_file_read_input(path, TEXT_BYTES_MAX, text, &size, error);
    if (status == ELBOW_OK && strlen(*text) != size)
        status = elbow_error_set(error, ELBOW_CONFIG, "%s: contains a zero byte, so it is not a YAML text", path);
    if (status == ELBOW_OK)
        status = elbow_inputs_note(path, error);
    if (status != ELBOW_OK)
        elbow_release(text);
    return status;
}

enum elbow_status elbow_configuration_parse(const char *path, const char *text, const struct elbow_words *sets,
                                            struct elbow_config *config, struct elbow_error *error)
{
    elbow_config_default(config);
    enum elbow_status status = elbow_config_parse(config, path, text, strlen(text), error);
    for (int i = 0; sets != NULL && i < sets->count && status == ELBOW_OK; ++i)
        status = elbow_config_set(config, sets->words[i], error);
    return status == ELBOW_OK ? elbow_config_finish(config, path, error) : status;
}

enum elbow_status elbow_configuration_read_alone(const char *path, const struct elbow_words *sets,
                                                 struct elbow_config *config, struct elbow_error *error)
{
    char *text = NULL;
    enum elbow_status status = read_text(path, &text, error);
    if (status == ELBOW_OK)
        status = elbow_configuration_parse(path, text, sets, config, error);
    elbow_release(&text);
    return status;
}

// A pipe can be read only once.
static bool may_read_twice(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

void elbow_configuration_preview(const char *path, const struct elbow_words *sets, char *note)
{
    struct elbow_error error = {0};
    struct elbow_config *config = NULL;
    if (may_read_twice(path) && elbow_allocate(&config, 1, sizeof *config, "the configuration", &error) == ELBOW_OK &&
        elbow_configuration_read_alone(path, sets, config, &error) == ELBOW_OK)
        elbow_preview_configured(config, note);
    elbow_release(&config);
}

enum elbow_status elbow_configuration_agree(struct elbow_comm *comm, const char *name,
                                            const struct elbow_config *config, struct elbow_error *error)
{
    char *text = NULL;
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        return error->status;
    elbow_config_dump(config, &text, error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK && !elbow_comm_is_same(comm, elbow_hash_text(text)))
        elbow_error_set(error, ELBOW_USAGE, "%s: the ranks set different keys; give all of them the same flags", name);
    elbow_release(&text);
    return error->status;
}

enum elbow_status elbow_configuration_read(struct elbow_comm *comm, const char *path, const struct elbow_words *sets,
                                           struct elbow_config *config, struct elbow_error *error)
{
    char *text = NULL;
    *error = (struct elbow_error){0};
    if (elbow_comm_place(comm).rank == 0)
        read_text(path, &text, error);
    elbow_comm_broadcast(comm, error, sizeof *error);
    if (error->status != ELBOW_OK || elbow_comm_broadcast_text(comm, &text, error) != ELBOW_OK) {
        elbow_release(&text);
        return error->status;
    }
    elbow_configuration_parse(path, text, sets, config, error);
    elbow_release(&text);
    return elbow_configuration_agree(comm, path, config, error);
}

// Collective (comm NULL: Local).
static enum elbow_status expand(struct elbow_comm *comm, const char *directory, elbow_path expanded,
                                struct elbow_error *error)
{
    if (comm == NULL)
        return elbow_path_expand("run.dir", directory, expanded, error);
    return elbow_files_expand(comm, "run.dir", directory, expanded, error);
}

enum elbow_status elbow_configuration_run(struct elbow_comm *comm, const char *path, const struct elbow_config *config,
                                          const char *wanted, elbow_path run, struct elbow_error *error)
{
    elbow_path expanded = "";
    if (wanted == NULL && expand(comm, config->run.dir, expanded, error) != ELBOW_OK)
        return error->status;
    const char *given = wanted != NULL ? wanted : expanded;
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    int length = dot == NULL || dot == name ? (int)strlen(name) : (int)(dot - name);
    bool fits = given[0] != 0 ? elbow_text_format(run, ELBOW_PATH_SIZE, "%s", given)
                              : elbow_text_format(run, ELBOW_PATH_SIZE, "runs/%.*s", length, name);
    if (!fits)
        return elbow_error_set(error, ELBOW_USAGE, "%.60s...: the name of the run directory is too long",
                               given[0] != 0 ? given : name);
    size_t byte; // checkpoints contain the name in a configuration, which must be readable
    if (!elbow_config_takes_text(run, &byte))
        return elbow_error_set(error, ELBOW_USAGE,
                               "%s: byte %zu of the run directory's name is a control character or not UTF-8; choose "
                               "another with --run-dir",
                               run, byte);
    return ELBOW_OK;
}
