// SPDX-License-Identifier: BSD-3-Clause
// The trace of a training run: its path, and the log lines about it.
#include "elbow/train/detail/outputs.h"

#include "elbow/base/file.h"
#include "elbow/parallel/watch.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MAX = 40 };

static struct elbow_tracer_order trace_order(const struct elbow_run_outputs *outputs)
{
    const struct elbow_train_request *request = outputs->request;
    return (struct elbow_tracer_order){.path = request->trace,
                                       .publish = elbow_output_publishing(request->trace_force),
                                       .first = request->trace_first,
                                       .last = request->trace_last};
}

static bool is_same_directory(const char *left, const char *right)
{
    struct stat a, b;
    size_t length = strlen(right);
    if (stat(left, &a) == 0 && stat(right, &b) == 0)
        return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    return strncmp(left, right, length) == 0 && strspn(left + length, "/") == strlen(left + length); // not made yet
}

// The place that a path leads to, by the links in its last part.
static void follow_links(const char *path, elbow_path place)
{
    elbow_path target, holder;
    elbow_text_format(place, sizeof target, "%s", path);
    for (int links = 0; links < LINKS_MAX; ++links) {
        ssize_t length = readlink(place, target, sizeof target - 1);
        if (length < 0)
            return;
        target[length] = 0;
        elbow_file_directory_of(place, holder);
        if (!elbow_text_format(place, sizeof target, "%s%s%s", target[0] == '/' ? "" : holder,
                               target[0] == '/' ? "" : "/", target))
            return;
    }
}

// Whether a path is where the run writes something else.
static bool is_of_run(const char *run, const char *named)
{
    static const char *const names[] = {"config.yaml", "metrics.csv", "kl.csv",         "log.txt",
                                        "receipt.txt", "lock",        ELBOW_EVENTS_NAME};
    static const char *const places[] = {"checkpoints", "samples"};
    elbow_path path, holder, place;
    follow_links(named, path);
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    elbow_file_directory_of(path, holder);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        if (strcmp(name, names[i]) == 0 && is_same_directory(holder, run))
            return true;
    for (size_t i = 0; i < sizeof places / sizeof *places; ++i)
        if (elbow_text_format(place, sizeof place, "%s/%s", run, places[i]) && is_same_directory(holder, place))
            return true;
    return false;
}

enum elbow_status elbow_outputs_probe_trace(const struct elbow_run_outputs *outputs, struct elbow_error *error)
{
    struct elbow_tracer_order order = trace_order(outputs);
    if (order.path != NULL && is_of_run(outputs->run, order.path))
        return elbow_error_set(error, ELBOW_USAGE, "%s: is where the run writes other files; give --trace another name",
                               order.path);
    return elbow_tracer_probe(&order, false, error);
}

enum elbow_status elbow_outputs_open_trace(struct elbow_run_outputs *outputs, struct elbow_error *error)
{
    struct elbow_tracer *tracer = &outputs->tracer;
    struct elbow_tracer_order order = trace_order(outputs);
    // Of a directory that was not made yet only the name could be compared.
    if (outputs->plan->place.rank == 0)
        elbow_outputs_probe_trace(outputs, error);
    enum elbow_status status = elbow_comm_agree_root(outputs->plan->comm, error);
    if (status == ELBOW_OK)
        status = elbow_tracer_open(outputs->plan->comm, &order, tracer, error);
    if (status != ELBOW_OK || !tracer->is_open)
        return status;
    outputs->writer.track = elbow_tracer_track(tracer, ELBOW_TRACER_WRITER);
    elbow_log_say(outputs->plan->log, "trace: %s, of up to %d events a rank (%s)", tracer->path, ELBOW_TRACER_EVENTS,
                  elbow_text_bytes(ELBOW_TRACER_EVENTS * sizeof(struct elbow_trace_event)).text);
    return ELBOW_OK;
}

enum elbow_status elbow_outputs_write_trace(struct elbow_run_outputs *outputs, struct elbow_error *error)
{
    struct elbow_tracer *tracer = &outputs->tracer;
    uint64_t held, noted;
    if (!tracer->is_open)
        return ELBOW_OK;
    elbow_comm_enter(outputs->plan->comm, ELBOW_PHASE_TRACE);
    if (elbow_tracer_write(outputs->plan->comm, tracer, &held, &noted, error) != ELBOW_OK)
        elbow_log_warn(outputs->plan->log, "%s", error->message);
    else if (held < noted)
        elbow_log_say(outputs->plan->log, "trace: %s holds the newest %llu events; %llu older ones did not fit",
                      tracer->path, (unsigned long long)held, (unsigned long long)(noted - held));
    else
        elbow_log_say(outputs->plan->log, "trace: %s holds %llu events", tracer->path, (unsigned long long)held);
    return error->status;
}
