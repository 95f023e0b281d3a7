// SPDX-License-Identifier: BSD-3-Clause
#include "fake_pages.h"

#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "unit.h"

#include <string.h>
#include <time.h>

struct fake_pages fake;

static struct elbow_error error;

uint16_t fake_value(uint64_t sample, uint64_t column)
{
    return (uint16_t)(1 + sample * 7 + column * 131);
}

uint64_t fake_entries(uint64_t sample)
{
    return sample % (VALUES + 1);
}

static void fill_dense(struct elbow_page *into)
{
    uint16_t *values = into->values;
    for (uint64_t i = 0; i < into->rows * VALUES; ++i)
        values[i] = fake_value(into->first + i / VALUES, i % VALUES);
}

static enum elbow_status fill_sparse(struct elbow_page *into, struct elbow_error *told)
{
    uint64_t entries = 0;
    for (uint64_t i = 0; i < into->rows; ++i)
        entries += fake_entries(into->first + i);
    if (elbow_page_reserve(into, entries, sizeof(uint16_t), told) != ELBOW_OK)
        return told->status;
    struct elbow_rows_parts parts = elbow_page_parts(into, sizeof(uint16_t));
    parts.starts[0] = 0;
    for (uint64_t i = 0, at = 0; i < into->rows; parts.starts[++i] = at)
        for (uint64_t column = 0; column < fake_entries(into->first + i); ++column, ++at) {
            parts.columns[at] = (uint32_t)column;
            ((uint16_t *)(void *)parts.values)[at] = fake_value(into->first + i, column);
        }
    return ELBOW_OK;
}

static enum elbow_status fake_read(void *user, uint64_t page, struct elbow_page *into, struct elbow_error *told)
{
    ck_assert_ptr_eq(user, &fake);
    ck_assert(elbow_hdf5_is_locked());
    ck_assert_int_eq(atomic_fetch_add(&fake.inside, 1), 0);
    ck_assert_uint_eq(into->first, fake.table.first[page]);
    ck_assert_uint_eq(into->rows, fake.table.first[page + 1] - fake.table.first[page]);
    if (fake.pause > 0)
        nanosleep(&(struct timespec){.tv_nsec = (long)(page * 7919 % (uint64_t)fake.pause)}, NULL);
    atomic_fetch_sub(&fake.inside, 1);
    fake.all += 1;
    if (fake.failures > 0 && fake.all >= fake.fail_from) {
        fake.failures -= 1;
        return elbow_error_set_reason(told, fake.failure, fake.reason, "page %d cannot be read", (int)page);
    }
    fake.reads[page] += 1;
    for (uint64_t i = 0; into->known != NULL && i < into->rows; ++i)
        into->known[i] = (unsigned char)(into->first + i);
    if (fake.is_sparse)
        return fill_sparse(into, told);
    fill_dense(into);
    return ELBOW_OK;
}

static void fake_reopen(void *user)
{
    ck_assert_ptr_eq(user, &fake);
    fake.opened_anew += 1;
}

static void fake_close(void *user)
{
    ck_assert_ptr_eq(user, &fake);
    fake.closed += 1;
}

struct elbow_page_source fake_source(bool is_sparse)
{
    fake.is_sparse = is_sparse;
    return (struct elbow_page_source){.user = &fake,
                                      .table = &fake.table,
                                      .row_bytes = is_sparse ? 0 : ROW_BYTES,
                                      .element_bytes = sizeof(uint16_t),
                                      .known_row_bytes = 1,
                                      .page_bytes = is_sparse ? PAGE_ROWS * 30 : 0,
                                      .read = fake_read,
                                      .reopen = fake_reopen,
                                      .close = fake_close,
                                      .pause = fake.retry_pause,
                                      .patience = fake.retry_patience};
}

struct elbow_pages *fake_open_patient(bool is_sparse, uint64_t budget, double pause, double patience)
{
    struct elbow_page_table table = fake.table;
    memset(&fake, 0, sizeof fake);
    fake.table = table;
    fake.retry_pause = pause;
    fake.retry_patience = patience;
    struct elbow_page_source source = fake_source(is_sparse);
    struct elbow_pages *pages = NULL;
    ck_assert_int_eq(elbow_pages_create(&source, budget, &pages, &error), ELBOW_OK);
    return pages;
}

struct elbow_pages *fake_open(bool is_sparse, uint64_t budget)
{
    return fake_open_patient(is_sparse, budget, 0, 3600);
}

void fake_setup(void)
{
    struct elbow_selection all = elbow_selection_all(SAMPLES);
    const struct elbow_page_table_request request = {.selection = &all, .page_rows = PAGE_ROWS};
    ck_assert_int_eq(elbow_page_table_create(&request, &fake.table, &error), ELBOW_OK);
    ck_assert_uint_eq(fake.table.count, PAGES);
}

uint16_t fake_stored(const struct elbow_page *page, uint64_t row, uint64_t column)
{
    if (!fake.is_sparse)
        return ((const uint16_t *)page->values)[row * VALUES + column];
    struct elbow_rows_parts parts = elbow_page_parts(page, sizeof(uint16_t));
    uint64_t at = parts.starts[row] + column;
    if (at >= parts.starts[row + 1])
        return 0;
    ck_assert_uint_eq(parts.columns[at], column);
    return ((const uint16_t *)(const void *)parts.values)[at];
}

void fake_check_row(struct elbow_pages *pages, uint64_t sample)
{
    const struct elbow_page *page = elbow_pages_find(pages, sample);
    ck_assert(sample >= page->first && sample < page->first + page->rows);
    uint64_t row = sample - page->first;
    for (uint64_t column = 0; column < VALUES; ++column) {
        bool is_zero = fake.is_sparse && column >= fake_entries(sample);
        ck_assert_uint_eq(fake_stored(page, row, column), is_zero ? 0 : fake_value(sample, column));
    }
    ck_assert_uint_eq(page->known[row], (unsigned char)sample);
}

void fake_end(void)
{
    elbow_page_table_clear(&fake.table);
    ck_assert_uint_eq(elbow_memory_count().blocks, 0);
}

uint64_t fake_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

struct elbow_page_order *fake_order(const struct fake_run *run)
{
    struct elbow_page_order *order = NULL;
    const struct elbow_page_order_request request = {.kind = run->kind,
                                                     .seed = 3,
                                                     .batch = run->batch,
                                                     .microbatch = run->microbatch,
                                                     .window_pages = run->window_pages,
                                                     .table = &fake.table};
    ck_assert_int_eq(elbow_page_order_create(&request, &order, &error), ELBOW_OK);
    return order;
}

void fake_step(struct elbow_pages *pages, struct elbow_page_order *order, const struct fake_run *run, uint64_t step)
{
    uint64_t steps = elbow_page_order_epoch_steps(order), ids[SAMPLES];
    for (uint64_t m = run->segments.first; m < run->segments.last; ++m) {
        uint64_t first = step % steps * run->batch, from = first + m * run->microbatch;
        uint64_t end = first + run->batch < SAMPLES ? first + run->batch : SAMPLES;
        size_t rows = from < end ? (size_t)(end - from < run->microbatch ? end - from : run->microbatch) : 0;
        if (rows == 0)
            continue;
        elbow_pages_reach(pages, step / steps, from);
        for (size_t i = 0; i < rows; ++i)
            ids[i] = elbow_page_order_at(order, step / steps, from + i);
        elbow_pages_hold(pages, rows, ids);
        for (size_t i = 0; i < rows; ++i)
            fake_check_row(pages, ids[i]);
        elbow_pages_release(pages);
    }
}
