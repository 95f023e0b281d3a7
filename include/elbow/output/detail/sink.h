// SPDX-License-Identifier: BSD-3-Clause
// What a format of a sink is.
#ifndef ELBOW_OUTPUT_DETAIL_SINK_H
#define ELBOW_OUTPUT_DETAIL_SINK_H

#include "elbow/output/sink.h"

// Functions leave FILE or OUTPUT in *error where a file cannot be written: the caller makes OUTPUT of both.
struct elbow_sink_row {
    bool is_streamed; // written as the rows come, into sink->output.part, unless sink->is_in_memory; else always there
    // Local. Whether it can hold what is planned. NULL: anything.
    bool (*holds)(const struct elbow_sink_plan *plan);
    // Local. USAGE: why it does not hold that. `others`: the endings of those that do, as words. NULL where holds is.
    enum elbow_status (*refuse)(const struct elbow_sink_plan *plan, const char *others, struct elbow_error *error);
    // Local. Makes sink->state. A failure leaves what discard can take.
    enum elbow_status (*open)(struct elbow_sink *sink, struct elbow_error *error);
    // Local. Rows [first, first + count), in order, packed.
    enum elbow_status (*put)(struct elbow_sink *sink, uint64_t first, uint64_t count, const void *rows,
                             struct elbow_error *error);
    // Local. Completes the file: the part, or *bytes, which the caller gives back.
    enum elbow_status (*finish)(struct elbow_sink *sink, char **bytes, size_t *size, struct elbow_error *error);
    // Local. Gives back what the state holds, which is not NULL; the caller gives back the state itself.
    void (*discard)(struct elbow_sink *sink);
};

#define ELBOW_SINK_DECLARE(name, word, ...) extern const struct elbow_sink_row elbow_sink_##word;
ELBOW_SINK_LIST(ELBOW_SINK_DECLARE)

struct elbow_hdf5;

// Local. Names the axes of the datasets of a plan with a rows_axis, all of which have been written: a dataset of whole
// numbers from 0 for each axis. The file keeps what went wrong.
void elbow_sink_hdf5_axes(const struct elbow_sink_plan *plan, struct elbow_hdf5 *file);
#undef ELBOW_SINK_DECLARE

#endif
