// SPDX-License-Identifier: BSD-3-Clause
// The orders by segments and windows against a reference that deals the samples out one by one, while the program has
// formulas; against the words of another implementation; and against the purposes of the orders.
#include "elbow/data/page_order.h"

#include "elbow/base/memory.h"
#include "elbow/base/thread.h"
#include "elbow/math/permutation.h"
#include "unit.h"

#include <string.h>

enum { SAMPLES_MAX = 4000, SEGMENTS_MAX = 64, EPOCHS = 3, FILES_MAX = 4 };

static struct elbow_error error;

struct shape {
    uint64_t batch, microbatch, window_pages, page_rows;
    size_t files;
    uint64_t file_rows[FILES_MAX];
};

// b not dividing B, one page, fewer pages than microbatches, short pages, N below B, several files, batches that are
// the set, microbatches of one row, and a large last batch.
static const struct shape shapes[] = {{16, 4, 2, 8, 1, {256}},         {16, 5, 2, 8, 1, {250}},
                                      {100, 7, 1, 16, 1, {1003}},      {32, 8, 8, 1000, 1, {90}},
                                      {64, 4, 2, 50, 1, {333}},        {17, 3, 3, 7, 4, {100, 3, 0, 58}},
                                      {500, 64, 4, 10, 2, {120, 81}},  {40, 40, 2, 9, 1, {200}},
                                      {12, 1, 1, 5, 3, {60, 61, 62}},  {128, 64, 8, 64, 1, {SAMPLES_MAX}},
                                      {9, 4, 1000000, 3, 1, {100}},    {1, 1, 1, 1, 1, {1}},
                                      {2000, 1000, 2, 100, 1, {3999}}, {24, 8, 1, 1, 1, {241}}};

static struct elbow_page_table table_of(const struct shape *shape)
{
    struct elbow_page_table table;
    uint64_t rows = 0;
    for (size_t i = 0; i < shape->files; ++i)
        rows += shape->file_rows[i];
    struct elbow_selection all = elbow_selection_all(rows);
    const struct elbow_page_table_request request = {&all, shape->files, shape->file_rows, shape->page_rows};
    ck_assert_int_eq(elbow_page_table_create(&request, &table, &error), ELBOW_OK);
    return table;
}

static struct elbow_page_order *order_of(const struct shape *shape, const struct elbow_page_table *table,
                                         enum elbow_order_kind kind)
{
    struct elbow_page_order *order = NULL;
    const struct elbow_page_order_request request = {.kind = kind,
                                                     .seed = 7,
                                                     .batch = shape->batch,
                                                     .microbatch = shape->microbatch,
                                                     .window_pages = shape->window_pages,
                                                     .table = table};
    ck_assert_int_eq(elbow_page_order_create(&request, &order, &error), ELBOW_OK);
    return order;
}

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return (a + b - 1) / b;
}

static uint64_t permuted(uint64_t n, enum elbow_purpose purpose, uint64_t id, uint64_t draw, uint64_t at)
{
    struct elbow_permutation permutation = elbow_permutation_keyed(
        n, (struct elbow_stream){.seed = 7, .purpose = purpose, .id = id, .draw = (uint32_t)draw});
    return elbow_permutation_at(&permutation, at);
}

// All samples, page after page as the pages are dealt.
static void list_pages(const struct elbow_page_table *table, uint64_t draw, uint64_t *samples)
{
    uint64_t count = 0;
    for (uint64_t k = 0; k < table->count; ++k) {
        uint64_t page = permuted(table->count, ELBOW_PURPOSE_PAGES, 0, draw, k);
        for (uint64_t sample = table->first[page]; sample < table->first[page + 1]; ++sample)
            samples[count++] = sample;
    }
    ck_assert_uint_eq(count, table->samples);
}

// The microbatch of a position, which takes the next sample of its segment.
static uint64_t segment_at(const struct shape *shape, uint64_t batch, uint64_t position)
{
    return position % batch / shape->microbatch;
}

