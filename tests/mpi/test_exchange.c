// SPDX-License-Identifier: BSD-3-Clause
// The exchange against a serial twin: the same tree, added in one process, must give the same bits on any number of
// ranks and any placement on nodes.
#include "mpi_unit.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/exchange.h"

#include <math.h>
#include <string.h>

enum { STATISTICS = 3 };

static float gradient_value(uint64_t microbatch, size_t i)
{
    uint64_t bits = (microbatch + 1) * UINT64_C(0x9E3779B97F4A7C15) + i * UINT64_C(0xC2B2AE3D27D4EB4F);
    bits = (bits ^ bits >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
    return (float)(int32_t)(bits >> 32) * 0x1p-31F;
}

static float tree(uint64_t lo, uint64_t hi, size_t i)
{
    if (hi - lo == 1)
        return gradient_value(lo, i);
    uint64_t middle = (lo + hi) / 2;
    return tree(lo, middle, i) + tree(middle, hi, i);
}

static double statistics_tree(uint64_t lo, uint64_t hi, size_t k)
{
    if (hi - lo == 1)
        return (double)gradient_value(lo, k + 1000) / 3;
    uint64_t middle = (lo + hi) / 2;
    return statistics_tree(lo, middle, k) + statistics_tree(middle, hi, k);
}

// The update that the exchange requests from its user: parameters -= gradient / 2, if they change.
struct client {
    bool answer;
    double norm;
    size_t advance; // elements taken in advance
    size_t size;
};

// Numbers of the last elements that are known in advance: none, some in one block, more than a block.
static size_t advance_of(size_t size)
{
    return size == 4096 ? 0 : size < 4096 ? 5 : size < 40000 ? 4096 + 7 : 300;
}

// Values that follow from them: for the lower half, and for a few elements of the upper one.
static float follows(const float *advance, size_t count, size_t size, size_t i)
{
    return i < size / 2 || i + count + 3 > size ? 0.75F * advance[i % count] : 0;
}

static void finish(void *user, const float *advance, float *added)
{
    struct client *client = user;
    size_t size = client->size;
    for (size_t i = 0; i < size; ++i)
        if (i < size / 2 || i + client->advance + 3 > size) // the others are 0 and stay so
            added[i] = follows(advance, client->advance, size, i);
}

static bool decide(void *user, const double *statistics, double norm)
{
    struct client *client = user;
    (void)statistics;
    client->norm = norm;
    return client->answer;
}

static void apply(void *user, struct elbow_piece piece, const float *gradient, float *parameters)
{
    (void)user;
    for (size_t i = 0; i < piece.count; ++i)
        parameters[i] -= 0.5F * gradient[i];
}

// Hands over the last subtree of a batch in some pieces, the last of which exchange_step hands over itself.
static void hand_over(struct elbow_exchange *exchange, size_t size, uint64_t salt)
{
    for (size_t first = size; first > size / 3 && first > 100; first -= first / (2 + salt % 3) + 1)
        elbow_exchange_ready(exchange, first);
}

// Fills node [lo, hi) with the levels' buffers, as the trainer does.
static void fill(struct elbow_exchange *exchange, size_t size, uint64_t lo, uint64_t hi, int level, float *gradient)
{
    if (hi - lo == 1) {
        for (size_t i = 0; i < size; ++i)
            gradient[i] = gradient_value(lo, i);
        return;
    }
    uint64_t middle = (lo + hi) / 2;
    float *right = elbow_exchange_scratch(exchange, level + 1);
    fill(exchange, size, lo, middle, level, gradient);
    fill(exchange, size, middle, hi, level + 1, right);
    for (size_t i = 0; i < size; ++i)
        gradient[i] += right[i];
}

// One batch through the exchange; whether statistics and parameters have the bits of the serial twin.
static bool batch_is_exact(struct elbow_exchange *exchange, size_t size, uint64_t microbatches, bool answer,
                           float *expected)
{
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    size_t advance = advance_of(size);
    struct client client = {.answer = answer, .advance = advance, .size = size};
    struct elbow_exchange_client callbacks = {.user = &client, .decide = decide, .apply = apply, .finish = finish};
    float taken[2 * 4096];
    for (size_t i = 0; i < advance; ++i)
        taken[i] = tree(0, microbatches, size - advance + i) * (float)(1.0 / (double)(3 * microbatches));
    double statistics[STATISTICS], norm = 0, scale = 1.0 / (double)(3 * microbatches);
    int count = elbow_exchange_begin(exchange, microbatches, subtrees);
    for (int i = 0; i < count; ++i) {
        fill(exchange, size, subtrees[i].first, subtrees[i].last, 0, elbow_exchange_gradient(exchange, i));
        for (size_t k = 0; k < STATISTICS; ++k)
            elbow_exchange_statistics(exchange, i)[k] = statistics_tree(subtrees[i].first, subtrees[i].last, k);
    }
    if (microbatches % 2 == 1)
        hand_over(exchange, size, microbatches);
    bool exact = elbow_exchange_step(exchange, scale, &callbacks, statistics, &norm) == answer;
    for (size_t k = 0; k < STATISTICS; ++k) {
        double sum = statistics_tree(0, microbatches, k);
        exact = exact && memcmp(&sum, &statistics[k], sizeof sum) == 0;
    }
    double squares = 0;
    for (size_t i = 0; i < size; ++i) {
        float sum = i < size - advance ? tree(0, microbatches, i) * (float)scale : 0;
        if (advance > 0)
            sum += follows(taken, advance, size, i);
        squares += (double)sum * (double)sum;
        if (answer)
            expected[i] -= 0.5F * sum;
    }
    // Another order of adding squares in double: some 1e-16 per addition.
    exact = exact && fabs(norm - sqrt(squares)) <= 1e-12 * sqrt(squares) && client.norm == norm;
    return exact && memcmp(elbow_exchange_parameters(exchange), expected, size * sizeof *expected) == 0;
}

// Gathering and collecting restore the scattered values, and a rank gets the values of its pieces.
static bool slices_travel(struct elbow_exchange *exchange, size_t size)
{
    struct elbow_error error = {0};
    const struct elbow_piece *pieces;
    float *all = NULL, *back = NULL, *slice = NULL;
    elbow_allocate(&all, size, sizeof *all, "a test", &error);
    elbow_allocate(&back, size, sizeof *all, "a test", &error);
    elbow_allocate(&slice, elbow_exchange_slice(exchange), sizeof *all, "a test", &error);
    for (size_t i = 0; i < size; ++i)
        all[i] = gradient_value(5, i);
    bool same = elbow_exchange_scatter(exchange, all, slice, &error) == ELBOW_OK;
    int count = elbow_exchange_pieces(exchange, &pieces);
    size_t sum = 0;
    for (int i = 0; i < count; ++i) {
        same = same && memcmp(slice + pieces[i].offset, all + pieces[i].first, pieces[i].count * sizeof *all) == 0;
        same = same && pieces[i].offset == sum && (pieces[i].count == 0 || pieces[i].first % ELBOW_BLOCK == 0);
        sum += pieces[i].count;
    }
    same = same && sum == elbow_exchange_slice(exchange);
    same = elbow_exchange_gather(exchange, slice, back, &error) == ELBOW_OK && same;
    if (elbow_comm_place(mpi_comm).rank == 0)
        same = same && memcmp(all, back, size * sizeof *all) == 0;
    const float *collected = NULL;
    same = elbow_exchange_collect(exchange, slice, &collected, &error) == ELBOW_OK && same;
    same = same && memcmp(all, collected, size * sizeof *all) == 0;
    elbow_release(&all);
    elbow_release(&back);
    elbow_release(&slice);
    return same;
}

enum { MANY = 200 };

// Layers that end inside blocks, on their edges, several in one block; of a large arena one for each block.
static size_t make_layers(size_t size, size_t layers[MANY])
{
    static const size_t few[] = {0, 80, 4096, 4112, 2 * 4096 + 16, 2 * 4096 + 32, 30000};
    size_t count = size >= (size_t)MANY * ELBOW_BLOCK ? MANY : sizeof few / sizeof *few;
    for (size_t i = 0; i < count; ++i)
        layers[i] = count == MANY ? i * ELBOW_BLOCK : few[i];
    while (layers[count - 1] >= size)
        count -= 1;
    return count;
}

// Several batches, full and short, one of them refused, one after the other. Ranks of odd numbers know of fewer layers,
// as those of another build may: rank zero's count.
static bool case_is_exact(size_t size, uint64_t microbatches, uint64_t last, bool is_fixed)
{
    size_t layers[MANY], layer_count = make_layers(size, layers);
    if (elbow_comm_place(mpi_comm).rank % 2 == 1)
        layer_count = (layer_count + 1) / 2;
    struct elbow_log log = elbow_log_open(false, stderr);
    struct elbow_error error = {0};
    struct elbow_exchange *exchange = NULL;
    struct elbow_exchange_sizes sizes = {.parameters = size,
                                         .microbatches = microbatches,
                                         .last = last,
                                         .is_fixed = is_fixed,
                                         .statistics = STATISTICS,
                                         .layers = layers,
                                         .layer_count = layer_count,
                                         .advance_first = size - advance_of(size),
                                         .advance_count = advance_of(size),
                                         .bucket = size % 3 == 0 ? 2 * ELBOW_BLOCK : 1};
    float *expected = NULL;
    if (elbow_exchange_create(mpi_comm, sizes, &log, &exchange, &error) != ELBOW_OK)
        return false;
    elbow_allocate(&expected, size, sizeof *expected, "a test", &error);
    for (size_t i = 0; i < size; ++i)
        expected[i] = gradient_value(77, i);
    elbow_exchange_publish(exchange, expected);
    bool exact = memcmp(elbow_exchange_parameters(exchange), expected, size * sizeof *expected) == 0;
    exact = batch_is_exact(exchange, size, microbatches, true, expected) && exact;
    exact = batch_is_exact(exchange, size, microbatches, false, expected) && exact;
    exact = batch_is_exact(exchange, size, last, true, expected) && exact;
    exact = batch_is_exact(exchange, size, microbatches, true, expected) && exact;
    exact = slices_travel(exchange, size) && exact;
    elbow_release(&expected);
    elbow_exchange_destroy(exchange);
    return exact;
}

static bool all_cases_are_exact(void)
{
    static const size_t sizes[] = {16, 4096, 3 * 4096 + 32, 40000};
    static const uint64_t batches[][2] = {{4, 4}, {7, 2}, {13, 1}, {16, 5}};
    bool exact = true;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; ++s)
        for (size_t b = 0; b < sizeof batches / sizeof *batches; ++b)
            for (int fixed = 0; fixed <= (int)(s % 2); ++fixed)
                exact = case_is_exact(sizes[s], batches[b][0], batches[b][1], fixed == 1) && exact;
    return exact;
}

