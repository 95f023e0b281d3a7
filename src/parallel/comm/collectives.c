// SPDX-License-Identifier: BSD-3-Clause
// Collectives: parts of arrays from all ranks to all, to rank zero, from rank zero; texts; extremes.
//
// What each rank has goes to all in ceil(log2 ranks) rounds: what a rank holds doubles with each, so it sends and
// receives that many messages and no byte twice (Bruck, Ho, Kipnis, Upfal and Weathersby 1997). MPI's own gathering to
// all that can be waited for has each rank send to each other one.
#include "elbow/parallel/collectives.h"

#include "elbow/parallel/detail/comm.h"

#include "elbow/base/memory.h"

#include <limits.h>
#include <string.h>

enum { TAG_GATHER = 1, TAG_SCATTER = 2, TAG_SHARE = 5 }; // machine.c and clocks.c have 3

// Bytes of one message: well below MPI's int counts.
static const size_t MESSAGE = (size_t)1 << 28;

// Something that lies rank by rank: rank r has elements [first[r], first[r + 1]), or `count` of them where first is
// NULL.
struct parts {
    char *values;
    size_t element; // bytes
    const size_t *first;
    size_t count;
};

static size_t place_of(const struct parts *parts, int rank)
{
    return parts->element * (parts->first != NULL ? parts->first[rank] : parts->count * (size_t)rank);
}

// Begins to send or receive the parts of ranks [from, to), if there is anything in them.
static MPI_Request begin(const struct elbow_comm *comm, const struct parts *parts, int from, int to, int peer,
                         bool sends)
{
    MPI_Request request = MPI_REQUEST_NULL;
    size_t place = place_of(parts, from), size = from < to ? place_of(parts, to) - place : 0;
    ELBOW_CHECK(size <= INT_MAX);
    if (size > 0 && sends)
        MPI_Isend(parts->values + place, (int)size, MPI_BYTE, peer, TAG_SHARE, comm->world, &request);
    else if (size > 0)
        MPI_Irecv(parts->values + place, (int)size, MPI_BYTE, peer, TAG_SHARE, comm->world, &request);
    return request;
}

// Begins to move the parts of `count` ranks from `rank` on, past the last one to the first.
static void begin_both(const struct elbow_comm *comm, const struct parts *parts, int rank, int count, int peer,
                       bool sends, MPI_Request *requests)
{
    int size = comm->place.size, end = rank + count;
    requests[0] = begin(comm, parts, rank, end < size ? end : size, peer, sends);
    requests[1] = begin(comm, parts, 0, end - size, peer, sends);
}

// Before the round of a distance a rank holds as many parts, from its own on.
static void share(struct elbow_comm *comm, const struct parts *parts)
{
    int size = comm->place.size, me = comm->place.rank;
    for (int distance = 1; distance < size; distance *= 2) {
        int count = distance < size - distance ? distance : size - distance, from = (me + distance) % size;
        MPI_Request requests[4];
        begin_both(comm, parts, from, count, from, false, requests);
        begin_both(comm, parts, me, count, (me + size - distance) % size, true, requests + 2);
        for (int i = 0; i < 4; ++i)
            if (requests[i] != MPI_REQUEST_NULL)
                elbow_comm_wait(comm, &requests[i]);
    }
}

void elbow_comm_gather_all(struct elbow_comm *comm, const double *mine, size_t count, double *all)
{
    struct parts parts = {.values = (char *)all, .element = sizeof *all, .count = count};
    memcpy(all + count * (size_t)comm->place.rank, mine, count * sizeof *all);
    share(comm, &parts);
}

void elbow_comm_share_doubles(struct elbow_comm *comm, double *values, const size_t *first)
{
    share(comm, &(struct parts){.values = (char *)values, .element = sizeof *values, .first = first});
}

void elbow_comm_share_words(struct elbow_comm *comm, uint64_t *values, const size_t *first)
{
    share(comm, &(struct parts){.values = (char *)values, .element = sizeof *values, .first = first});
}