// The order of an epoch: positions are dealt to segments one by one, and segments follow each other in page order.
static void list_epoch(const struct shape *shape, const struct elbow_page_table *table, bool has_windows,
                       uint64_t epoch, uint64_t *expected)
{
    static uint64_t samples[SAMPLES_MAX], place[SAMPLES_MAX];
    uint64_t batch = shape->batch < table->samples ? shape->batch : table->samples;
    uint64_t length[SEGMENTS_MAX * 16] = {0}, start[SEGMENTS_MAX * 16] = {0},
                                   segments = divide_up(batch, shape->microbatch);
    list_pages(table, has_windows ? epoch : 0, samples);
    for (uint64_t p = 0; p < table->samples; ++p)
        place[p] = length[segment_at(shape, batch, p)]++;
    for (uint64_t m = 1; m < segments; ++m)
        start[m] = start[m - 1] + length[m - 1];
    for (uint64_t p = 0; p < table->samples; ++p) {
        uint64_t m = segment_at(shape, batch, p), window = 0;
        uint64_t windows = has_windows ? divide_up(length[m], shape->window_pages * shape->page_rows) : 1;
        while ((window + 1) * length[m] / windows <= place[p])
            ++window;
        uint64_t lo = window * length[m] / windows, hi = (window + 1) * length[m] / windows;
        uint64_t u = lo + permuted(hi - lo, ELBOW_PURPOSE_WINDOW, m * 4294967296 + window, epoch, place[p] - lo);
        expected[p] = samples[start[m] + u];
    }
}

static void check_orders(const struct shape *shape, enum elbow_order_kind kind)
{
    static uint64_t expected[SAMPLES_MAX];
    static bool seen[SAMPLES_MAX];
    struct elbow_page_table table = table_of(shape);
    struct elbow_page_order *order = order_of(shape, &table, kind);
    struct elbow_order view = elbow_order_paged(order);
    ck_assert_uint_eq(view.samples, table.samples);
    for (uint64_t i = 0; i < EPOCHS + 2; ++i) {
        uint64_t epoch = i < EPOCHS ? i : 2 * EPOCHS - i - 1; // and back: two epochs are kept
        memset(seen, 0, sizeof seen);
        list_epoch(shape, &table, kind == ELBOW_ORDER_WINDOWS, epoch, expected);
        for (uint64_t p = 0; p < table.samples; ++p) {
            uint64_t sample = elbow_page_order_at(order, epoch, p);
            ck_assert_msg(sample == expected[p], "shape %d, epoch %d, position %d", (int)(shape - shapes), (int)epoch,
                          (int)p);
            ck_assert_uint_eq(view.at(&view, epoch, p), sample);
            ck_assert(!seen[sample]); // each row once an epoch
            seen[sample] = true;
        }
    }
    elbow_page_order_destroy(order);
    elbow_page_table_clear(&table);
}

START_TEST(orders_are_those_of_the_reference)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
        check_orders(&shapes[i], ELBOW_ORDER_SEGMENTS);
        check_orders(&shapes[i], ELBOW_ORDER_WINDOWS);
    }
}
END_TEST