START_TEST(exact_on_the_real_nodes)
{
    mpi_assert(all_cases_are_exact());
}
END_TEST

START_TEST(exact_on_pretended_nodes)
{
    static const int64_t placements[][4] = {{0, 1, 1, 1}, {0, 0, 1, 1}, {0, 1, 0, 1}, {0, 1, 2, 3}, {0, 0, 0, 1}};
    size_t size = (size_t)elbow_comm_place(mpi_comm).size;
    for (size_t i = 0; i < sizeof placements / sizeof *placements; ++i) {
        struct elbow_error error = {0};
        mpi_assert(elbow_comm_pretend(mpi_comm, placements[i], size, &error) == ELBOW_OK);
        mpi_assert(all_cases_are_exact());
    }
}
END_TEST

START_TEST(exact_with_more_messages_than_one_look_asks_for)
{
    static const int64_t placement[] = {0, 1, 2, 3};
    struct elbow_error error = {0};
    mpi_assert(elbow_comm_pretend(mpi_comm, placement, (size_t)elbow_comm_place(mpi_comm).size, &error) == ELBOW_OK);
    mpi_assert(case_is_exact((size_t)MANY * ELBOW_BLOCK + 16, 4, 4, false));
}
END_TEST

// A thousand batches in which every rank is late at every hand-over by a random while: the parameters must have the
// bits of the undisturbed ones.
static bool stress_is_exact(uint64_t seed, size_t advance)
{
    enum { SIZE = 9 * 4096 + 48, BATCHES = 1000 };
    struct elbow_log log = elbow_log_open(false, stderr);
    struct elbow_error error = {0};
    struct elbow_exchange *exchange = NULL;
    const size_t layers[] = {0, 3 * 4096, 6 * 4096};
    struct elbow_exchange_sizes sizes = {.parameters = SIZE,
                                         .microbatches = 5,
                                         .last = 4,
                                         .statistics = STATISTICS,
                                         .layers = layers,
                                         .layer_count = 3,
                                         .advance_first = SIZE - advance,
                                         .advance_count = advance,
                                         .bucket = 1};
    float *results[2] = {NULL, NULL};
    bool same = true;
    for (int pass = 0; pass < 2; ++pass) {
        if (elbow_exchange_create(mpi_comm, sizes, &log, &exchange, &error) != ELBOW_OK)
            return false;
        elbow_allocate(&results[pass], SIZE, sizeof(float), "a test", &error);
        elbow_exchange_publish(exchange, results[pass]);
        elbow_exchange_disturb(exchange, pass == 0 ? 0 : seed + (uint64_t)elbow_comm_place(mpi_comm).rank);
        for (uint64_t batch = 0; batch < BATCHES; ++batch) {
            struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
            struct client client = {.answer = batch % 7 != 3, .advance = advance, .size = SIZE};
            struct elbow_exchange_client callbacks = {
                .user = &client, .decide = decide, .apply = apply, .finish = finish};
            double statistics[STATISTICS], norm;
            int count = elbow_exchange_begin(exchange, batch % 3 == 2 ? 4 : 5, subtrees);
            // The gradient depends on the parameters, so that any wrong value of any step stays. The second time, those
            // of a layer are read as soon as they are there.
            if (pass == 0)
                elbow_exchange_parameters(exchange);
            for (size_t layer = 0; layer < 3; ++layer) {
                size_t end = layer + 1 < 3 ? layers[layer + 1] : SIZE;
                const float *parameters = elbow_exchange_await(exchange, end);
                elbow_exchange_poll(exchange);
                for (int i = 0; i < count; ++i)
                    for (size_t k = layers[layer]; k < end; ++k)
                        elbow_exchange_gradient(exchange, i)[k] =
                            0.25F * parameters[k] + (float)((subtrees[i].first * 31 + batch * 7 + k) % 64);
            }
            for (int i = 0; i < count; ++i) {
                for (size_t k = 0; k < STATISTICS; ++k)
                    elbow_exchange_statistics(exchange, i)[k] = (double)(subtrees[i].first * 8 + batch + k + 1);
            }
            for (size_t layer = 3; layer-- > batch % 4;)
                elbow_exchange_ready(exchange, layers[layer]);
            elbow_exchange_step(exchange, 0.25, &callbacks, statistics, &norm);
            same = same && statistics[0] > 0;
        }
        memcpy(results[pass], elbow_exchange_parameters(exchange), SIZE * sizeof(float));
        elbow_comm_barrier(mpi_comm);
        elbow_exchange_destroy(exchange);
    }
    same = same && memcmp(results[0], results[1], SIZE * sizeof(float)) == 0;
    elbow_release(&results[0]);
    elbow_release(&results[1]);
    return same;
}

