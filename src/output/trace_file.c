// SPDX-License-Identifier: BSD-3-Clause
// Times are rounded to whole nanoseconds before they are subtracted, so that nested events stay nested. Errors of a
// stream are found when it is closed.
#include "elbow/output/detail/trace_file.h"

#include "elbow/base/build.h"

#include <inttypes.h>
#include <math.h>

static const char *const threads[ELBOW_TRACER_THREADS] = {"main", "data", "writer", "reader"};

// Nanoseconds since the origin.
static int64_t time_of(const struct elbow_trace_file *file, const struct elbow_clock_tie ties[2], double clock)
{
    return llround((elbow_clock_map(&ties[0], &ties[1], clock) - file->origin) * 1e9);
}

// The fields that every event has.
static void begin_event(struct elbow_json *json, const char *kind, const char *name, int rank, int thread)
{
    elbow_json_line(json);
    elbow_json_open(json, NULL, '{');
    elbow_json_text(json, "ph", kind);
    elbow_json_text(json, "name", name);
    elbow_json_integer(json, "pid", rank);
    elbow_json_integer(json, "tid", thread);
}

// A name, or a number, of a process or a thread.
static void put_metadata(struct elbow_json *json, const char *kind, int rank, int thread, const char *name)
{
    begin_event(json, "M", kind, rank, thread);
    elbow_json_fixed(json, "ts", 0, 3);
    elbow_json_open(json, "args", '{');
    if (name != NULL)
        elbow_json_text(json, "name", name);
    else
        elbow_json_integer(json, "sort_index", rank);
    elbow_json_close(json, '}');
    elbow_json_close(json, '}');
}

static void put_rank(struct elbow_json *json, const struct elbow_tracer_rank *about, int rank)
{
    char name[128];
    elbow_text_format(name, sizeof name, "rank %d on %s, node %d", rank, about->host, (int)about->node);
    put_metadata(json, "process_name", rank, 0, name);
    put_metadata(json, "process_sort_index", rank, 0, NULL);
    for (int t = 0; t < ELBOW_TRACER_THREADS; ++t)
        if (about->held[t] > 0)
            put_metadata(json, "thread_name", rank, t, threads[t]);
}

// Facts of the whole trace.
static void put_facts(struct elbow_json *json, const struct elbow_tracer_rank *ranks, int size)
{
    uint64_t lost = 0;
    double error = 0;
    for (int r = 0; r < size; ++r) {
        for (int t = 0; t < ELBOW_TRACER_THREADS; ++t)
            lost += ranks[r].noted[t] - ranks[r].held[t];
        error = fmax(error, fmax(ranks[r].ties[0].error, ranks[r].ties[1].error));
    }
    elbow_json_open(json, "otherData", '{');
    elbow_json_text(json, "program", "elbow");
    elbow_json_text(json, "version", elbow_build_version());
    elbow_json_text(json, "build", elbow_build_id());
    elbow_json_integer(json, "ranks", size);
    elbow_json_integer(json, "nodes", ranks[size - 1].node + 1);
    elbow_json_integer(json, "events_lost", (int64_t)lost);
    elbow_json_fixed(json, "clock_error_us", error * 1e6, 3);
    elbow_json_close(json, '}');
}

void elbow_trace_file_begin(struct elbow_trace_file *file, FILE *out, const struct elbow_tracer_rank *ranks, int size)
{
    *file = (struct elbow_trace_file){.json = {.out = out}, .origin = ranks[0].ties[0].root};
    elbow_json_open(&file->json, NULL, '{');
    elbow_json_text(&file->json, "displayTimeUnit", "ms");
    put_facts(&file->json, ranks, size);
    elbow_json_open(&file->json, "traceEvents", '[');
    for (int r = 0; r < size; ++r)
        put_rank(&file->json, &ranks[r], r);
}

static void put_argument(struct elbow_json *json, const struct elbow_trace_about *about, uint32_t argument)
{
    if (about->argument == NULL)
        return;
    elbow_json_open(json, "args", '{');
    elbow_json_integer(json, about->argument, argument);
    elbow_json_close(json, '}');
}

// One half of a pair.
static void put_half(struct elbow_trace_file *file, const char *kind, const struct elbow_trace_about *about, int rank,
                     int thread, int64_t time)
{
    char id[24];
    elbow_text_format(id, sizeof id, "0x%" PRIx64, file->id);
    begin_event(&file->json, kind, about->name, rank, thread);
    elbow_json_text(&file->json, "cat", about->category);
    elbow_json_text(&file->json, "id", id);
    elbow_json_fixed(&file->json, "ts", (double)time / 1e3, 3);
}

void elbow_trace_file_put(struct elbow_trace_file *file, int rank, enum elbow_tracer_thread thread,
                          const struct elbow_clock_tie ties[2], const struct elbow_trace_event *events, size_t count)
{
    struct elbow_json *json = &file->json;
    for (size_t i = 0; i < count; ++i) {
        const struct elbow_trace_about *about = elbow_trace_tell((enum elbow_trace_name)events[i].name);
        int64_t begin = time_of(file, ties, events[i].begin), end = time_of(file, ties, events[i].end);
        if (about->overlaps) {
            file->id += 1;
            put_half(file, "b", about, rank, (int)thread, begin);
            put_argument(json, about, events[i].argument);
            elbow_json_close(json, '}');
            put_half(file, "e", about, rank, (int)thread, end);
            elbow_json_close(json, '}');
            continue;
        }
        begin_event(json, "X", about->name, rank, (int)thread);
        elbow_json_text(json, "cat", about->category);
        elbow_json_fixed(json, "ts", (double)begin / 1e3, 3);
        elbow_json_fixed(json, "dur", (double)(end - begin) / 1e3, 3);
        put_argument(json, about, events[i].argument);
        elbow_json_close(json, '}');
    }
}

void elbow_trace_file_end(struct elbow_trace_file *file)
{
    elbow_json_close(&file->json, ']');
    elbow_json_close(&file->json, '}');
}
