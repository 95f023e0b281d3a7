// SPDX-License-Identifier: BSD-3-Clause
// The names of a session's samples, and their rows in files.
#include "elbow/evaluate/session.h"

#include <inttypes.h>
#include <stdio.h>

bool elbow_session_is_held_back(const struct elbow_session *session, const struct elbow_session_request *request)
{
    return request->data == NULL && session->checkpoint.config.data.valid_share > 0;
}

void elbow_session_name_rows(const struct elbow_session *session, const struct elbow_session_request *request,
                             uint64_t first, uint64_t count, char *text, size_t size)
{
    const struct elbow_dataset *data = &session->dataset;
    const struct elbow_selection *selection = &data->selection;
    uint64_t shown = 0, row = UINT64_MAX;
    char from[60] = "", rows[120] = "";
    if (selection->stored == 0 || elbow_selection_is_identity(selection)) {
        snprintf(text, size, "rows %" PRIu64 " to %" PRIu64, first, first + count - 1);
        return;
    }
    if (first > 0)
        snprintf(from, sizeof from, " from number %" PRIu64 " on", first);
    for (uint64_t i = 0, length = 0; i < count; ++i) {
        uint64_t next = elbow_selection_row(selection, first + i);
        if (next == row) // another window of it
            continue;
        row = next;
        if (++shown > 3)
            break;
        length += (uint64_t)snprintf(rows + length, sizeof rows - length, "%s%" PRIu64, shown > 1 ? ", " : "", row);
    }
    snprintf(text, size, "%s%" PRIu64 " of %" PRIu64 " %ssamples%s (row%s %s%s of the file%s)",
             first == 0 ? "the first " : "", count, data->samples,
             elbow_session_is_held_back(session, request) ? "held-back " : "", from, shown > 1 ? "s" : "", rows,
             shown > 3 ? ", ..." : "", data->files > 0 ? "s" : "");
}
