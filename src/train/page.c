// SPDX-License-Identifier: BSD-3-Clause
// The report at the end of a run (run.report). The run is closed by then: its memory is free, its checkpoint is on
// disk, and nothing that goes wrong here can touch it.
#include "elbow/train/detail/trainer.h"

#include "elbow/report/report.h"
#include "elbow/train/detail/run_directory.h"

void elbow_trainer_write_report(struct elbow_comm *comm, const char *run, struct elbow_log *log)
{
    elbow_path path;
    struct elbow_error trouble = {0};
    struct elbow_log silence = elbow_log_open(false, NULL);
    const struct elbow_session_request session = {.wants_data = true, .is_copy = true, .force = true, .output = path};
    const struct elbow_report_request request = {.session = &session, .runs = &run, .count = 1};
    if (!elbow_text_format(path, sizeof path, "%s/%s", run, ELBOW_RUN_REPORT))
        elbow_error_set(&trouble, ELBOW_OUTPUT, "the path of the run directory is too long");
    else
        elbow_report_make(comm, &request, &silence, &trouble);
    elbow_log_close(&silence);
    if (trouble.status == ELBOW_OK)
        elbow_log_say(log, "report: %s", path);
    else
        elbow_log_warn(log, "no report has been made: %s; the run is not touched by that", trouble.message);
}
