// SPDX-License-Identifier: BSD-3-Clause
// The report at the end of a run (run.report). The run is closed by then: its memory is free, its checkpoint is on
// disk, and an error here cannot affect it.
#include "elbow/train/detail/trainer.h"

#include "elbow/base/clock.h"
#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/output/html.h"
#include "elbow/report/report.h"
#include "elbow/train/detail/run_directory.h"

#include <string.h>

// A run that was asked to stop writes its report only if this much time is left.
static const double REPORT_SECONDS = 300;

static const size_t PAGE_MOST = (size_t)1 << 28; // limit of bytes that are read of an existing page

// Rank zero. A foreign page of this name is kept.
static enum elbow_status spare_others(const char *path, struct elbow_error *error)
{
    char *text = NULL;
    size_t size = 0;
    struct elbow_error none = {0};
    bool is_there = elbow_file_read(NULL, path, PAGE_MOST, &text, &size, &none) == ELBOW_OK;
    if (is_there && size > 0 && strstr(text, ELBOW_HTML_MARK) == NULL)
        elbow_error_set(error, ELBOW_FILE, "%s: is not the report of a run; move it elsewhere", path);
    elbow_release(&text);
    return error->status;
}

// After a signal or a time limit the job may end soon; only some jobs say when.
static bool has_time(const struct elbow_trainer *trainer)
{
    const struct elbow_deadline *deadline = &trainer->engine.deadline;
    bool has = trainer->stop == ELBOW_STOP_AFTER ||
               (deadline->is_set && elbow_clock_seconds() + REPORT_SECONDS <= deadline->at);
    elbow_comm_broadcast(trainer->plan.comm, &has, sizeof has); // rank zero alone knows its deadline
    return has;
}

bool elbow_trainer_has_report(const struct elbow_trainer *trainer, enum elbow_status status)
{
    bool has_trained = trainer->engine.state.step > trainer->first_step;
    if (!trainer->plan.config.run.report || !has_trained)
        return false;
    if (status == ELBOW_OK || status == ELBOW_OUTPUT)
        return true;
    if (status != ELBOW_STOPPED)
        return false;
    bool has = has_time(trainer);
    if (!has)
        elbow_log_say(trainer->plan.log,
                      "report: not written, as little time may be left; elbow report %s -o %s/%s --force makes it",
                      trainer->outputs.run, trainer->outputs.run, ELBOW_RUN_REPORT);
    return has;
}

void elbow_trainer_write_report(struct elbow_comm *comm, const char *run, struct elbow_log *log)
{
    elbow_path path;
    struct elbow_error trouble = {0};
    struct elbow_log silence = elbow_log_open(false, NULL);
    const struct elbow_session_request session = {.wants_data = true, .is_copy = true, .force = true, .output = path};
    const struct elbow_report_request request = {.session = &session, .runs = &run, .count = 1};
    if (!elbow_text_format(path, sizeof path, "%s/%s", run, ELBOW_RUN_REPORT))
        elbow_error_set(&trouble, ELBOW_OUTPUT, "the path of the run directory is too long");
    else if (elbow_comm_place(comm).rank == 0)
        spare_others(path, &trouble);
    if (elbow_comm_agree_root(comm, &trouble) == ELBOW_OK)
        elbow_report_make(comm, &request, &silence, &trouble);
    elbow_log_close(&silence);
    if (trouble.status == ELBOW_OK)
        elbow_log_say(log, "report: %s", path);
    else
        elbow_log_warn(log, "the report could not be made: %s; the run itself is not affected", trouble.message);
}
