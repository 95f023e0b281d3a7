// SPDX-License-Identifier: BSD-3-Clause
// Ranks, agreement, small collectives, shared memory, pretended nodes.
#include "mpi_unit.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/shared.h"

#include <string.h>
#include <unistd.h>

START_TEST(places_are_consistent)
{
    struct elbow_place place = elbow_comm_place(mpi_comm);
    mpi_assert(place.rank >= 0 && place.rank < place.size);
    mpi_assert(elbow_comm_node_of(mpi_comm, place.rank) == place.node);
    mpi_assert(elbow_comm_node_rank_of(mpi_comm, place.rank) == place.node_rank);
    bool ordered = true;
    for (int r = 1; r < place.size; ++r)
        ordered = ordered && elbow_comm_node_of(mpi_comm, r) >= elbow_comm_node_of(mpi_comm, r - 1);
    mpi_assert(ordered);
}
END_TEST

START_TEST(agreement_is_the_lowest_failing_rank)
{
    struct elbow_place place = elbow_comm_place(mpi_comm);
    struct elbow_error error = {0};
    mpi_assert(elbow_comm_agree(mpi_comm, &error) == ELBOW_OK);
    for (int culprit = 0; culprit < place.size; ++culprit) {
        error = (struct elbow_error){0};
        if (place.rank == culprit)
            elbow_error_set(&error, ELBOW_FORMAT, "trouble");
        char expected[64];
        snprintf(expected, sizeof expected, place.size == 1 ? "trouble" : "rank %d: trouble", culprit);
        mpi_assert(elbow_comm_agree(mpi_comm, &error) == ELBOW_FORMAT);
        mpi_assert(error.status == ELBOW_FORMAT && strcmp(error.message, expected) == 0);
    }
    error = (struct elbow_error){0};
    elbow_error_set(&error, ELBOW_DATA, "the same for all");
    mpi_assert(elbow_comm_agree(mpi_comm, &error) == ELBOW_DATA && strcmp(error.message, "the same for all") == 0);
    error = (struct elbow_error){0};
    elbow_error_set(&error, ELBOW_DATA, "mine is %d", place.rank);
    mpi_assert(elbow_comm_agree(mpi_comm, &error) == ELBOW_DATA);
    char expected[64];
    snprintf(expected, sizeof expected, place.size == 1 ? "mine is 0" : "rank 0 (and %d more): mine is 0",
             place.size - 1);
    mpi_assert(strcmp(error.message, expected) == 0);
}
END_TEST

START_TEST(the_root_can_fail_alone)
{
    bool is_root = elbow_comm_place(mpi_comm).rank == 0;
    struct elbow_error error = {0};
    mpi_assert(elbow_comm_agree_root(mpi_comm, &error) == ELBOW_OK);
    if (is_root)
        elbow_error_set(&error, ELBOW_FILE, "no such file");
    mpi_assert(elbow_comm_agree_root(mpi_comm, &error) == ELBOW_FILE);
    mpi_assert(strcmp(error.message, "no such file") == 0);
}
END_TEST

START_TEST(texts_and_numbers_travel)
{
    struct elbow_place place = elbow_comm_place(mpi_comm);
    struct elbow_error error = {0};
    char *text = NULL;
    if (place.rank == 0)
        elbow_duplicate(&text, "a: 1\nb: 2\n", &error);
    mpi_assert(elbow_comm_broadcast_text(mpi_comm, &text, &error) == ELBOW_OK);
    mpi_assert(strcmp(text, "a: 1\nb: 2\n") == 0);
    elbow_release(&text);
    double mine[2] = {place.rank, -place.rank}, all[2 * 64];
    elbow_comm_gather_all(mpi_comm, mine, 2, all);
    bool right = true;
    for (int r = 0; r < place.size; ++r)
        right = right && all[2 * r] == r && all[2 * r + 1] == -r;
    mpi_assert(right);
    elbow_comm_min(mpi_comm, mine, 2);
    mpi_assert(mine[0] == 0 && mine[1] == -(place.size - 1));
    double largest = place.rank;
    elbow_comm_max(mpi_comm, &largest, 1);
    mpi_assert(largest == place.size - 1);
}
END_TEST

// Whole numbers: the order of the sum does not show.
START_TEST(floats_are_summed)
{
    enum { COUNT = 70001 };
    static float values[COUNT];
    struct elbow_place place = elbow_comm_place(mpi_comm);
    for (int i = 0; i < COUNT; ++i)
        values[i] = (float)(i % 1000 * (place.rank + 1));
    elbow_comm_sum_floats(mpi_comm, values, COUNT - 1); // the last one stays
    int right = 0, all = place.size * (place.size + 1) / 2;
    for (int i = 0; i < COUNT - 1; ++i)
        right += values[i] == (float)(i % 1000 * all);
    mpi_assert(right == COUNT - 1);
    mpi_assert(values[COUNT - 1] == (float)((COUNT - 1) % 1000 * (place.rank + 1)));
}
END_TEST

