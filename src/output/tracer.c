// SPDX-License-Identifier: BSD-3-Clause
// Tracing a run. While it runs every rank keeps its own events; at the end rank zero takes one thread of one rank after
// the other, so that it never holds more than that of the others' events.
#include "elbow/output/tracer.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"

#include "elbow/base/output.h"
#include "elbow/output/detail/trace_file.h"
#include "elbow/parallel/collectives.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t capacities[ELBOW_TRACER_THREADS] = {ELBOW_TRACER_MAIN_EVENTS, ELBOW_TRACER_DATA_EVENTS,
                                                        ELBOW_TRACER_WRITER_EVENTS, ELBOW_TRACER_READER_EVENTS};

enum elbow_status elbow_tracer_probe(const struct elbow_tracer_order *order, bool has_directory,
                                     struct elbow_error *error)
{
    elbow_path holder;
    struct stat about;
    if (order->path == NULL)
        return ELBOW_OK;
    elbow_file_directory_of(order->path, holder);
    if (!has_directory && stat(holder, &about) != 0 && errno == ENOENT)
        return ELBOW_OK;
    return elbow_output_check(order->path, order->publish, error);
}

// Rank zero, once the run directory is there.
static void find_place(const struct elbow_tracer_order *order, struct elbow_error *error)
{
    if (elbow_file_make_directory_of(order->path, error) == ELBOW_OK)
        elbow_tracer_probe(order, true, error);
}

static enum elbow_status allocate_tracks(struct elbow_place place, struct elbow_tracer *tracer,
                                         struct elbow_error *error)
{
    const char *what = "the trace";
    size_t ranks = (size_t)place.size;
    enum elbow_status status = elbow_allocate(&tracer->parts, ranks + 1, sizeof *tracer->parts, what, error);
    for (int t = 0; t < ELBOW_TRACER_THREADS && status == ELBOW_OK; ++t)
        status = elbow_track_create(&tracer->tracks[t], capacities[t], error);
    if (status == ELBOW_OK && place.rank == 0)
        status = elbow_allocate(&tracer->ranks, ranks, sizeof *tracer->ranks, what, error);
    if (status == ELBOW_OK && place.rank == 0)
        status = elbow_allocate(&tracer->events, ELBOW_TRACER_MAIN_EVENTS, sizeof *tracer->events, what, error);
    return status;
}

enum elbow_status elbow_tracer_open(struct elbow_comm *comm, const struct elbow_tracer_order *order,
                                    struct elbow_tracer *tracer, struct elbow_error *error)
{
    struct elbow_place place = elbow_comm_place(comm);
    *tracer = (struct elbow_tracer){
        .is_open = order->path != NULL, .first = order->first, .last = order->last, .publish = order->publish};
    *error = (struct elbow_error){0};
    // Flags are those of each rank's own command line, so rank zero's are used.
    elbow_comm_broadcast(comm, &tracer->is_open, sizeof tracer->is_open);
    elbow_comm_broadcast(comm, &tracer->first, sizeof tracer->first);
    elbow_comm_broadcast(comm, &tracer->last, sizeof tracer->last);
    if (!tracer->is_open)
        return ELBOW_OK;
    if (place.rank == 0) {
        find_place(order, error);
        elbow_text_format(tracer->path, sizeof tracer->path, "%s", order->path);
    }
    if (elbow_comm_agree_root(comm, error) == ELBOW_OK) {
        allocate_tracks(place, tracer, error);
        elbow_comm_agree(comm, error);
    }
    if (error->status != ELBOW_OK) {
        elbow_tracer_close(tracer);
        return error->status;
    }
    tracer->opened = elbow_clock_tie(comm);
    elbow_comm_trace(comm, &tracer->tracks[ELBOW_TRACER_MAIN]);
    return ELBOW_OK;
}

struct elbow_track *elbow_tracer_track(struct elbow_tracer *tracer, enum elbow_tracer_thread thread)
{
    return tracer->is_open ? &tracer->tracks[thread] : NULL;
}

void elbow_tracer_begin_step(struct elbow_tracer *tracer, uint64_t step)
{
    if (!tracer->is_open)
        return;
    bool is_on = step >= tracer->first && step <= tracer->last;
    for (int t = 0; t < ELBOW_TRACER_THREADS; ++t)
        elbow_track_turn(&tracer->tracks[t], is_on);
}

