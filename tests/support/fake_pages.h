// SPDX-License-Identifier: BSD-3-Clause
// Pages of an imaginary file: the contents of a row identify it. Reads can fail, and can be slow.
#ifndef ELBOW_TESTS_FAKE_PAGES_H
#define ELBOW_TESTS_FAKE_PAGES_H

#include "elbow/config/kinds.h"
#include "elbow/data/page_order.h"
#include "elbow/data/page_table.h"
#include "elbow/data/pages.h"

#include <stdatomic.h>

enum { VALUES = 5, SAMPLES = 1003, PAGE_ROWS = 16, PAGES = 63, ROW_BYTES = VALUES * sizeof(uint16_t) };

struct fake_pages {
    struct elbow_page_table table;
    uint64_t reads[PAGES], all, closed, opened_anew;
    uint64_t fail_from, failures; // number of reads that fail, from this one on
    enum elbow_status failure;
    int reason;                         // errno of the failures
    double retry_pause, retry_patience; // as in elbow_page_source
    long pause;                         // nanoseconds of a read, at most
    bool is_sparse;
    atomic_int inside;
};
extern struct fake_pages fake;

// The part of a rank in a training.
struct fake_run {
    enum elbow_order_kind kind;
    uint64_t batch, microbatch, window_pages, budget, first_step, steps;
    struct elbow_range segments;
    bool has_thread, is_sparse;
    long pause;
};

void fake_setup(void);
void fake_end(void);

// Counts from zero on; the pages with this number of bytes beyond those that must stay. Failed reads are repeated with
// these seconds; without pauses, at any time.
struct elbow_page_source fake_source(bool is_sparse);
struct elbow_pages *fake_open_patient(bool is_sparse, uint64_t budget, double pause, double patience);
struct elbow_pages *fake_open(bool is_sparse, uint64_t budget);

// The contents of a row: its values; of a sparse row the number of entries, from the first column on; and the mask of
// known values. All follow from the number of the sample.
uint16_t fake_value(uint64_t sample, uint64_t column);
uint64_t fake_entries(uint64_t sample);
uint16_t fake_stored(const struct elbow_page *page, uint64_t row, uint64_t column);
void fake_check_row(struct elbow_pages *pages, uint64_t sample);

struct elbow_page_order *fake_order(const struct fake_run *run);
void fake_step(struct elbow_pages *pages, struct elbow_page_order *order, const struct fake_run *run, uint64_t step);

uint64_t fake_random(uint64_t *state);

#endif
