// SPDX-License-Identifier: BSD-3-Clause
// Reports: one self-contained HTML file about one or several runs. The same bytes on any number of ranks.
#ifndef ELBOW_REPORT_REPORT_H
#define ELBOW_REPORT_REPORT_H

#include "elbow/base/language.h"
#include "elbow/evaluate/comparison.h"

ELBOW_C_BEGIN

// Nothing is owned.
struct elbow_report_request {
    const struct elbow_session_request *session; // for every run; its checkpoint is ignored; has the output
    const char *const *runs;                     // [count] run directories or checkpoints
    int count;                                   // 1 to ELBOW_COMPARED_MAX
};

// Collective. Writes the report to the session's output. If one run fails, the report fails, and no file is written.
// Errors of elbow_session_open, evaluation and output.
enum elbow_status elbow_report_make(struct elbow_comm *comm, const struct elbow_report_request *request,
                                    struct elbow_log *log, struct elbow_error *error);

ELBOW_C_END

#endif
