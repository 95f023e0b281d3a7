// SPDX-License-Identifier: BSD-3-Clause
// Place and time of a benchmark.
#include "elbow/bench/detail/bench.h"

#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"

#include "elbow/train/detail/ranks.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAME_SIZE = 64 };

// "a:2 b:1" of names in rank order; a name that occurs again later is listed again. Entries that do not fit are
// counted.
static void list_hosts(const char (*names)[NAME_SIZE], int count, char *text, size_t size)
{
    enum { REST_SIZE = 40 }; // for the count
    size_t length = 0;
    for (int first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && strcmp(names[first], names[last]) == 0;)
            ++last;
        char entry[NAME_SIZE + 16];
        int wanted = snprintf(entry, sizeof entry, "%s%s:%d", first == 0 ? "" : " ", names[first], last - first);
        if (length + (size_t)wanted + REST_SIZE > size) {
            snprintf(text + length, size - length, " and %d more ranks", count - first);
            return;
        }
        memcpy(text + length, entry, (size_t)wanted + 1);
        length += (size_t)wanted;
    }
}

enum elbow_status elbow_bench_find_origin(struct elbow_comm *comm, struct elbow_bench_origin *origin,
                                          struct elbow_error *error)
{
    struct elbow_place place = elbow_comm_place(comm);
    char mine[NAME_SIZE] = "unknown", (*names)[NAME_SIZE] = NULL;
    size_t *first = NULL, count = (size_t)place.size;
    *error = (struct elbow_error){0};
    if (gethostname(mine, sizeof mine - 1) != 0)
        elbow_text_format(mine, sizeof mine, "unknown");
    elbow_clock_now(origin->started, sizeof origin->started);
    elbow_rank_processor(origin->processor, sizeof origin->processor);
    if (elbow_allocate(&first, count + 1, sizeof *first, "host names", error) == ELBOW_OK && place.rank == 0)
        elbow_allocate(&names, count, sizeof *names, "host names", error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK) {
        for (size_t r = 0; r <= count; ++r)
            first[r] = r;
        elbow_comm_gather(comm, mine, sizeof mine, first, names);
        if (place.rank == 0)
            list_hosts((const char(*)[NAME_SIZE])names, place.size, origin->hosts, sizeof origin->hosts);
    }
    elbow_release(&names);
    elbow_release(&first);
    return error->status;
}
