// SPDX-License-Identifier: BSD-3-Clause
// elbow-test-trace FILE: checks that a file is a trace as Perfetto and chrome://tracing read it ("Trace Event Format",
// the JSON object form). Of Elbow it knows only the names of the events. On success it prints, for each name, the
// number of events and their milliseconds, and the steps; otherwise the faulty event and its error.
//
// Checks: every event has ph, name, pid, tid and ts; complete events have a duration, are in the order of time on their
// thread, and lie within or beside each other; asynchronous events come in pairs; names are known; processes and
// threads are named; steps are counted. The ranks' clocks agree: in an exchange, which the ranks make together, no rank
// ends before each of them has begun, up to twice the error that the trace gives for its clocks.
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 64, THREADS_MAX = 64, DEPTH_MAX = 32, STEPS_MAX = 100000 };

static const char *const known[] = {"step",         "data",          "forward",       "likelihood",    "backward",
                                    "sum",          "exchange",      "reduce",        "statistics",    "optimizer",
                                    "share",        "wait",          "audit",         "rows",          "evaluation",
                                    "pictures",     "checkpoint",    "snapshot",      "gather",        "write",
                                    "sync tables",  "write file",    "tidy",          "read",          "late pages",
                                    "gradients in", "gradients out", "parameters in", "parameters out"};
enum { KNOWN = sizeof known / sizeof *known };

struct thread {
    long long pid, tid;
    bool has_name;
    long long last;            // nanoseconds: the start of the last event
    long long open[DEPTH_MAX]; // ends of the events that are open there
    int depth;
    long long step, exchanges; // the last step; exchanges so far
};

static struct {
    struct thread threads[THREADS_MAX];
    int count, processes;
    long long counts[KNOWN];
    double milliseconds[KNOWN];
    long long pair_end;                           // of the asynchronous event that is open
    const char *pair;                             // its id
    long long begun[STEPS_MAX], ended[STEPS_MAX]; // of the n-th exchange: the latest begin, the earliest end
    int ranks[STEPS_MAX];                         // ranks that have made it
    double clock_error;
    long long first_step, last_step; // of any rank
} trace;

static _Noreturn void fail(size_t event, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "elbow-test-trace: event %zu: ", event);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

static const char *text_of(size_t number, const json_t *event, const char *key)
{
    const char *text = json_string_value(json_object_get(event, key));
    if (text == NULL)
        fail(number, "has no text '%s'", key);
    return text;
}

static long long integer_of(size_t number, const json_t *event, const char *key)
{
    const json_t *value = json_object_get(event, key);
    if (!json_is_integer(value))
        fail(number, "has no integer '%s'", key);
    return json_integer_value(value);
}

// Microseconds as whole nanoseconds.
static long long time_of(size_t number, const json_t *event, const char *key)
{
    const json_t *value = json_object_get(event, key);
    if (!json_is_number(value))
        fail(number, "has no number '%s'", key);
    return llround(json_number_value(value) * 1000);
}

static struct thread *thread_of(size_t number, long long pid, long long tid)
{
    for (int i = 0; i < trace.count; ++i)
        if (trace.threads[i].pid == pid && trace.threads[i].tid == tid)
            return &trace.threads[i];
    if (trace.count == THREADS_MAX)
        fail(number, "is of one thread too many");
    trace.threads[trace.count] = (struct thread){.pid = pid, .tid = tid};
    return &trace.threads[trace.count++];
}

static int known_name(size_t number, const char *name)
{
    for (int i = 0; i < KNOWN; ++i)
        if (strcmp(known[i], name) == 0)
            return i;
    fail(number, "has the name '%s', which is not known", name);
}

static void take_metadata(size_t number, const json_t *event, const char *name, struct thread *thread)
{
    const json_t *arguments = json_object_get(event, "args");
    bool is_sort = strcmp(name, "process_sort_index") == 0;
    if (!json_is_object(arguments))
        fail(number, "has no arguments");
    if (is_sort)
        integer_of(number, arguments, "sort_index");
    else
        text_of(number, arguments, "name");
    if (strcmp(name, "thread_name") == 0)
        thread->has_name = true;
    else if (strcmp(name, "process_name") == 0)
        ++trace.processes;
    else if (!is_sort)
        fail(number, "is metadata of an unknown name, '%s'", name);
}

// The n-th exchange of a rank.
static void take_exchange(size_t number, struct thread *thread, long long begin, long long end)
{
    long long n = thread->exchanges++;
    if (n >= STEPS_MAX)
        fail(number, "is one exchange too many");
    if (trace.ranks[n] == 0 || begin > trace.begun[n])
        trace.begun[n] = begin;
    if (trace.ranks[n] == 0 || end < trace.ended[n])
        trace.ended[n] = end;
    trace.ranks[n] += 1;
}

