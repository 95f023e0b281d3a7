// SPDX-License-Identifier: BSD-3-Clause
// Waiting of a simulated rank. A real one polls. Simulated, each test of each request would be an event of its own, and
// would take simulated time in proportion to the number of requests. This one sleeps until one of the requests that it
// tested last is complete: a test costs nothing, and sees events at their time.
//
// A request that has ended a sleep is gone for SMPI, but the program does not know it yet: its place is kept, and the
// next test reports it. With one rank per node, only a message can end a wait.
//
// And how it sends: few messages at a time, the others wait in a queue, as before a real network's card. (Thousands of
// messages that share their ways would cost SimGrid their number at each event.) Whoever looks lets the next one go.
//
// All ranks share static variables (no privatisation), so each has its own state in memory that SMPI keeps for it.
#include "smpi_shim.h"

#include <simgrid/actor.h>
#include <stdbool.h>
#include <stdlib.h>

#undef MPI_Isend
#undef MPI_Testsome
#undef MPI_Iprobe

// Ranges of requests that were tested since the last sleep, and the requests in all of them.
enum { RANGES_MOST = 8, LOOK_MOST = 128, REQUESTS_MOST = RANGES_MOST * LOOK_MOST };
// Messages that a rank sends at a time; tags from here on are the exchange's, which sends many.
enum { SENDS_MOST = 4, TAG_MANY = 100 };
// Seconds: a sleep where there is nothing to wait for; computing below this is slept before the next look.
static const double NAP = 1e-6, GRAIN = 5e-6;

struct letter {
    const void *values;
    int count, to, tag;
    MPI_Datatype type;
    MPI_Comm comm;
    MPI_Request *place;
};

struct looks {
    MPI_Request *first[RANGES_MOST];
    int count[RANGES_MOST], ranges;
    MPI_Request *sending[SENDS_MOST]; // the places of messages in flight; NULL: none
    struct letter *queue;             // [capacity]; those from `next` up to `last` wait
    size_t next, last, capacity;
    double owed; // seconds of computing, not slept yet
};

static struct looks *own_looks(void)
{
    struct looks *looks = smpi_process_get_user_data();
    if (looks == NULL) {
        looks = calloc(1, sizeof *looks);
        if (looks == NULL)
            abort();
        smpi_process_set_user_data(looks); // until the simulation ends
    }
    return looks;
}

static void rest(double seconds)
{
    smpi_bench_end();
    sg_actor_sleep_for(seconds);
    smpi_bench_begin();
}

static void pay(struct looks *looks)
{
    double owed = looks->owed;
    looks->owed = 0;
    if (owed > 0)
        rest(owed);
}

void elbow_simulation_owe(double seconds)
{
    struct looks *looks = own_looks();
    looks->owed += seconds;
    if (looks->owed >= GRAIN)
        pay(looks);
}

// The newest test of a request counts, and tests between two sleeps are few: the oldest ones belonged to another wait.
static void remember(struct looks *looks, MPI_Request *requests, int count)
{
    int kept = 0;
    for (int range = looks->ranges == RANGES_MOST; range < looks->ranges; ++range) {
        if (looks->first[range] < requests + count && requests < looks->first[range] + looks->count[range])
            continue;
        looks->first[kept] = looks->first[range];
        looks->count[kept++] = looks->count[range];
    }
    looks->first[kept] = requests;
    looks->count[kept] = count;
    looks->ranges = kept + 1;
}

// States of a request that SMPI does not have: it waits in the queue; it is complete, and the program does not know it
// yet.
static char marks[2];
static MPI_Request queued(void)
{
    return (MPI_Request)(void *)&marks[0];
}

static MPI_Request ended(void)
{
    return (MPI_Request)(void *)&marks[1];
}

// Lets waiting letters go where others have come to their end.
static void send_next(struct looks *looks)
{
    for (int i = 0; i < SENDS_MOST && looks->next < looks->last; ++i) {
        if (looks->sending[i] != NULL)
            continue;
        struct letter letter = looks->queue[looks->next++];
        looks->sending[i] = letter.place;
        MPI_Isend(letter.values, letter.count, letter.type, letter.to, letter.tag, letter.comm, letter.place);
    }
    if (looks->next == looks->last)
        looks->next = looks->last = 0;
}

static void note_end(struct looks *looks, const MPI_Request *place)
{
    for (int i = 0; i < SENDS_MOST; ++i)
        if (looks->sending[i] == place)
            looks->sending[i] = NULL;
}