// Windows cover the segments, and say truly which samples are used from which step on.
static void check_windows(const struct shape *shape, enum elbow_order_kind kind)
{
    static uint64_t page_order[SAMPLES_MAX], rank_of[SAMPLES_MAX], pages[SAMPLES_MAX];
    struct elbow_page_table table = table_of(shape);
    struct elbow_page_order *order = order_of(shape, &table, kind);
    uint64_t batch = shape->batch < table.samples ? shape->batch : table.samples, end = 0, most = 0;
    ck_assert_uint_eq(elbow_page_order_segments(order), divide_up(batch, shape->microbatch));
    for (uint64_t m = 0; m < elbow_page_order_segments(order); ++m)
        for (uint64_t w = 0; w < elbow_page_order_windows(order, m); ++w) {
            struct elbow_page_window window = elbow_page_order_window(order, 2, m, w);
            ck_assert_uint_eq(window.first, end);
            ck_assert_uint_gt(window.last, window.first);
            end = window.last;
            most = window.last - window.first > most ? window.last - window.first : most;
        }
    ck_assert_uint_eq(end, table.samples);
    ck_assert_uint_eq(elbow_page_order_window_most(order), most);
    list_pages(&table, kind == ELBOW_ORDER_WINDOWS ? 2 : 0, page_order);
    for (uint64_t g = 0; g < table.samples; ++g)
        rank_of[page_order[g]] = g;
    for (uint64_t p = 0; p < table.samples; ++p) {
        uint64_t sample = elbow_page_order_at(order, 2, p), step = p / batch;
        struct elbow_page_window window = elbow_page_order_window_of(order, 2, p);
        struct elbow_page_window same = elbow_page_order_window(order, 2, window.segment, window.window);
        ck_assert_int_eq(memcmp(&window, &same, sizeof same), 0);
        ck_assert_uint_eq(window.segment, p % batch / shape->microbatch);
        ck_assert(window.first <= rank_of[sample] && rank_of[sample] < window.last);
        ck_assert_uint_le(window.step, step);
        uint64_t count = elbow_page_order_pages(order, &window, 0, NULL);
        ck_assert_uint_eq(elbow_page_order_pages(order, &window, SAMPLES_MAX, pages), count);
        bool has_page = false;
        for (uint64_t i = 0; i < count; ++i) {
            has_page = has_page || pages[i] == elbow_page_table_find(&table, sample);
            ck_assert(i == 0 || pages[i] > pages[i - 1]);
        }
        ck_assert(has_page);
    }
    elbow_page_order_destroy(order);
    elbow_page_table_clear(&table);
}

START_TEST(windows_tell_what_a_reader_needs)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
        check_windows(&shapes[i], ELBOW_ORDER_SEGMENTS);
        check_windows(&shapes[i], ELBOW_ORDER_WINDOWS);
    }
}
END_TEST

// The rows that the ranks of a run collate in an epoch: each row once, and each page by one rank, or by two whose
// segments meet in it. Dealing rows or batches by rank would not keep pages together.
static void check_ranks(const struct shape *shape, enum elbow_order_kind kind, int size)
{
    static int rows[SAMPLES_MAX], readers[SAMPLES_MAX];
    struct elbow_page_table table = table_of(shape);
    struct elbow_page_order *order = order_of(shape, &table, kind);
    struct elbow_order view = elbow_order_paged(order);
    uint64_t batch = shape->batch < table.samples ? shape->batch : table.samples, shared = 0;
    memset(rows, 0, sizeof rows);
    memset(readers, 0, sizeof readers);
    for (int rank = 0; rank < size; ++rank) {
        static bool has_read[SAMPLES_MAX];
        struct elbow_sequence sequence = {.samples = table.samples,
                                          .batch = batch,
                                          .microbatch = shape->microbatch,
                                          .rank = rank,
                                          .size = size,
                                          .is_fixed = true};
        uint64_t steps = elbow_sequence_epoch_steps(&sequence);
        memset(has_read, 0, sizeof has_read);
        for (uint64_t step = steps; step < 2 * steps; ++step) { // the second epoch
            struct elbow_step_place place = elbow_sequence_place(&sequence, step);
            struct elbow_range mine = elbow_sequence_mine(&sequence, &place);
            for (uint64_t m = mine.first; m < mine.last; ++m) {
                struct elbow_microbatch_range range = elbow_sequence_range(&sequence, &place, m);
                for (size_t i = 0; i < range.rows; ++i) {
                    uint64_t sample = view.at(&view, range.epoch, range.first + i);
                    uint64_t page = elbow_page_table_find(&table, sample);
                    rows[sample] += 1;
                    readers[page] += !has_read[page];
                    has_read[page] = true;
                }
            }
        }
    }
    for (uint64_t i = 0; i < table.samples; ++i)
        ck_assert_int_eq(rows[i], 1);
    for (uint64_t k = 0; k < table.count; ++k)
        shared += (uint64_t)readers[k] - 1;
    ck_assert_uint_le(shared, (uint64_t)size - 1); // borders of ranks
    elbow_page_order_destroy(order);
    elbow_page_table_clear(&table);
}

START_TEST(ranks_read_each_row_once)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i)
        for (int size = 1; size <= 5; ++size) {
            check_ranks(&shapes[i], ELBOW_ORDER_SEGMENTS, size);
            check_ranks(&shapes[i], ELBOW_ORDER_WINDOWS, size);
        }
}
END_TEST