static void take_complete(size_t number, const json_t *event, int name, struct thread *thread)
{
    long long begin = time_of(number, event, "ts"), duration = time_of(number, event, "dur"), end = begin + duration;
    if (duration < 0)
        fail(number, "has a negative duration");
    if (begin < thread->last)
        fail(number, "begins before the one before it on its thread");
    thread->last = begin;
    while (thread->depth > 0 && thread->open[thread->depth - 1] <= begin)
        --thread->depth;
    if (thread->depth > 0 && end > thread->open[thread->depth - 1])
        fail(number, "('%s') ends %lld ns after the one that it begins in", known[name],
             end - thread->open[thread->depth - 1]);
    if (thread->depth == DEPTH_MAX)
        fail(number, "lies too deep");
    thread->open[thread->depth++] = end;
    trace.milliseconds[name] += (double)duration / 1e6;
    if (strcmp(known[name], "step") == 0) {
        long long step = integer_of(number, json_object_get(event, "args"), "step");
        if (thread->step > 0 && step != thread->step + 1)
            fail(number, "is step %lld after step %lld", step, thread->step);
        trace.first_step = trace.first_step > 0 && trace.first_step < step ? trace.first_step : step;
        trace.last_step = step > trace.last_step ? step : trace.last_step;
        thread->step = step;
    }
    if (strcmp(known[name], "exchange") == 0)
        take_exchange(number, thread, begin, end);
}

// The halves of a pair are adjacent: the second follows the first.
static void take_half(size_t number, const json_t *event, int name, bool begins)
{
    const char *id = text_of(number, event, "id");
    long long time = time_of(number, event, "ts");
    if (begins == (trace.pair != NULL) || (!begins && strcmp(trace.pair, id) != 0))
        fail(number, "is half of a pair without the other half");
    if (!begins && time < trace.pair_end)
        fail(number, "ends before it begins");
    trace.milliseconds[name] += begins ? 0 : (double)(time - trace.pair_end) / 1e6;
    trace.pair = begins ? id : NULL;
    trace.pair_end = time;
}

static void take_event(size_t number, const json_t *event)
{
    const char *kind = text_of(number, event, "ph"), *name = text_of(number, event, "name");
    struct thread *thread = thread_of(number, integer_of(number, event, "pid"), integer_of(number, event, "tid"));
    time_of(number, event, "ts");
    if (strcmp(kind, "M") == 0) {
        take_metadata(number, event, name, thread);
        return;
    }
    int index = known_name(number, name);
    bool begins = strcmp(kind, "b") == 0, ends = strcmp(kind, "e") == 0;
    text_of(number, event, "cat");
    if (begins || ends)
        take_half(number, event, index, begins);
    else if (strcmp(kind, "X") == 0)
        take_complete(number, event, index, thread);
    else
        fail(number, "is of an unknown kind, '%s'", kind);
    trace.counts[index] += !ends;
}

// Checks at the end.
static void check_whole(size_t events)
{
    int ranks = 0;
    double tolerance = 2 * trace.clock_error * 1e3; // nanoseconds
    for (int i = 0; i < trace.count; ++i) {
        const struct thread *thread = &trace.threads[i];
        ranks += thread->tid == 0;
        if (!thread->has_name)
            fail(events, "thread %lld of process %lld has no name", thread->tid, thread->pid);
    }
    if (trace.processes != ranks)
        fail(events, "%d processes have names, of %d", trace.processes, ranks);
    if (trace.pair != NULL)
        fail(events, "a pair is open");
    for (int n = 0; n < STEPS_MAX && trace.ranks[n] == ranks; ++n)
        if ((double)trace.begun[n] > (double)trace.ended[n] + tolerance)
            fail(events, "exchange %d ends on a rank %lld ns before it begins on another, the clocks' error being %.0f",
                 n, trace.begun[n] - trace.ended[n], tolerance);
}

int main(int argc, char **argv)
{
    json_error_t error;
    json_t *root = argc == 2 ? json_load_file(argv[1], JSON_REJECT_DUPLICATES, &error) : NULL;
    if (root == NULL) {
        fprintf(stderr, "elbow-test-trace: %s\n", argc == 2 ? error.text : "expected the name of a file");
        return EXIT_FAILURE;
    }
    const json_t *events = json_object_get(root, "traceEvents"), *facts = json_object_get(root, "otherData"), *event;
    if (!json_is_array(events) || !json_is_object(facts))
        fail(0, "there is no list of events, or no facts");
    trace.clock_error = json_number_value(json_object_get(facts, "clock_error_us"));
    size_t number;
    json_array_foreach(events, number, event) take_event(number, event);
    check_whole(number);
    for (int i = 0; i < KNOWN; ++i)
        if (trace.counts[i] > 0)
            printf("%s: %lld events, %.3f ms\n", known[i], trace.counts[i], trace.milliseconds[i]);
    printf("steps: %lld to %lld\nranks: %d\nlost: %lld\nclock error: %.3f us\n", trace.first_step, trace.last_step,
           trace.processes, integer_of(number, facts, "events_lost"), trace.clock_error);
    json_decref(root);
    return EXIT_SUCCESS;
}