// Sends or receives `bytes` in bounded messages.
static void move(struct elbow_comm *comm, bool send, void *bytes, size_t size, int peer, int tag)
{
    for (size_t done = 0; done < size; done += MESSAGE) {
        size_t part = size - done < MESSAGE ? size - done : MESSAGE;
        MPI_Request request;
        if (send)
            MPI_Isend((char *)bytes + done, (int)part, MPI_BYTE, peer, tag, comm->world, &request);
        else
            MPI_Irecv((char *)bytes + done, (int)part, MPI_BYTE, peer, tag, comm->world, &request);
        elbow_comm_wait(comm, &request);
    }
}

void elbow_comm_gather(struct elbow_comm *comm, const void *mine, size_t size, const size_t *first, void *all)
{
    struct elbow_place place = comm->place;
    size_t bytes = (first[place.rank + 1] - first[place.rank]) * size;
    if (place.rank != 0) {
        move(comm, true, (void *)(uintptr_t)mine, bytes, 0, TAG_GATHER);
        return;
    }
    memcpy((char *)all + first[0] * size, mine, bytes);
    for (int r = 1; r < place.size; ++r)
        move(comm, false, (char *)all + first[r] * size, (first[r + 1] - first[r]) * size, r, TAG_GATHER);
}

void elbow_comm_scatter(struct elbow_comm *comm, const void *all, size_t size, const size_t *first, void *mine)
{
    struct elbow_place place = comm->place;
    size_t bytes = (first[place.rank + 1] - first[place.rank]) * size;
    if (place.rank != 0) {
        move(comm, false, mine, bytes, 0, TAG_SCATTER);
        return;
    }
    memcpy(mine, (const char *)all + first[0] * size, bytes);
    for (int r = 1; r < place.size; ++r)
        move(comm, true, (char *)(uintptr_t)all + first[r] * size, (first[r + 1] - first[r]) * size, r, TAG_SCATTER);
}

enum elbow_status elbow_comm_broadcast_text(struct elbow_comm *comm, char **text, struct elbow_error *error)
{
    bool is_root = comm->place.rank == 0;
    uint64_t size = is_root ? strlen(*text) + 1 : 0;
    elbow_comm_broadcast(comm, &size, sizeof size);
    struct elbow_error mine = {0};
    if (!is_root)
        elbow_allocate(text, size, 1, "a text", &mine);
    *error = mine;
    if (elbow_comm_agree(comm, error) != ELBOW_OK) {
        if (!is_root)
            elbow_release(text);
        return error->status;
    }
    elbow_comm_broadcast(comm, *text, size);
    return ELBOW_OK;
}

static void reduce(struct elbow_comm *comm, double *values, size_t count, MPI_Op operation)
{
    ELBOW_CHECK(count <= INT_MAX);
    MPI_Request request;
    MPI_Iallreduce(MPI_IN_PLACE, values, (int)count, MPI_DOUBLE, operation, comm->world, &request);
    elbow_comm_wait(comm, &request);
}

void elbow_comm_min(struct elbow_comm *comm, double *values, size_t count)
{
    reduce(comm, values, count, MPI_MIN);
}

void elbow_comm_max(struct elbow_comm *comm, double *values, size_t count)
{
    reduce(comm, values, count, MPI_MAX);
}

void elbow_comm_sum_floats(struct elbow_comm *comm, float *values, size_t count)
{
    for (size_t piece; count > 0; values += piece, count -= piece) {
        piece = count < INT_MAX ? count : INT_MAX;
        MPI_Allreduce(MPI_IN_PLACE, values, (int)piece, MPI_FLOAT, MPI_SUM, comm->world);
    }
}

bool elbow_comm_is_same(struct elbow_comm *comm, uint64_t word)
{
    // The smallest of the complements is the complement of the largest.
    uint64_t words[] = {word, ~word};
    MPI_Request request;
    MPI_Iallreduce(MPI_IN_PLACE, words, 2, MPI_UINT64_T, MPI_MIN, comm->world, &request);
    elbow_comm_wait(comm, &request);
    return words[0] == ~words[1];
}
