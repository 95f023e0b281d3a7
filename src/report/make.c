// SPDX-License-Identifier: BSD-3-Clause
// From runs to a report: each is taken in on all ranks, and rank zero writes the page.
#include "elbow/report/report.h"

#include "elbow/base/memory.h"
#include "elbow/report/detail/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The inputs of the page, on rank zero.
struct gathered {
    struct elbow_compared runs[ELBOW_COMPARED_MAX];
    struct elbow_reported reported[ELBOW_COMPARED_MAX];
};

// Collective.
static enum elbow_status take_run(struct elbow_comm *comm, const struct elbow_report_request *request, int r,
                                  struct elbow_log *log, struct gathered *gathered, struct elbow_error *error)
{
    struct elbow_session_request wanted = *request->session;
    struct elbow_session session = {0};
    struct elbow_compared *run = &gathered->runs[r];
    wanted.checkpoint = request->runs[r];
    run->name = elbow_compared_name(request->runs, request->count, r);
    enum elbow_status status = elbow_session_open(comm, &wanted, log, &session, error);
    if (status == ELBOW_OK)
        status = elbow_compared_take(comm, wanted.checkpoint, &session, run, error);
    if (status == ELBOW_OK)
        status = elbow_compared_traverse(comm, &session, run, error);
    if (status == ELBOW_OK)
        status = elbow_reported_measure(comm, &session, &gathered->reported[r], error);
    if (status == ELBOW_OK)
        status = elbow_reported_draw(comm, &session, &gathered->reported[r], error);
    if (status == ELBOW_OK) {
        if (elbow_comm_place(comm).rank == 0)
            elbow_reported_take(wanted.checkpoint, session.checkpoint.config_text, &gathered->reported[r], error);
        status = elbow_comm_agree_root(comm, error);
    }
    elbow_session_close(comm, &session);
    return status;
}

// Rank zero's part: the file, whose bytes are all there before it begins.
static enum elbow_status write(const struct elbow_report_request *request, const struct gathered *gathered,
                               struct elbow_error *error)
{
    const struct elbow_report report = {
        .runs = gathered->runs, .reported = gathered->reported, .count = (size_t)request->count};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return elbow_error_set(error, ELBOW_MEMORY, "the report does not fit into memory: %s", strerror(errno));
    enum elbow_status status = elbow_report_write(&report, out, error);
    bool is_whole = ferror(out) == 0;
    is_whole = fclose(out) == 0 && is_whole;
    if (status == ELBOW_OK && !is_whole)
        status = elbow_error_set(error, ELBOW_MEMORY, "the report does not fit into memory");
    if (status == ELBOW_OK)
        status = elbow_output_write(request->session->output, text, size,
                                    elbow_output_publishing(request->session->force), error);
    free(text);
    return status;
}

enum elbow_status elbow_report_make(struct elbow_comm *comm, const struct elbow_report_request *request,
                                    struct elbow_log *log, struct elbow_error *error)
{
    struct gathered *gathered = NULL;
    *error = (struct elbow_error){0};
    elbow_allocate(&gathered, 1, sizeof *gathered, "a report", error);
    enum elbow_status status = elbow_comm_agree(comm, error);
    for (int r = 0; r < request->count && status == ELBOW_OK; ++r)
        status = take_run(comm, request, r, log, gathered, error);
    if (status == ELBOW_OK) {
        if (elbow_comm_place(comm).rank == 0)
            write(request, gathered, error);
        status = elbow_comm_agree_root(comm, error);
    }
    for (int r = 0; r < request->count && gathered != NULL; ++r) {
        elbow_compared_clear(&gathered->runs[r]);
        elbow_reported_clear(&gathered->reported[r]);
    }
    elbow_release(&gathered);
    return status;
}
