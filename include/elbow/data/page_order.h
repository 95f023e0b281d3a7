// SPDX-License-Identifier: BSD-3-Clause
// Orders that use rows near each other in the file at about the same time (data.order: segments and windows), so that
// not all rows need to be in memory. Pages are dealt to M segments. Microbatch m of every batch takes its samples from
// segment m, which is shuffled within windows of a few pages. The rank that computes microbatch m therefore reads the
// pages of segment m, one window at a time.
//
// N samples, batches of B = min(batch, N), microbatches of b, M = ceil(B / b), S = ceil(N / B) steps of an epoch,
// rest = N - (S - 1) B, P pages of n_k samples (elbow/data/page_table.h):
//
//     b_m = min(b, B - m b)                                   samples of microbatch m in a full batch
//     L_m = (S - 1) b_m + clamp(rest - m b, 0, b_m)           samples of segment m
//     A_m = (S - 1) min(m b, B) + min(m b, rest)              its start among all samples in page order
//     page order: pi(0), pi(1), ..., a keyed permutation of the pages (draw 0 with segments, the epoch with windows);
//                 C_k = sum of n_pi(i) for i < k
//     V = window_pages x page_rows x samples of a stored row; W_m = ceil(L_m / V) windows (segments: 1); window w of
//         segment m: [floor(w L_m / W_m), floor((w + 1) L_m / W_m))
//
// Position p of an epoch: s = p div B, q = p mod B, m = q div b. j = s b_m + q - m b is in window [lo, hi) of segment
// m. With g = A_m + lo + perm(j - lo), where perm is a keyed permutation of hi - lo, and C_k <= g < C_(k+1), the sample
// is sample g - C_k of page pi(k). It depends on seed, epoch and position, never on the ranks.
#ifndef ELBOW_DATA_PAGE_ORDER_H
#define ELBOW_DATA_PAGE_ORDER_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/config/kinds.h"
#include "elbow/data/dataset.h"
#include "elbow/data/page_table.h"
#include "elbow/data/sequence.h"

#include <stdint.h>

ELBOW_C_BEGIN

struct elbow_page_order; // opaque

struct elbow_page_order_request {
    enum elbow_order_kind kind;           // SEGMENTS or WINDOWS
    uint64_t seed, batch, microbatch;     // as configured: batch may exceed the number of samples
    uint64_t window_pages;                // only of WINDOWS
    const struct elbow_page_table *table; // must outlive the order
};

// Local. Creates an order. MEMORY; CONFIG if a segment would have 2^32 or more windows. Any thread may call the
// functions below.
enum elbow_status elbow_page_order_create(const struct elbow_page_order_request *request,
                                          struct elbow_page_order **order, struct elbow_error *error);

// Local. Releases the order; a NULL is legal.
void elbow_page_order_destroy(struct elbow_page_order *order);

// Local. The sample at a position of an epoch. The sums C_k of two epochs are kept; each further epoch takes a pass
// over all pages.
uint64_t elbow_page_order_at(struct elbow_page_order *order, uint64_t epoch, uint64_t position);

// Local. The order as a struct elbow_order (elbow/data/sequence.h). The page order must outlive it.
struct elbow_order elbow_order_paged(struct elbow_page_order *order);

// A window: the samples [first, last) in the page order of the epoch, and the step of the epoch (from 0) that first
// uses one of them.
struct elbow_page_window {
    uint64_t epoch, segment, window, first, last, step;
};

// Local. The steps of an epoch, S.
uint64_t elbow_page_order_epoch_steps(const struct elbow_page_order *order);

// Local. SEGMENTS or WINDOWS.
enum elbow_order_kind elbow_page_order_kind(const struct elbow_page_order *order);

// Local. The number of segments, M; of windows of a segment; and of samples in the largest window.
uint64_t elbow_page_order_segments(const struct elbow_page_order *order);
uint64_t elbow_page_order_windows(const struct elbow_page_order *order, uint64_t segment);
uint64_t elbow_page_order_window_most(const struct elbow_page_order *order);

// Local. A window by its number, which is below elbow_page_order_windows; and the window of a position.
struct elbow_page_window elbow_page_order_window(struct elbow_page_order *order, uint64_t epoch, uint64_t segment,
                                                 uint64_t window);
struct elbow_page_window elbow_page_order_window_of(struct elbow_page_order *order, uint64_t epoch, uint64_t position);

// Local. Lists the pages with samples of a window, in file order: pages [most], which must be large enough. Returns
// their number. With most 0 it only counts.
uint64_t elbow_page_order_pages(struct elbow_page_order *order, const struct elbow_page_window *window, uint64_t most,
                                uint64_t *pages);

// Local. Logs the number of samples that are shuffled together. Warns if the dataset has labels, rows with the same
// label are adjacent, and a window contains few labels.
void elbow_page_order_log(struct elbow_page_order *order, const struct elbow_dataset *dataset, struct elbow_log *log);

ELBOW_C_END

#endif