// Epochs differ; segments keep their pages over all epochs, windows do not.
START_TEST(what_stays_from_epoch_to_epoch)
{
    const struct shape shape = {32, 8, 2, 8, 1, {1024}};
    struct elbow_page_table table = table_of(&shape);
    for (int kind = ELBOW_ORDER_SEGMENTS; kind <= ELBOW_ORDER_WINDOWS; ++kind) {
        struct elbow_page_order *order = order_of(&shape, &table, kind);
        int segment_of[2][1024], moved = 0, same = 0;
        for (uint64_t epoch = 0; epoch < 2; ++epoch)
            for (uint64_t p = 0; p < 1024; ++p)
                segment_of[epoch][elbow_page_order_at(order, epoch, p)] = (int)(p % 32 / 8);
        for (uint64_t p = 0; p < 1024; ++p)
            same += elbow_page_order_at(order, 0, p) == elbow_page_order_at(order, 1, p);
        for (int i = 0; i < 1024; ++i)
            moved += segment_of[0][i] != segment_of[1][i];
        ck_assert_int_lt(same, 100);
        if (kind == ELBOW_ORDER_SEGMENTS)
            ck_assert_int_eq(moved, 0);
        else
            ck_assert_int_gt(moved, 500); // three of four pages change their segment
        elbow_page_order_destroy(order);
    }
    elbow_page_table_clear(&table);
}
END_TEST

// 41 samples, batches of 12, microbatches of 5, pages of 4, windows of one page, seed 7: computed in another language
// from the formulas, the keyed permutation and its random words (docs/explanation/exactness.md).
START_TEST(known_answers)
{
    static const struct {
        enum elbow_order_kind kind;
        uint64_t epoch, samples[41];
    } known[] = {
        {ELBOW_ORDER_SEGMENTS, 0, {17, 24, 0, 4,  18, 40, 22, 34, 32, 37, 8,  15, 31, 1,  27, 28, 16, 13, 36, 12, 20,
                                   23, 10, 9, 25, 6,  26, 2,  29, 21, 33, 39, 35, 38, 11, 14, 7,  19, 5,  30, 3}},
        {ELBOW_ORDER_SEGMENTS, 5, {17, 31, 29, 24, 19, 38, 32, 33, 36, 23, 11, 15, 2,  3,  27, 16, 1,  35, 12, 39, 13,
                                   21, 9,  14, 0,  26, 28, 7,  30, 37, 40, 34, 20, 22, 10, 8,  6,  25, 18, 5,  4}},
        {ELBOW_ORDER_WINDOWS, 0, {25, 24, 27, 26, 30, 20, 22, 21, 36, 23, 8,  15, 31, 29, 28, 2,  1, 38, 37, 34, 39,
                                  32, 14, 11, 0,  3,  19, 16, 18, 33, 35, 12, 40, 13, 9,  10, 17, 6, 7,  4,  5}},
        {ELBOW_ORDER_WINDOWS, 5, {33, 35, 34, 32, 23, 19, 9,  8,  29, 10, 0, 27, 21, 22, 20, 39, 38, 28, 11, 4, 5,
                                  30, 26, 3,  36, 37, 13, 40, 14, 31, 24, 6, 25, 7,  1,  2,  12, 16, 15, 18, 17}}};
    const struct shape shape = {12, 5, 1, 4, 1, {41}};
    struct elbow_page_table table = table_of(&shape);
    for (size_t i = 0; i < sizeof known / sizeof *known; ++i) {
        struct elbow_page_order *order = order_of(&shape, &table, known[i].kind);
        for (uint64_t p = 0; p < 41; ++p)
            ck_assert_uint_eq(elbow_page_order_at(order, known[i].epoch, p), known[i].samples[p]);
        elbow_page_order_destroy(order);
    }
    elbow_page_table_clear(&table);
}
END_TEST

