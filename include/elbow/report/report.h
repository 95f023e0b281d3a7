// SPDX-License-Identifier: BSD-3-Clause
// Reports: runs as one HTML file that holds all that it shows. The same bytes on any number of ranks.
#ifndef ELBOW_REPORT_REPORT_H
#define ELBOW_REPORT_REPORT_H

#include "elbow/base/language.h"
#include "elbow/evaluate/comparison.h"

ELBOW_C_BEGIN

// Nothing is owned.
struct elbow_report_request {
    const struct elbow_session_request *session; // of each run, but for its checkpoint; with the output
    const char *const *runs;                     // (count) run directories, or checkpoints
    int count;                                   // 1 to ELBOW_COMPARED_MAX
};

// Collective. Writes the report to the session's output. What goes wrong with one run goes wrong with all of it: then
// no file is written.
enum elbow_status elbow_report_make(struct elbow_comm *comm, const struct elbow_report_request *request,
                                    struct elbow_log *log, struct elbow_error *error);

ELBOW_C_END

#endif