// Rank r holds r + 1 numbers, rank 1 none.
START_TEST(uneven_parts_come_together_and_apart)
{
    struct elbow_place place = elbow_comm_place(mpi_comm);
    size_t first[65] = {0};
    for (int r = 0; r < place.size; ++r)
        first[r + 1] = first[r] + (r == 1 ? 0 : (size_t)r + 1);
    double values[256] = {0};
    float mine[64], all[256], back[64] = {0};
    size_t count = first[place.rank + 1] - first[place.rank];
    for (size_t i = 0; i < count; ++i) {
        values[first[place.rank] + i] = (double)(first[place.rank] + i) + 0.5;
        mine[i] = (float)(first[place.rank] + i);
    }
    elbow_comm_share_doubles(mpi_comm, values, first);
    bool right = true;
    for (size_t i = 0; i < first[place.size]; ++i)
        right = right && values[i] == (double)i + 0.5;
    mpi_assert(right);
    elbow_comm_gather(mpi_comm, mine, sizeof(float), first, all);
    for (size_t i = 0; place.rank == 0 && i < first[place.size]; ++i)
        right = right && all[i] == (float)i;
    mpi_assert(right);
    elbow_comm_scatter(mpi_comm, all, sizeof(float), first, back);
    mpi_assert(memcmp(back, mine, count * sizeof(float)) == 0);
}
END_TEST

START_TEST(a_node_has_one_copy)
{
    struct elbow_place place = elbow_comm_place(mpi_comm);
    struct elbow_log log = elbow_log_open(false, stderr);
    struct elbow_error error = {0};
    struct elbow_shared shared;
    mpi_assert(elbow_comm_share(mpi_comm, 64 * sizeof(int), 64 * sizeof(int), "a test", &log, &shared, &error) ==
               ELBOW_OK);
    int *values = shared.base;
    mpi_assert((uintptr_t)values % ELBOW_ALIGNMENT == 0);
    bool zeroed = true;
    for (int i = 0; i < 64; ++i)
        zeroed = zeroed && values[i] == 0;
    elbow_comm_barrier(mpi_comm);
    mpi_assert(zeroed);
    values[place.node_rank] = place.node_rank + 1;
    elbow_comm_barrier(mpi_comm);
    bool seen = true;
    for (int i = 0; shared.is_shared && i < place.node_size; ++i)
        seen = seen && values[i] == i + 1;
    mpi_assert(seen);
    elbow_comm_unshare(mpi_comm, &shared);
    mpi_assert(shared.base == NULL);
}
END_TEST

START_TEST(too_much_memory_is_refused_with_both_figures)
{
    struct elbow_log log = elbow_log_open(false, stderr);
    struct elbow_error error = {0};
    struct elbow_shared shared;
    mpi_assert(elbow_comm_share(mpi_comm, (size_t)1 << 46, (size_t)1 << 46, "a huge thing", &log, &shared, &error) ==
               ELBOW_MEMORY);
    mpi_assert(strstr(error.message, "70.4 TB") != NULL && strstr(error.message, "a huge thing") != NULL);
    mpi_assert(strstr(error.message, "free") != NULL);
    elbow_comm_unshare(mpi_comm, &shared);
}
END_TEST

START_TEST(a_node_knows_its_memory)
{
    uint64_t all = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t left = elbow_comm_node_memory();
    mpi_assert(left > 0 && left <= all);
}
END_TEST

// The last test: from here on the ranks are numbered by the pretended nodes.
START_TEST(nodes_can_be_pretended)
{
    int size = elbow_comm_place(mpi_comm).size;
    struct elbow_error error = {0};
    int64_t nodes[64];
    for (int r = 0; r < size; ++r)
        nodes[r] = r % 2;
    mpi_assert(elbow_comm_pretend(mpi_comm, nodes, (size_t)size + 1, &error) == ELBOW_CONFIG);
    error = (struct elbow_error){0};
    mpi_assert(elbow_comm_pretend(mpi_comm, nodes, (size_t)size, &error) == ELBOW_OK);
    struct elbow_place place = elbow_comm_place(mpi_comm);
    mpi_assert(place.nodes == (size > 1 ? 2 : 1));
    bool ordered = true;
    for (int r = 0; r < size; ++r)
        ordered = ordered && elbow_comm_node_of(mpi_comm, r) == (r >= (size + 1) / 2);
    mpi_assert(ordered);
    mpi_assert(place.node_size == (place.node == 0 ? (size + 1) / 2 : size / 2));
}
END_TEST

MPI_UNIT_MAIN("parallel/comm", places_are_consistent, agreement_is_the_lowest_failing_rank, the_root_can_fail_alone,
              texts_and_numbers_travel, floats_are_summed, uneven_parts_come_together_and_apart, a_node_has_one_copy,
              too_much_memory_is_refused_with_both_figures, a_node_knows_its_memory, nodes_can_be_pretended)
