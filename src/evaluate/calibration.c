// SPDX-License-Identifier: BSD-3-Clause
// Checks that rows for calibration can give p-values: they must not be rows that trained the model, rows that chose its
// checkpoint, or the scored rows themselves. Rows are the same if they are of one dataset, even if the paths to its
// file differ, or if all of their values are equal.
#include "elbow/evaluate/detail/findings.h"
#include "elbow/evaluate/detail/places.h"

#include "elbow/base/memory.h"

#include <string.h>
#include <sys/stat.h>

// Local. The files of the rows of a request; none if they cannot be found.
static void find_rows(const struct elbow_session_request *request, const struct elbow_config *config,
                      struct elbow_session_files *files)
{
    struct elbow_error error = {0};
    struct elbow_session_places *places = NULL; // of many kilobytes
    if ((config->data.synthetic == 0 || request->data != NULL) &&
        elbow_allocate(&places, 1, sizeof *places, "names of files", NULL) == ELBOW_OK &&
        elbow_session_locate(request, config, places, &error) == ELBOW_OK)
        elbow_session_find(NULL, places, files, &error);
    elbow_release(&places);
}

static bool is_one_file(const char *path, const char *other)
{
    struct stat one, two;
    return strcmp(path, other) == 0 ||
           (stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev && one.st_ino == two.st_ino);
}

// True if both have a dataset in common.
static bool overlap(const struct elbow_files *files, const struct elbow_files *others)
{
    for (size_t i = 0; i < files->count * files->channels; ++i)
        for (size_t k = 0; k < others->count * others->channels; ++k)
            if (strcmp(files->datasets[i], others->datasets[k]) == 0 && is_one_file(files->paths[i], others->paths[k]))
                return true;
    return false;
}

// Local. True if rows for calibration are of the dataset of these rows.
static bool lie_in(const struct elbow_findings *findings, const struct elbow_session_request *calibration,
                   const struct elbow_session_request *rows)
{
    const struct elbow_config *config = &findings->sessions[ELBOW_FINDINGS_OWN].checkpoint.config;
    struct elbow_session_files files = {0}, others = {0};
    find_rows(calibration, config, &files);
    find_rows(rows, config, &others);
    bool result = overlap(&files.parts[ELBOW_SESSION_ROWS], &others.parts[ELBOW_SESSION_ROWS]);
    elbow_session_files_clear(&files);
    elbow_session_files_clear(&others);
    return result;
}

// Collective. Rows that are read from files while they are used are not read once more for it.
static enum elbow_status hash(struct elbow_comm *comm, struct elbow_dataset *dataset, struct elbow_error *error)
{
    return elbow_dataset_pages(dataset) == NULL && dataset->through == NULL
               ? elbow_dataset_compare(comm, dataset, error)
               : ELBOW_OK;
}

enum elbow_status elbow_findings_check_calibration(struct elbow_comm *comm, const struct elbow_session_request *rows,
                                                   const struct elbow_session_request *calibration,
                                                   struct elbow_log *log, struct elbow_findings *findings,
                                                   struct elbow_error *error)
{
    struct elbow_dataset *own = &findings->sessions[ELBOW_FINDINGS_OWN].dataset;
    struct elbow_dataset *normal = &findings->sessions[ELBOW_FINDINGS_CALIBRATION].dataset;
    const struct elbow_checkpoint *checkpoint = &findings->sessions[ELBOW_FINDINGS_OWN].checkpoint;
    struct elbow_session_request trained = *calibration, chosen = *calibration;
    enum elbow_status status = hash(comm, own, error);
    if (status == ELBOW_OK)
        status = hash(comm, normal, error);
    if (status != ELBOW_OK || elbow_comm_place(comm).rank != 0)
        return status;
    trained.data = chosen.data = NULL;
    trained.is_training = true;
    bool has_hash = normal->hash != 0;
    bool has_valid = checkpoint->config.data.valid[0] != '\0';
    if ((has_hash && normal->hash == own->hash) || lie_in(findings, calibration, rows))
        elbow_log_warn(log,
                       "--calibrate %s: has the rows that are scored, so that p-values only rank these rows among "
                       "themselves; name other rows that are known to be normal",
                       normal->name);
    if ((has_hash && normal->hash == checkpoint->data.hash) || lie_in(findings, calibration, &trained))
        elbow_log_warn(log,
                       "--calibrate %s: has training rows of the model, which score lower than new rows, so that "
                       "p-values are too small; name normal rows that were not used for training",
                       normal->name);
    else if (rows->best && ((has_hash && normal->hash == checkpoint->data.valid_hash) ||
                            (has_valid && lie_in(findings, calibration, &chosen))))
        elbow_log_warn(log,
                       "--calibrate %s: has the rows with which --best chose the checkpoint, so that p-values are too "
                       "small; name other normal rows, or leave --best out",
                       normal->name);
    return ELBOW_OK;
}
