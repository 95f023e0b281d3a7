// SPDX-License-Identifier: BSD-3-Clause
// The merged file, from events and clocks that are made up.
#include "elbow/output/detail/trace_file.h"

#include "unit.h"

#include <string.h>

// Rank one runs on another node: its clock is 100 s behind rank zero's, and loses 20 us in the 2 s of the trace.
static const struct elbow_tracer_rank ranks[2] = {
    {.host = "vm\"1", .noted = {3, 0, 0}, .held = {2, 0, 0}, .ties = {{500, 500, 0}, {502, 502, 0}}},
    {.host = "vm2",
     .node = 1,
     .noted = {1, 0, 1},
     .held = {1, 0, 1},
     .ties = {{400, 500, 3e-6}, {402 - 20e-6, 502, 5e-6}}},
};

// The file as a text, to be freed.
static char *write_trace(const struct elbow_trace_event *first, size_t count, const struct elbow_trace_event *second,
                         const struct elbow_trace_event *writer)
{
    static char *text; // set by the stream
    static size_t size;
    struct elbow_trace_file file;
    FILE *out = open_memstream(&text, &size);
    elbow_trace_file_begin(&file, out, ranks, 2);
    elbow_trace_file_put(&file, 0, ELBOW_TRACER_MAIN, ranks[0].ties, first, count);
    elbow_trace_file_put(&file, 1, ELBOW_TRACER_MAIN, ranks[1].ties, second, 1);
    elbow_trace_file_put(&file, 1, ELBOW_TRACER_WRITER, ranks[1].ties, writer, 1);
    elbow_trace_file_end(&file);
    fclose(out);
    return text;
}

static void has_line(const char *text, const char *line)
{
    ck_assert_msg(strstr(text, line) != NULL, "no '%s' in\n%s", line, text);
}

START_TEST(all_times_are_those_of_rank_zero)
{
    struct elbow_trace_event first[] = {{500.5, 500.75, 7, ELBOW_TRACE_STEP}, {500.5, 500.625, 3, ELBOW_TRACE_REDUCE}};
    struct elbow_trace_event second = {401 - 10e-6, 402 - 20e-6, 0, ELBOW_TRACE_WAIT};
    struct elbow_trace_event writer = {400, 401 - 10e-6, 9, ELBOW_TRACE_WRITE};
    char *text = write_trace(first, 2, &second, &writer);
    has_line(text, "{\"displayTimeUnit\": \"ms\", \"otherData\": {\"program\": \"elbow\"");
    has_line(text, "\"ranks\": 2, \"nodes\": 2, \"events_lost\": 1, \"clock_error_us\": 5.000}, \"traceEvents\": [\n{");
    has_line(text, "\n{\"ph\": \"M\", \"name\": \"process_name\", \"pid\": 0, \"tid\": 0, \"ts\": 0.000, \"args\": "
                   "{\"name\": \"rank 0 on vm\\\"1, node 0\"}},\n");
    has_line(text, "\"args\": {\"name\": \"rank 1 on vm2, node 1\"}},\n");
    has_line(text, "\n{\"ph\": \"M\", \"name\": \"thread_name\", \"pid\": 1, \"tid\": 2, \"ts\": 0.000, \"args\": "
                   "{\"name\": \"writer\"}},\n");
    has_line(text, "\n{\"ph\": \"X\", \"name\": \"step\", \"pid\": 0, \"tid\": 0, \"cat\": \"step\", "
                   "\"ts\": 500000.000, \"dur\": 250000.000, \"args\": {\"step\": 7}},\n");
    has_line(text, "\n{\"ph\": \"X\", \"name\": \"reduce\", \"pid\": 0, \"tid\": 0, \"cat\": \"exchange\", "
                   "\"ts\": 500000.000, \"dur\": 125000.000, \"args\": {\"bucket\": 3}},\n");
    has_line(text, "\n{\"ph\": \"X\", \"name\": \"wait\", \"pid\": 1, \"tid\": 0, \"cat\": \"wait\", "
                   "\"ts\": 1000000.000, \"dur\": 1000000.000},\n");
    has_line(text, "\n{\"ph\": \"X\", \"name\": \"write\", \"pid\": 1, \"tid\": 2, \"cat\": \"checkpoint\", "
                   "\"ts\": 0.000, \"dur\": 1000000.000, \"args\": {\"step\": 9}}]}\n");
    ck_assert_ptr_null(strstr(text, "\"name\": \"data\"")); // a thread without events is not there
    free(text);
}
END_TEST

START_TEST(messages_are_pairs)
{
    struct elbow_trace_event first[] = {{500.5, 500.75, 2, ELBOW_TRACE_GRADIENTS_OUT},
                                        {500.625, 501, 1, ELBOW_TRACE_GRADIENTS_OUT}};
    struct elbow_trace_event other = {401, 401, 0, ELBOW_TRACE_WAIT};
    char *text = write_trace(first, 2, &other, &other);
    has_line(text, "\n{\"ph\": \"b\", \"name\": \"gradients out\", \"pid\": 0, \"tid\": 0, \"cat\": \"message\", "
                   "\"id\": \"0x1\", \"ts\": 500000.000, \"args\": {\"bucket\": 2}},\n"
                   "{\"ph\": \"e\", \"name\": \"gradients out\", \"pid\": 0, \"tid\": 0, \"cat\": \"message\", "
                   "\"id\": \"0x1\", \"ts\": 750000.000},\n"
                   "{\"ph\": \"b\", \"name\": \"gradients out\", \"pid\": 0, \"tid\": 0, \"cat\": \"message\", "
                   "\"id\": \"0x2\", \"ts\": 625000.000, \"args\": {\"bucket\": 1}},\n");
    has_line(text, "\"dur\": 0.000");
    free(text);
}
END_TEST

// Spans that end together do so in the file, for any correction of the clock.
START_TEST(what_lies_within_stays_within)
{
    for (int i = 0; i < 1000; ++i) {
        double begin = 400 + i * 1.2345678e-3, end = begin + 1e-9 * i;
        struct elbow_trace_event outer = {begin, end, 0, ELBOW_TRACE_EXCHANGE},
                                 inner = {begin + (end - begin) / 3, end, 0, ELBOW_TRACE_WAIT};
        double at[4];
        char *text = write_trace(NULL, 0, &outer, &inner);
        const char *place = strstr(text, "\"exchange\", \"ts\": ");
        ck_assert_int_eq(sscanf(place, "\"exchange\", \"ts\": %lf, \"dur\": %lf", &at[0], &at[1]), 2);
        place = strstr(text, "\"wait\", \"ts\": ");
        ck_assert_int_eq(sscanf(place, "\"wait\", \"ts\": %lf, \"dur\": %lf", &at[2], &at[3]), 2);
        // In whole nanoseconds, as viewers have them.
        ck_assert((int64_t)(at[0] * 1e3 + 0.5) <= (int64_t)(at[2] * 1e3 + 0.5));
        ck_assert((int64_t)(at[0] * 1e3 + 0.5) + (int64_t)(at[1] * 1e3 + 0.5) ==
                  (int64_t)(at[2] * 1e3 + 0.5) + (int64_t)(at[3] * 1e3 + 0.5));
        free(text);
    }
}
END_TEST

UNIT_MAIN("run/trace_file", all_times_are_those_of_rank_zero, messages_are_pairs, what_lies_within_stays_within)
