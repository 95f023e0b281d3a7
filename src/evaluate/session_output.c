// SPDX-License-Identifier: BSD-3-Clause
// Files that the output of a command must not replace: those that are read, and those that the model was trained on.
#include "elbow/evaluate/detail/places.h"

#include "elbow/base/inputs.h"
#include "elbow/base/memory.h"
#include "elbow/base/output.h"
#include "elbow/base/text.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/data/configured.h"
#include "elbow/data/hdf5.h"
#include "elbow/output/plot.h"
#include "elbow/output/sink.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum elbow_status note_files(const struct elbow_files *files, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < files->count * files->channels && status == ELBOW_OK; ++i)
        status = elbow_inputs_note(files->paths[i], error);
    return status;
}

static enum elbow_status check_ending(const struct elbow_session_request *request, struct elbow_error *error)
{
    struct elbow_error none = {0};
    if (!request->plots)
        return elbow_sink_check_ending(request->output, request->draws, error);
    if (elbow_plot_draws(request->output) || elbow_sink_check_ending(request->output, false, &none) == ELBOW_OK)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "%.500s: the name must end in .png, .svg, .pdf, .h5 or .csv",
                           request->output);
}

// Refuses the name of a checkpoint that a run keeps there, or will keep; an existing one is refused as such.
static enum elbow_status check_run(const char *output, struct elbow_error *error)
{
    elbow_path folder, config;
    uint64_t step;
    const char *name = strrchr(output, '/');
    name = name == NULL ? output : name + 1;
    if (!elbow_checkpoint_step(name, &step) && strcmp(name, "best.h5") != 0)
        return ELBOW_OK;
    char *place = NULL;
    if (elbow_text_format(folder, sizeof folder, "%.*s.", (int)(name - output), output))
        place = realpath(folder, NULL);
    bool is_kept = place != NULL && elbow_output_ends(place, "/checkpoints") &&
                   elbow_text_format(config, sizeof config, "%s/../config.yaml", place) && access(config, F_OK) == 0;
    free(place);
    if (!is_kept)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE,
                           "%.500s: is a name that a run uses for its checkpoints; give another name", output);
}

// Collective.
enum elbow_status elbow_session_check_output(struct elbow_comm *comm, const struct elbow_session_request *request,
                                             const struct elbow_session_files *files, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    if (elbow_comm_place(comm).rank == 0 && request->output != NULL) {
        for (int part = 0; files != NULL && part < ELBOW_SESSION_PARTS && status == ELBOW_OK; ++part)
            status = note_files(&files->parts[part], error);
        if (status == ELBOW_OK)
            status = elbow_output_check(request->output, elbow_output_publishing(request->force), error);
        if (status == ELBOW_OK)
            status = check_run(request->output, error);
        if (status == ELBOW_OK && !request->is_copy)
            check_ending(request, error);
    }
    return elbow_comm_agree_root(comm, error);
}

// The files that datasets refer to: of one that cannot be read there are none to lose.
static void note_sources(const struct elbow_files *files)
{
    for (size_t i = 0; i < files->count * files->channels; ++i) {
        struct elbow_error error = {0};
        struct elbow_hdf5 *file = NULL;
        if (elbow_hdf5_open(files->paths[i], &file, &error) != ELBOW_OK)
            continue;
        elbow_hdf5_check_storage(file, files->datasets[i], &error);
        elbow_hdf5_close(file, NULL);
    }
}

// Files that are not found, for example on another machine, cannot be replaced.
static enum elbow_status note_configured(const struct elbow_config *config, bool is_valid, bool has_target,
                                         struct elbow_configured *configured, struct elbow_error *error)
{
    struct elbow_error missing = {0};
    enum elbow_status status = ELBOW_OK;
    elbow_configured_find(NULL, config, is_valid, NULL, configured, &missing);
    for (int part = 0; part < ELBOW_CONFIGURED_PARTS && status == ELBOW_OK; ++part) {
        status = note_files(&configured->found[part], error);
        if (status == ELBOW_OK && has_target)
            note_sources(&configured->found[part]);
    }
    elbow_configured_clear(configured);
    return status;
}

enum elbow_status elbow_session_note_training(const struct elbow_session_request *request,
                                              const struct elbow_config *config, struct elbow_error *error)
{
    struct elbow_configured *configured = NULL;
    struct stat about;
    // Otherwise nothing is replaced; a command may have outputs of its own.
    bool has_target = request->force && (request->output == NULL || stat(request->output, &about) == 0);
    enum elbow_status status = elbow_allocate(&configured, 1, sizeof *configured, "names of files", error);
    for (int is_valid = 0; is_valid < 2 && status == ELBOW_OK; ++is_valid)
        status = note_configured(config, is_valid != 0, has_target, configured, error);
    elbow_release(&configured);
    return status;
}
