// SPDX-License-Identifier: BSD-3-Clause
// Segments and windows of pages. State that depends on the epoch alone is kept for two epochs, since a reader is ahead
// of the step: the sums C_k, which are searched for the page of a sample.
//
// Invariant: `deals` is read and written under the mutex only.
#include "elbow/data/page_order.h"

#include "elbow/base/memory.h"
#include "elbow/math/permutation.h"

#include <pthread.h>
#include <stdlib.h>

enum { DEALS = 2 };

// The pages of one epoch in page order.
struct deal {
    bool is_made;
    uint32_t draw;
    struct elbow_permutation pages;
    uint64_t *sums; // [P + 1] owned
};

struct elbow_page_order {
    struct elbow_page_order_request request;
    uint64_t samples, batch, microbatch; // N, B, b
    uint64_t segments, steps, rest;      // M, S
    uint64_t window_samples;             // V
    pthread_mutex_t mutex;
    struct deal deals[DEALS]; // the most recently used one comes first
};

static uint64_t divide_up(uint64_t count, uint64_t size)
{
    return count / size + (count % size != 0);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

// b_m
static uint64_t rows_of(const struct elbow_page_order *order, uint64_t segment)
{
    return least(order->microbatch, order->batch - segment * order->microbatch);
}

// L_m
static uint64_t length_of(const struct elbow_page_order *order, uint64_t segment)
{
    uint64_t rows = rows_of(order, segment), before = segment * order->microbatch;
    return (order->steps - 1) * rows + (order->rest > before ? least(order->rest - before, rows) : 0);
}

// A_m
static uint64_t start_of(const struct elbow_page_order *order, uint64_t segment)
{
    uint64_t before = segment * order->microbatch;
    return (order->steps - 1) * least(before, order->batch) + least(before, order->rest);
}

// floor(number * length / parts) for number <= parts < 2^32, without the product.
static uint64_t share(uint64_t number, uint64_t length, uint64_t parts)
{
    return number * (length / parts) + number * (length % parts) / parts;
}

// V, limited to the number of all samples.
static uint64_t window_samples_of(const struct elbow_page_order_request *request)
{
    uint64_t samples = request->table->row_samples;
    if (request->kind == ELBOW_ORDER_SEGMENTS || __builtin_mul_overflow(samples, request->table->page_rows, &samples) ||
        __builtin_mul_overflow(samples, request->window_pages, &samples))
        return request->table->samples;
    return samples;
}

static enum elbow_status check_windows(const struct elbow_page_order *order, struct elbow_error *error)
{
    uint64_t windows = divide_up(length_of(order, 0), order->window_samples); // no segment is longer than the first
    if (windows <= UINT32_MAX)
        return ELBOW_OK;
    return elbow_error_set(
        error, ELBOW_CONFIG,
        "data.order: windows would cut a segment of %llu samples into %llu windows, expected at most "
        "%lu; set a larger data.page_rows or data.window_pages",
        (unsigned long long)length_of(order, 0), (unsigned long long)windows, (unsigned long)UINT32_MAX);
}

enum elbow_status elbow_page_order_create(const struct elbow_page_order_request *request, struct elbow_page_order **out,
                                          struct elbow_error *error)
{
    struct elbow_page_order *order = NULL;
    const struct elbow_page_table *table = request->table;
    ELBOW_CHECK(request->kind != ELBOW_ORDER_FULL && request->batch > 0 && request->microbatch > 0);
    ELBOW_CHECK(request->kind == ELBOW_ORDER_SEGMENTS || request->window_pages > 0);
    *out = NULL;
    enum elbow_status status = elbow_allocate(&order, 1, sizeof *order, "the order of the pages", error);
    if (status != ELBOW_OK)
        return status;
    order->request = *request;
    order->samples = table->samples;
    order->batch = least(request->batch, table->samples);
    order->microbatch = request->microbatch;
    order->segments = divide_up(order->batch, order->microbatch);
    order->steps = divide_up(order->samples, order->batch);
    order->rest = order->samples - (order->steps - 1) * order->batch;
    order->window_samples = window_samples_of(request);
    pthread_mutex_init(&order->mutex, NULL);
    int deals = request->kind == ELBOW_ORDER_SEGMENTS ? 1 : DEALS;
    status = check_windows(order, error);
    for (int i = 0; i < deals && status == ELBOW_OK; ++i)
        status = elbow_allocate(&order->deals[i].sums, (size_t)table->count + 1, sizeof(uint64_t),
                                "the order of the pages", error);
    if (status != ELBOW_OK)
        elbow_page_order_destroy(order);
    else
        *out = order;
    return status;
}

void elbow_page_order_destroy(struct elbow_page_order *order)
{
    if (order == NULL)
        return;
    pthread_mutex_destroy(&order->mutex);
    for (int i = 0; i < DEALS; ++i)
        elbow_release(&order->deals[i].sums);
    elbow_release(&order);
}

static uint64_t size_of_page(const struct elbow_page_table *table, uint64_t page)
{
    return table->first[page + 1] - table->first[page];
}

static void make_deal(const struct elbow_page_order *order, uint32_t draw, struct deal *deal)
{
    const struct elbow_page_table *table = order->request.table;
    const struct elbow_stream stream = {.seed = order->request.seed, .purpose = ELBOW_PURPOSE_PAGES, .draw = draw};
    deal->is_made = true;
    deal->draw = draw;
    deal->pages = elbow_permutation_keyed(table->count, stream);
    deal->sums[0] = 0;
    for (uint64_t k = 0; k < table->count; ++k)
        deal->sums[k + 1] = deal->sums[k] + size_of_page(table, elbow_permutation_at(&deal->pages, k));
}

// The pages of an epoch; they replace those of the epoch that was used longest ago. Under the mutex.
static const struct deal *find_deal(struct elbow_page_order *order, uint64_t epoch)
{
    bool is_once = order->request.kind == ELBOW_ORDER_SEGMENTS;
    uint32_t draw = is_once ? 0 : (uint32_t)epoch;
    struct deal *deals = order->deals;
    if (deals[0].is_made && deals[0].draw == draw)
        return &deals[0];
    if (!is_once) {
        struct deal other = deals[1];
        deals[1] = deals[0];
        deals[0] = other;
    }
    if (!deals[0].is_made || deals[0].draw != draw)
        make_deal(order, draw, &deals[0]);
    return &deals[0];
}

// The k with C_k <= g < C_(k+1): all pages have samples.
static uint64_t find_page(const struct elbow_page_order *order, const struct deal *deal, uint64_t g)
{
    uint64_t low = 0, high = order->request.table->count;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (deal->sums[middle] <= g)
            low = middle;
        else
            high = middle;
    }
    return low;
}

