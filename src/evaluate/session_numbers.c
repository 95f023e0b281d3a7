// SPDX-License-Identifier: BSD-3-Clause
// A number beside each row, by rank zero.
#include "elbow/base/memory.h"
#include "elbow/evaluate/detail/places.h"

#include <string.h>

// The numbers that are read beside the stored rows.
struct reading {
    double *numbers;
};

static enum elbow_status take_numbers(void *user, uint64_t first, size_t count, const double *numbers,
                                      struct elbow_error *error)
{
    struct reading *reading = user;
    (void)error;
    memcpy(reading->numbers + first, numbers, count * sizeof *numbers);
    return ELBOW_OK;
}

enum elbow_status elbow_session_load_numbers(struct elbow_comm *comm, struct elbow_companion where,
                                             struct elbow_session *session, struct elbow_error *error)
{
    const struct elbow_selection *selection = &session->dataset.selection;
    if (where.dataset == NULL)
        return ELBOW_OK;
    where.rows = selection->stored > 0 ? selection->stored : session->dataset.samples;
    where.rows_name = session->dataset.name;
    if (elbow_comm_place(comm).rank == 0 && elbow_allocate(&session->numbers, where.rows, sizeof *session->numbers,
                                                           "the numbers of the rows", error) == ELBOW_OK)
        elbow_companion_read(&where, take_numbers, &(struct reading){session->numbers}, error);
    return elbow_comm_agree_root(comm, error);
}
