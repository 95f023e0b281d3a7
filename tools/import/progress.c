// SPDX-License-Identifier: BSD-3-Clause
// Lines about progress: on standard output, where the other notes of an import are.
#include "progress.h"

#include "elbow/base/clock.h"
#include "elbow/base/text.h"

void import_progress_begin(struct import_progress *progress, FILE *out)
{
    double now = elbow_clock_seconds();
    *progress = (struct import_progress){.out = out, .begun = now, .last = now};
}

void import_progress_report(struct import_progress *progress, const char *name, const char *what, uint64_t done,
                            uint64_t all)
{
    double now = elbow_clock_seconds(), seconds = now - progress->begun;
    if (now - progress->last < IMPORT_PROGRESS_SECONDS)
        return;
    progress->last = now;
    if (all == 0 || done == 0 || done > all)
        elbow_text_print(progress->out, "elbow-import: %s: %s, %s so far\n", name, what,
                         elbow_text_duration(seconds).text);
    else
        elbow_text_print(progress->out, "elbow-import: %s: %.0f %% %s, about %s to go\n", name,
                         100.0 * (double)done / (double)all, what,
                         elbow_text_duration(seconds * (double)(all - done) / (double)done).text);
    fflush(progress->out);
}