START_TEST(random_delays_do_not_show)
{
    printf("seed 20261121\n");
    mpi_assert(stress_is_exact(20261121, 0));
    int64_t nodes[] = {0, 0, 1, 1};
    struct elbow_error error = {0};
    mpi_assert(elbow_comm_pretend(mpi_comm, nodes, (size_t)elbow_comm_place(mpi_comm).size, &error) == ELBOW_OK);
    mpi_assert(stress_is_exact(7, 5000));
}
END_TEST

// The slices of all ranks are whole blocks that cover the arena once.
START_TEST(slices_cover_the_arena)
{
    struct elbow_log log = elbow_log_open(false, stderr);
    struct elbow_error error = {0};
    struct elbow_exchange *exchange = NULL;
    const size_t layers[] = {0, 5000};
    struct elbow_exchange_sizes sizes = {.parameters = 30000,
                                         .microbatches = 4,
                                         .last = 4,
                                         .statistics = 1,
                                         .layers = layers,
                                         .layer_count = 2,
                                         .bucket = 1};
    mpi_assert(elbow_exchange_create(mpi_comm, sizes, &log, &exchange, &error) == ELBOW_OK);
    const struct elbow_piece *pieces;
    int count = elbow_exchange_pieces(exchange, &pieces);
    double owned[8] = {0}, owners[8 * 4];
    for (int i = 0; i < count; ++i)
        for (size_t k = pieces[i].first; k < pieces[i].first + pieces[i].count; ++k)
            owned[k / ELBOW_BLOCK] += 1;
    elbow_comm_gather_all(mpi_comm, owned, 8, owners);
    bool whole = true;
    for (int block = 0; block < 8; ++block) {
        double size = block == 7 ? 30000 - 7 * ELBOW_BLOCK : ELBOW_BLOCK, sum = 0;
        for (int r = 0; r < elbow_comm_place(mpi_comm).size; ++r) {
            sum += owners[8 * r + block];
            whole = whole && (owners[8 * r + block] == 0 || owners[8 * r + block] == size);
        }
        whole = whole && sum == size;
    }
    elbow_exchange_destroy(exchange);
    mpi_assert(whole);
}
END_TEST

MPI_UNIT_MAIN("parallel/exchange", slices_cover_the_arena, exact_on_the_real_nodes, random_delays_do_not_show,
              exact_on_pretended_nodes, exact_with_more_messages_than_one_look_asks_for)
