// SPDX-License-Identifier: BSD-3-Clause
// The functions of a format of a sink.
#ifndef ELBOW_OUTPUT_DETAIL_SINK_H
#define ELBOW_OUTPUT_DETAIL_SINK_H

#include "elbow/output/sink.h"

// Functions leave FILE or OUTPUT in *error if a file cannot be written: the caller turns both into OUTPUT.
struct elbow_sink_row {
    bool
        is_streamed; // written row by row into sink->output.part, unless sink->is_in_memory; otherwise always in memory
    // Local. Whether it can hold the plan. NULL: any plan.
    bool (*holds)(const struct elbow_sink_plan *plan);
    // Local. USAGE, with the reason. `others`: the endings of formats that can, as text. NULL if holds is NULL.
    enum elbow_status (*refuse)(const struct elbow_sink_plan *plan, const char *others, struct elbow_error *error);
    // Local. Makes sink->state. After a failure, discard is legal.
    enum elbow_status (*open)(struct elbow_sink *sink, struct elbow_error *error);
    // Local. Rows [first, first + count), in order, packed.
    enum elbow_status (*put)(struct elbow_sink *sink, uint64_t first, uint64_t count, const void *rows,
                             struct elbow_error *error);
    // Local. Completes the file: the part, or *bytes, which the caller releases.
    enum elbow_status (*finish)(struct elbow_sink *sink, char **bytes, size_t *size, struct elbow_error *error);
    // Local. Gives back what the state holds, which is not NULL; the caller releases the state itself.
    void (*discard)(struct elbow_sink *sink);
};

#define ELBOW_SINK_DECLARE(name, word, ...) extern const struct elbow_sink_row elbow_sink_##word;
ELBOW_SINK_LIST(ELBOW_SINK_DECLARE)

struct elbow_hdf5;

// Local. Names the axes of the datasets of a plan with a rows_axis, all of which have been written: a dataset of whole
// numbers from 0 for each axis. The file stores an error.
void elbow_sink_hdf5_axes(const struct elbow_sink_plan *plan, struct elbow_hdf5 *file);
#undef ELBOW_SINK_DECLARE

#endif
