// SPDX-License-Identifier: BSD-3-Clause
// Log lines about an order of pages: the share of the set that is shuffled together, and whether this is enough if rows
// of one label are adjacent.
#include "elbow/data/page_order.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"

#include <math.h>
#include <stdlib.h>

// Number of windows that are checked, and of labels of each and of the whole set. A window should have this share of
// the labels that shuffled rows would have.
enum { WINDOWS_LOOKED = 16, LABELS_LOOKED = 4096 };
static const double ENOUGH = 0.8;

static int compare_labels(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

// The length of the run of equal labels that begins at one of `count` sorted ones.
static size_t run_at(const int64_t *labels, size_t at, size_t count)
{
    size_t end = at + 1;
    while (end < count && labels[end] == labels[at])
        ++end;
    return end - at;
}

static size_t count_different(int64_t *labels, size_t count)
{
    size_t different = 0;
    qsort(labels, count, sizeof *labels, compare_labels);
    for (size_t at = 0; at < count; at += run_at(labels, at, count))
        ++different;
    return different;
}

// The number of different labels that this many rows would have on average, if they were drawn from those that are
// sorted here.
static double expect_different(const int64_t *labels, size_t count, size_t drawn)
{
    double expected = 0;
    for (size_t at = 0, run; at < count; at += run) {
        run = run_at(labels, at, count);
        expected += 1 - pow(1 - (double)run / (double)count, (double)drawn);
    }
    return expected;
}

// Takes up to LABELS_LOOKED labels of all samples, evenly spaced; or of those of some pages.
static size_t take_labels(const struct elbow_dataset *dataset, int64_t *labels)
{
    uint64_t step = dataset->samples / LABELS_LOOKED + 1;
    size_t count = 0;
    for (uint64_t sample = 0; sample < dataset->samples; sample += step)
        labels[count++] = elbow_dataset_label(dataset, sample);
    return count;
}

static size_t take_labels_of(const struct elbow_dataset *dataset, const uint64_t *pages, uint64_t count,
                             int64_t *labels)
{
    const uint64_t *first = dataset->page_table.first;
    uint64_t samples = 0, at = 0;
    size_t taken = 0;
    for (uint64_t i = 0; i < count; ++i)
        samples += first[pages[i] + 1] - first[pages[i]];
    for (uint64_t i = 0, step = samples / LABELS_LOOKED + 1; i < count; ++i) {
        uint64_t size = first[pages[i] + 1] - first[pages[i]];
        for (; at < size; at += step)
            labels[taken++] = elbow_dataset_label(dataset, first[pages[i]] + at);
        at -= size;
    }
    return taken;
}

// The number of labels that a window has, and would have with shuffled rows, on average over some windows of the first
// epoch.
struct mixture {
    double had, expected;
};

static struct mixture look_at_windows(struct elbow_page_order *order, const struct elbow_dataset *dataset,
                                      uint64_t *pages, int64_t *all, int64_t *some)
{
    size_t count = take_labels(dataset, all);
    struct mixture mixture = {0, 0};
    qsort(all, count, sizeof *all, compare_labels);
    for (uint64_t i = 0; i < WINDOWS_LOOKED; ++i) {
        uint64_t segment = i * elbow_page_order_segments(order) / WINDOWS_LOOKED;
        uint64_t window = i * elbow_page_order_windows(order, segment) / WINDOWS_LOOKED;
        struct elbow_page_window here = elbow_page_order_window(order, 0, segment, window);
        uint64_t held = elbow_page_order_pages(order, &here, dataset->page_table.count, pages);
        size_t taken = take_labels_of(dataset, pages, held, some);
        mixture.had += (double)count_different(some, taken) / WINDOWS_LOOKED;
        mixture.expected += expect_different(all, count, taken) / WINDOWS_LOOKED;
    }
    return mixture;
}

// Without memory, nothing is logged.
static void warn_sorted(struct elbow_page_order *order, bool has_windows, const struct elbow_dataset *dataset,
                        struct elbow_log *log)
{
    uint64_t *pages = NULL;
    int64_t *all = NULL, *some = NULL;
    struct elbow_error error = {0};
    const struct elbow_array arrays[] = {ELBOW_ARRAY(pages, (size_t)dataset->page_table.count),
                                         ELBOW_ARRAY(all, LABELS_LOOKED), ELBOW_ARRAY(some, LABELS_LOOKED)};
    if (elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "labels", &error) == ELBOW_OK) {
        struct mixture mixture = look_at_windows(order, dataset, pages, all, some);
        if (mixture.had < ENOUGH * mixture.expected)
            elbow_log_warn(
                log,
                "%s: rows of one label seem to be stored together: the samples that are shuffled together (up to %llu) "
                "have %.1f different labels on average, and would have %.1f if rows were stored in random order; set "
                "%s (other bits), or store the rows shuffled",
                dataset->name, (unsigned long long)elbow_page_order_window_most(order), mixture.had, mixture.expected,
                has_windows ? "data.window_pages larger" : "data.page_rows smaller");
    }
    elbow_release(&pages);
    elbow_release(&all);
    elbow_release(&some);
}

void elbow_page_order_log(struct elbow_page_order *order, const struct elbow_dataset *dataset, struct elbow_log *log)
{
    const struct elbow_page_table *table = &dataset->page_table;
    uint64_t most = elbow_page_order_window_most(order), segments = elbow_page_order_segments(order);
    bool has_windows = elbow_page_order_kind(order) == ELBOW_ORDER_WINDOWS;
    elbow_log_say(log,
                  "data: order: %s: %s of up to %llu rows are dealt to %s, %s; up to %llu samples, %.3g %% of the set, "
                  "are shuffled together",
                  has_windows ? "windows" : "segments", elbow_text_count(table->count, "page").text,
                  (unsigned long long)table->page_rows, elbow_text_count(segments, "segment").text,
                  has_windows ? "again in each epoch, and cut into windows" : "once", (unsigned long long)most,
                  100.0 * (double)most / (double)table->samples);
    if (dataset->has_labels)
        warn_sorted(order, has_windows, dataset, log);
}
