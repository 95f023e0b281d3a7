// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/base/memory.h"
#include "elbow/base/trace.h"

#include "unit.h"

#include <string.h>

START_TEST(nothing_is_noted_without_a_track_or_while_it_is_off)
{
    struct elbow_track track = {0};
    ck_assert(!elbow_trace_begin(NULL).is_noted);
    elbow_trace_end(NULL, ELBOW_TRACE_STEP, 1, elbow_trace_begin(NULL));
    elbow_track_turn(NULL, true);
    ck_assert_int_eq(elbow_track_create(&track, 4, NULL), ELBOW_OK);
    struct elbow_trace_start begin = elbow_trace_begin(&track);
    ck_assert(!begin.is_noted);
    elbow_trace_end(&track, ELBOW_TRACE_STEP, 1, begin);
    ck_assert_uint_eq(track.count, 0);
    elbow_track_turn(&track, true);
    begin = elbow_trace_begin(&track);
    ck_assert(begin.is_noted);
    elbow_track_turn(&track, false); // spans that have begun are noted
    elbow_trace_end(&track, ELBOW_TRACE_STEP, 1, begin);
    ck_assert_uint_eq(track.count, 1);
    elbow_track_clear(&track);
}
END_TEST

START_TEST(a_full_track_keeps_the_newest_events)
{
    struct elbow_track track = {0};
    ck_assert_int_eq(elbow_track_create(&track, 8, NULL), ELBOW_OK);
    uint64_t allocations = elbow_memory_count().allocations;
    for (uint32_t i = 0; i < 21; ++i)
        elbow_track_note(&track, ELBOW_TRACE_REDUCE, i, 100 + i);
    ck_assert_uint_eq(elbow_memory_count().allocations, allocations);
    ck_assert_uint_eq(track.count, 21);
    ck_assert_uint_eq(elbow_track_finish(&track), 8);
    for (uint32_t i = 0; i < 8; ++i) {
        ck_assert_uint_eq(track.events[i].argument, 13 + i);
        ck_assert_uint_eq(track.events[i].name, ELBOW_TRACE_REDUCE);
        ck_assert(track.events[i].begin == 113 + i);
    }
    elbow_track_clear(&track);
    ck_assert_ptr_null(track.events);
}
END_TEST

START_TEST(a_finished_track_lists_outer_events_before_inner_ones)
{
    struct elbow_track track = {0};
    ck_assert_int_eq(elbow_track_create(&track, 8, NULL), ELBOW_OK);
    elbow_track_turn(&track, true);
    struct elbow_trace_start step = elbow_trace_begin(&track), exchange = elbow_trace_begin(&track);
    elbow_trace_end(&track, ELBOW_TRACE_REDUCE, 3, step); // begins with the step, ends before it
    elbow_trace_end(&track, ELBOW_TRACE_EXCHANGE, 0, exchange);
    elbow_trace_end(&track, ELBOW_TRACE_STEP, 7, step);
    ck_assert_uint_eq(elbow_track_finish(&track), 3);
    ck_assert_uint_eq(track.events[0].name, ELBOW_TRACE_STEP);
    ck_assert_uint_eq(track.events[0].argument, 7);
    for (int i = 1; i < 3; ++i) {
        ck_assert(track.events[i].begin >= track.events[0].begin && track.events[i].end <= track.events[0].end);
        ck_assert(track.events[i].begin >= track.events[i - 1].begin);
    }
    ck_assert(!elbow_trace_begin(&track).is_noted); // it is off
    elbow_track_clear(&track);
}
END_TEST

static double clock_value;

static double told_clock(void)
{
    return clock_value;
}

START_TEST(an_event_may_begin_at_any_time)
{
    static const double values[] = {-3600, -1e-9, 0, 1e-9, 3600};
    struct elbow_track track = {0};
    ck_assert_int_eq(elbow_track_create(&track, 8, NULL), ELBOW_OK);
    elbow_track_turn(&track, true);
    elbow_clock_replace(told_clock);
    for (size_t i = 0; i < sizeof values / sizeof *values; ++i) {
        clock_value = values[i];
        elbow_trace_end(&track, ELBOW_TRACE_REDUCE, i, elbow_trace_begin(&track));
    }
    elbow_clock_replace(NULL);
    ck_assert_uint_eq(elbow_track_finish(&track), sizeof values / sizeof *values);
    for (uint32_t i = 0; i < sizeof values / sizeof *values; ++i)
        ck_assert(track.events[i].argument == i && track.events[i].begin == values[i]);
    elbow_track_clear(&track);
}
END_TEST

START_TEST(every_name_is_told_once)
{
    for (int i = 0; i < ELBOW_TRACE_NAMES; ++i) {
        const struct elbow_trace_about *about = elbow_trace_tell((enum elbow_trace_name)i);
        ck_assert_ptr_nonnull(about->category);
        for (int j = 0; j < i; ++j)
            ck_assert_str_ne(about->name, elbow_trace_tell((enum elbow_trace_name)j)->name);
    }
    ck_assert_str_eq(elbow_trace_tell(ELBOW_TRACE_REDUCE)->argument, "bucket");
    ck_assert(elbow_trace_tell(ELBOW_TRACE_GRADIENTS_IN)->overlaps && !elbow_trace_tell(ELBOW_TRACE_WAIT)->overlaps);
}
END_TEST

START_TEST(no_room_is_an_error)
{
    struct elbow_track track;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_track_create(&track, SIZE_MAX / 4, &error), ELBOW_MEMORY);
    ck_assert_ptr_nonnull(strstr(error.message, "trace"));
    elbow_track_clear(&track);
}
END_TEST

UNIT_MAIN("base/trace", nothing_is_noted_without_a_track_or_while_it_is_off, a_full_track_keeps_the_newest_events,
          a_finished_track_lists_outer_events_before_inner_ones, an_event_may_begin_at_any_time,
          every_name_is_told_once, no_room_is_an_error)