// Collective. Ends the tracks, and sends their descriptions to rank zero.
static void introduce(struct elbow_comm *comm, struct elbow_tracer *tracer)
{
    struct elbow_place place = elbow_comm_place(comm);
    struct elbow_tracer_rank mine = {
        .host = "an unknown host", .node = place.node, .ties = {tracer->opened, elbow_clock_tie(comm)}};
    gethostname(mine.host, sizeof mine.host - 1);
    mine.host[strcspn(mine.host, ".")] = 0;
    for (int t = 0; t < ELBOW_TRACER_THREADS; ++t) {
        mine.held[t] = elbow_track_finish(&tracer->tracks[t]);
        mine.noted[t] = tracer->tracks[t].count;
    }
    for (int r = 0; r <= place.size; ++r)
        tracer->parts[r] = (size_t)r;
    elbow_comm_gather(comm, &mine, sizeof mine, tracer->parts, tracer->ranks);
}

// Collective. One thread's events of one rank, to rank zero.
static void take(struct elbow_comm *comm, struct elbow_tracer *tracer, int rank, int thread)
{
    struct elbow_place place = elbow_comm_place(comm);
    const struct elbow_track *track = &tracer->tracks[thread];
    size_t count = track->count < track->capacity ? (size_t)track->count : track->capacity;
    if (place.rank == 0)
        count = (size_t)tracer->ranks[rank].held[thread];
    for (int r = 0; r <= place.size; ++r)
        tracer->parts[r] = r <= rank ? 0 : count;
    if (place.rank == 0 || place.rank == rank)
        elbow_comm_gather(comm, track->events, sizeof *track->events, tracer->parts, tracer->events);
}

// Collective. All events, into a stream of rank zero's (NULL: it could not be opened; the others send all the same).
static void merge(struct elbow_comm *comm, struct elbow_tracer *tracer, FILE *out)
{
    struct elbow_place place = elbow_comm_place(comm);
    struct elbow_trace_file file = {0};
    introduce(comm, tracer);
    if (out != NULL)
        elbow_trace_file_begin(&file, out, tracer->ranks, place.size);
    for (int r = 0; r < place.size; ++r)
        for (int t = 0; t < ELBOW_TRACER_THREADS; ++t) {
            take(comm, tracer, r, t);
            if (out != NULL)
                elbow_trace_file_put(&file, r, (enum elbow_tracer_thread)t, tracer->ranks[r].ties, tracer->events,
                                     (size_t)tracer->ranks[r].held[t]);
        }
    if (out != NULL)
        elbow_trace_file_end(&file);
}

static FILE *begin_file(const struct elbow_tracer *tracer, struct elbow_part *output, struct elbow_error *error)
{
    if (elbow_part_begin(NULL, tracer->path, output, NULL, error) != ELBOW_OK)
        return NULL;
    FILE *out = fopen(output->part, "we");
    if (out != NULL)
        return out;
    elbow_error_set(error, ELBOW_OUTPUT, "%s: the trace was not written: %s", tracer->path, strerror(errno));
    elbow_part_abandon(output);
    return NULL;
}

static void end_file(const struct elbow_tracer *tracer, struct elbow_part *output, FILE *out, struct elbow_error *error)
{
    errno = 0;
    bool is_written = fflush(out) == 0 && !ferror(out);
    int reason = errno;
    is_written &= fclose(out) == 0;
    if (is_written && elbow_output_publish(output, tracer->publish, error) == ELBOW_OK)
        return;
    elbow_part_abandon(output);
    if (!is_written)
        elbow_error_set(error, ELBOW_OUTPUT, "%s: the trace was not written: %s", tracer->path,
                        strerror(reason != 0 ? reason : EIO));
}

enum elbow_status elbow_tracer_write(struct elbow_comm *comm, struct elbow_tracer *tracer, uint64_t *held,
                                     uint64_t *noted, struct elbow_error *error)
{
    struct elbow_place place = elbow_comm_place(comm);
    struct elbow_part output = {0};
    FILE *out = NULL;
    *error = (struct elbow_error){0};
    *held = *noted = 0;
    if (!tracer->is_open)
        return ELBOW_OK;
    elbow_comm_trace(comm, NULL);
    if (place.rank == 0)
        out = begin_file(tracer, &output, error);
    merge(comm, tracer, out);
    if (out != NULL)
        end_file(tracer, &output, out, error);
    elbow_output_error(error); // the run itself is finished
    for (int i = 0; i < (place.rank == 0 ? place.size * ELBOW_TRACER_THREADS : 0); ++i) {
        *held += tracer->ranks[i / ELBOW_TRACER_THREADS].held[i % ELBOW_TRACER_THREADS];
        *noted += tracer->ranks[i / ELBOW_TRACER_THREADS].noted[i % ELBOW_TRACER_THREADS];
    }
    return elbow_comm_agree_root(comm, error);
}

void elbow_tracer_close(struct elbow_tracer *tracer)
{
    for (int t = 0; t < ELBOW_TRACER_THREADS; ++t)
        elbow_track_clear(&tracer->tracks[t]);
    elbow_release(&tracer->parts);
    elbow_release(&tracer->ranks);
    elbow_release(&tracer->events);
    *tracer = (struct elbow_tracer){0};
}