int elbow_simulation_isend(const void *values, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
                           MPI_Request *request)
{
    struct looks *looks = own_looks();
    if (tag < TAG_MANY)
        return MPI_Isend(values, count, type, to, tag, comm, request);
    if (looks->last == looks->capacity) {
        looks->capacity = 2 * looks->capacity + 1024;
        looks->queue = realloc(looks->queue, looks->capacity * sizeof *looks->queue);
        if (looks->queue == NULL)
            abort();
    }
    looks->queue[looks->last++] = (struct letter){values, count, to, tag, type, comm, request};
    *request = queued();
    send_next(looks);
    return MPI_SUCCESS;
}

int elbow_simulation_testsome(int count, MPI_Request *requests, int *complete, int *indices)
{
    struct looks *looks = own_looks();
    MPI_Request here[LOOK_MOST];
    int told = 0, found = 0;
    pay(looks);
    if (count > LOOK_MOST)
        abort();
    for (int i = 0; i < count; ++i) {
        if (requests[i] == ended()) {
            requests[i] = MPI_REQUEST_NULL;
            indices[told++] = i;
        }
        here[i] = requests[i] == queued() ? MPI_REQUEST_NULL : requests[i];
    }
    remember(looks, requests, count);
    int status = MPI_Testsome(count, here, &found, indices + told, MPI_STATUSES_IGNORE);
    for (int i = 0; found != MPI_UNDEFINED && i < found; ++i) {
        MPI_Request *place = requests + indices[told + i];
        *place = MPI_REQUEST_NULL;
        note_end(looks, place);
    }
    send_next(looks);
    *complete = found == MPI_UNDEFINED ? told : told + found;
    return status;
}

// Sleeps until one of some requests is over. Returns its number.
static int sleep_for_any(struct looks *looks, int count, MPI_Request *waiting, MPI_Request *const *places)
{
    int index = MPI_UNDEFINED;
    MPI_Waitany(count, waiting, &index, MPI_STATUS_IGNORE);
    if (index == MPI_UNDEFINED)
        abort();
    *places[index] = ended();
    note_end(looks, places[index]);
    send_next(looks);
    return index;
}

static bool is_looked_at(const struct looks *looks, const MPI_Request *place)
{
    for (int range = 0; range < looks->ranges; ++range)
        if (place >= looks->first[range] && place < looks->first[range] + looks->count[range])
            return true;
    return false;
}

// Adds a request to those that a sleep waits for, if it is under way. Returns how many that are.
static int await(MPI_Request *place, int count, MPI_Request *waiting, MPI_Request **places)
{
    if (*place == MPI_REQUEST_NULL || *place == queued() || *place == ended())
        return 0;
    places[count] = place;
    waiting[count] = *place;
    return 1;
}

int elbow_simulation_sleep(void)
{
    MPI_Request waiting[REQUESTS_MOST + SENDS_MOST], *places[REQUESTS_MOST + SENDS_MOST];
    struct looks *looks = own_looks();
    int count = 0;
    pay(looks);
    for (int range = 0; range < looks->ranges; ++range)
        for (int i = 0; i < looks->count[range]; ++i)
            count += await(looks->first[range] + i, count, waiting, places);
    for (int i = 0; i < SENDS_MOST; ++i) // requests in the queue are sent when one of these is complete
        if (looks->sending[i] != NULL && !is_looked_at(looks, looks->sending[i]))
            count += await(looks->sending[i], count, waiting, places);
    looks->ranges = 0;
    if (count == 0)
        rest(NAP);
    else
        sleep_for_any(looks, count, waiting, places);
    return MPI_SUCCESS;
}

int elbow_simulation_wait(MPI_Request *request)
{
    struct looks *looks = own_looks();
    pay(looks);
    while (looks->next < looks->last && *request != MPI_REQUEST_NULL) {
        MPI_Request waiting[SENDS_MOST + 1] = {*request}, *places[SENDS_MOST + 1] = {request};
        int count = 1;
        for (int i = 0; i < SENDS_MOST; ++i)
            if (looks->sending[i] != NULL) {
                places[count] = looks->sending[i];
                waiting[count++] = *looks->sending[i];
            }
        if (sleep_for_any(looks, count, waiting, places) == 0)
            *request = MPI_REQUEST_NULL;
    }
    return MPI_Wait(request, MPI_STATUS_IGNORE);
}