// Windows of series count as many samples as the rows of their pages have.
START_TEST(windows_of_series)
{
    struct elbow_selection cut = elbow_selection_all(64);
    struct elbow_page_table table;
    struct elbow_page_order *order = NULL;
    ck_assert_int_eq(elbow_selection_cut(&cut, 20, 8, 4, "x", &error), ELBOW_OK); // 4 a row
    const struct elbow_page_table_request pages = {.selection = &cut, .page_rows = 4};
    ck_assert_int_eq(elbow_page_table_create(&pages, &table, &error), ELBOW_OK);
    const struct elbow_page_order_request request = {
        .kind = ELBOW_ORDER_WINDOWS, .seed = 7, .batch = 16, .microbatch = 8, .window_pages = 2, .table = &table};
    ck_assert_int_eq(elbow_page_order_create(&request, &order, &error), ELBOW_OK);
    ck_assert_uint_eq(elbow_page_order_windows(order, 0), 128 / 32);
    elbow_page_order_destroy(order);
    elbow_page_table_clear(&table);
}
END_TEST

// A segment of more windows than can be numbered. No table of this number of pages is made.
START_TEST(too_many_windows_are_refused)
{
    const uint64_t first[] = {0, UINT64_C(1) << 40};
    struct elbow_page_order *order = NULL;
    struct elbow_page_table table = {
        .count = 1, .page_rows = 1, .samples = first[1], .row_samples = 1, .first = (uint64_t *)first};
    const struct elbow_page_order_request request = {
        .kind = ELBOW_ORDER_WINDOWS, .batch = 2, .microbatch = 1, .window_pages = 8, .table = &table};
    ck_assert_int_eq(elbow_page_order_create(&request, &order, &error), ELBOW_CONFIG);
    ck_assert_ptr_null(order);
    ck_assert_str_eq(error.message,
                     "data.order: windows would cut a segment of 549755813888 samples into 68719476736 windows, "
                     "expected at most 4294967295; set a larger data.page_rows or data.window_pages");
}
END_TEST

START_TEST(orders_without_memory)
{
    const struct shape shape = {32, 8, 2, 8, 1, {1024}};
    struct elbow_page_table table = table_of(&shape);
    for (uint64_t n = 1; n <= 3; ++n) {
        struct elbow_page_order *order = NULL;
        const struct elbow_page_order_request request = {
            .kind = ELBOW_ORDER_WINDOWS, .batch = 32, .microbatch = 8, .window_pages = 2, .table = &table};
        elbow_memory_fail_at(n);
        ck_assert_int_eq(elbow_page_order_create(&request, &order, &error), ELBOW_MEMORY);
        ck_assert_ptr_null(order);
        elbow_memory_fail_at(0);
    }
    elbow_page_table_clear(&table);
}
END_TEST

// Threads that ask for several epochs at once.
struct asking {
    struct elbow_page_order *order;
    uint64_t epoch, sum;
};

static void ask(void *user)
{
    struct asking *asking = user;
    for (uint64_t i = 0; i < 2048; ++i)
        asking->sum += (i % 1024) * elbow_page_order_at(asking->order, asking->epoch + i / 1024, i % 1024);
}

START_TEST(threads_ask_for_several_epochs)
{
    const struct shape shape = {32, 8, 2, 8, 1, {1024}};
    struct elbow_page_table table = table_of(&shape);
    struct elbow_page_order *order = order_of(&shape, &table, ELBOW_ORDER_WINDOWS);
    struct asking askings[3] = {{0}};
    struct elbow_thread threads[3] = {{0}};
    for (uint64_t i = 0; i < 3; ++i) {
        askings[i] = (struct asking){.order = order, .epoch = i};
        ck_assert_int_eq(elbow_thread_start(&threads[i], ask, &askings[i], "a test", &error), ELBOW_OK);
    }
    for (uint64_t i = 0; i < 3; ++i) {
        struct asking alone = {.order = order, .epoch = i};
        elbow_thread_join(&threads[i]);
        ask(&alone);
        ck_assert_uint_eq(askings[i].sum, alone.sum);
    }
    elbow_page_order_destroy(order);
    elbow_page_table_clear(&table);
}
END_TEST

UNIT_MAIN("data/page_order", orders_are_those_of_the_reference, windows_tell_what_a_reader_needs,
          ranks_read_each_row_once, what_stays_from_epoch_to_epoch, known_answers, windows_of_series,
          too_many_windows_are_refused, orders_without_memory, threads_ask_for_several_epochs)