uint64_t elbow_page_order_epoch_steps(const struct elbow_page_order *order)
{
    return order->steps;
}

enum elbow_order_kind elbow_page_order_kind(const struct elbow_page_order *order)
{
    return order->request.kind;
}

uint64_t elbow_page_order_segments(const struct elbow_page_order *order)
{
    return order->segments;
}

uint64_t elbow_page_order_windows(const struct elbow_page_order *order, uint64_t segment)
{
    ELBOW_CHECK(segment < order->segments);
    return divide_up(length_of(order, segment), order->window_samples);
}

uint64_t elbow_page_order_window_most(const struct elbow_page_order *order)
{
    uint64_t most = 0;
    for (uint64_t segment = 0; segment < order->segments; ++segment) {
        uint64_t size = divide_up(length_of(order, segment), elbow_page_order_windows(order, segment));
        most = size > most ? size : most;
    }
    return most;
}

// A segment's window of a place j in it; *lo and *hi are its bounds.
static uint64_t find_window(const struct elbow_page_order *order, uint64_t segment, uint64_t j, uint64_t *lo,
                            uint64_t *hi)
{
    uint64_t length = length_of(order, segment), parts = divide_up(length, order->window_samples);
    uint64_t low = 0, high = parts;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (share(middle, length, parts) <= j)
            low = middle;
        else
            high = middle;
    }
    *lo = share(low, length, parts);
    *hi = share(low + 1, length, parts);
    return low;
}

// Where a position of an epoch is: its segment, and its place j in it.
static uint64_t find_place(const struct elbow_page_order *order, uint64_t position, uint64_t *segment)
{
    ELBOW_CHECK(position < order->samples);
    uint64_t step = position / order->batch, q = position % order->batch;
    *segment = q / order->microbatch;
    return step * rows_of(order, *segment) + q - *segment * order->microbatch;
}

uint64_t elbow_page_order_at(struct elbow_page_order *order, uint64_t epoch, uint64_t position)
{
    uint64_t segment, lo, hi, j = find_place(order, position, &segment);
    uint64_t window = find_window(order, segment, j, &lo, &hi);
    const struct elbow_stream stream = {.seed = order->request.seed,
                                        .purpose = ELBOW_PURPOSE_WINDOW,
                                        .id = (segment << 32) + window,
                                        .draw = (uint32_t)epoch};
    struct elbow_permutation rows = elbow_permutation_keyed(hi - lo, stream);
    uint64_t g = start_of(order, segment) + lo + elbow_permutation_at(&rows, j - lo);
    pthread_mutex_lock(&order->mutex);
    const struct deal *deal = find_deal(order, epoch);
    uint64_t k = find_page(order, deal, g);
    uint64_t sample = order->request.table->first[elbow_permutation_at(&deal->pages, k)] + g - deal->sums[k];
    pthread_mutex_unlock(&order->mutex);
    return sample;
}

static uint64_t paged_at(const struct elbow_order *order, uint64_t epoch, uint64_t position)
{
    return elbow_page_order_at(order->user, epoch, position);
}

struct elbow_order elbow_order_paged(struct elbow_page_order *order)
{
    return (struct elbow_order){.samples = order->samples, .at = paged_at, .seed = order->request.seed, .user = order};
}

static struct elbow_page_window make_window(const struct elbow_page_order *order, uint64_t epoch, uint64_t segment,
                                            uint64_t window, uint64_t lo, uint64_t hi)
{
    uint64_t start = start_of(order, segment);
    return (struct elbow_page_window){.epoch = epoch,
                                      .segment = segment,
                                      .window = window,
                                      .first = start + lo,
                                      .last = start + hi,
                                      .step = lo / rows_of(order, segment)};
}

struct elbow_page_window elbow_page_order_window(struct elbow_page_order *order, uint64_t epoch, uint64_t segment,
                                                 uint64_t window)
{
    uint64_t parts = elbow_page_order_windows(order, segment), length = length_of(order, segment);
    ELBOW_CHECK(window < parts);
    return make_window(order, epoch, segment, window, share(window, length, parts), share(window + 1, length, parts));
}

struct elbow_page_window elbow_page_order_window_of(struct elbow_page_order *order, uint64_t epoch, uint64_t position)
{
    uint64_t segment, lo, hi, j = find_place(order, position, &segment);
    uint64_t window = find_window(order, segment, j, &lo, &hi);
    return make_window(order, epoch, segment, window, lo, hi);
}

static int compare_pages(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

uint64_t elbow_page_order_pages(struct elbow_page_order *order, const struct elbow_page_window *window, uint64_t most,
                                uint64_t *pages)
{
    pthread_mutex_lock(&order->mutex);
    const struct deal *deal = find_deal(order, window->epoch);
    uint64_t first = find_page(order, deal, window->first),
             count = find_page(order, deal, window->last - 1) + 1 - first;
    for (uint64_t i = 0; i < count && most > 0; ++i) {
        ELBOW_CHECK(count <= most);
        pages[i] = elbow_permutation_at(&deal->pages, first + i);
    }
    pthread_mutex_unlock(&order->mutex);
    if (most > 0)
        qsort(pages, (size_t)count, sizeof *pages, compare_pages);
    return count;
}
