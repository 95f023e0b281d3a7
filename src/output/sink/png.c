// SPDX-License-Identifier: BSD-3-Clause
// A gallery as one PNG: a grid that is about square, in which the pictures of a row stay side by side.
#include "elbow/output/detail/sink.h"

#include "elbow/base/memory.h"
#include "elbow/data/dataset.h"
#include "elbow/output/image.h"

#include <inttypes.h>
#include <string.h>

enum { PICTURES_MAX = 10000 }; // of a grid: more are neither looked at nor fit into a PNG's sides

struct png {
    struct elbow_image_shape shape;
    float *pictures; // all of them; owned
};

static bool find_shape(const struct elbow_sink_plan *plan, struct elbow_image_shape *shape)
{
    const struct elbow_sink_column *column = &plan->columns[0];
    return plan->is_gallery && elbow_dataset_image(plan->layout, column->rank, column->shape, shape);
}

static bool holds(const struct elbow_sink_plan *plan)
{
    struct elbow_image_shape shape;
    return find_shape(plan, &shape) && plan->rows <= PICTURES_MAX / plan->column_count;
}

static enum elbow_status refuse(const struct elbow_sink_plan *plan, const char *others, struct elbow_error *error)
{
    struct elbow_image_shape shape;
    if (!plan->is_gallery)
        return elbow_error_set(error, ELBOW_USAGE,
                               "%.500s: a PNG holds pictures, and these are numbers; give a name that ends in %s",
                               plan->path, others);
    const struct elbow_sink_column *column = &plan->columns[0];
    bool may_be_image = plan->layout == ELBOW_LAYOUT_AUTO || plan->layout == ELBOW_LAYOUT_IMAGE;
    if (may_be_image && column->rank == 3 && column->shape[2] != 1 && column->shape[2] != 3)
        return elbow_error_set(error, ELBOW_USAGE,
                               "%.500s: a PNG holds 1 or 3 channels, and the samples of this model have %" PRIu64
                               "; give a name that ends in %s",
                               plan->path, column->shape[2], others);
    if (!find_shape(plan, &shape))
        return elbow_error_set(error, ELBOW_USAGE,
                               "%.500s: the samples of this model are not images (height, width and 1 or 3 channels); "
                               "give a name that ends in %s",
                               plan->path, others);
    return elbow_error_set(error, ELBOW_USAGE,
                           "%.500s: a PNG holds at most %zu of them, not %" PRIu64 "; give a name that ends in %s",
                           plan->path, PICTURES_MAX / plan->column_count, plan->rows, others);
}

static enum elbow_status open_png(struct elbow_sink *sink, struct elbow_error *error)
{
    struct png *png;
    enum elbow_status status = elbow_allocate(&sink->state, 1, sizeof *png, "a picture", error);
    if (status != ELBOW_OK)
        return status;
    png = sink->state;
    ELBOW_CHECK(find_shape(&sink->plan, &png->shape));
    return elbow_allocate(&png->pictures, sink->plan.rows, sink->row_bytes, "the images of a grid", error);
}

static enum elbow_status put(struct elbow_sink *sink, uint64_t first, uint64_t count, const void *rows,
                             struct elbow_error *error)
{
    struct png *png = sink->state;
    size_t values = elbow_sink_values(&sink->plan.columns[0]), pictures = sink->plan.column_count;
    const float *from = rows;
    float *to = png->pictures + first * pictures * values;
    double black = sink->plan.black, span = sink->plan.white > black ? sink->plan.white - black : 1;
    (void)error;
    for (size_t i = 0; i < count * pictures; ++i) {
        double zero = sink->plan.columns[i % pictures].is_difference ? 0 : black;
        for (size_t d = 0; d < values; ++d)
            *to++ = (float)(((double)*from++ - zero) / span);
    }
    return ELBOW_OK;
}

static size_t columns_of_grid(const struct elbow_sink_plan *plan)
{
    size_t of_row = plan->column_count, pictures = (size_t)plan->rows * of_row, columns = 1;
    if (plan->across > 0)
        return plan->across * of_row;
    while (columns * columns < pictures)
        ++columns;
    return (columns + of_row - 1) / of_row * of_row;
}

static enum elbow_status finish(struct elbow_sink *sink, char **bytes, size_t *size, struct elbow_error *error)
{
    const struct png *png = sink->state;
    const struct elbow_sink_plan *plan = &sink->plan;
    struct elbow_picture picture = {0};
    enum elbow_status status =
        elbow_picture_grid(png->pictures, (size_t)plan->rows * plan->column_count, columns_of_grid(plan),
                           png->shape.height, png->shape.width, png->shape.channels, &picture, error);
    if (status == ELBOW_OK)
        status = elbow_picture_encode(&picture, plan->path, bytes, size, error);
    elbow_picture_clear(&picture);
    return status;
}

static void discard(struct elbow_sink *sink)
{
    struct png *png = sink->state;
    elbow_release(&png->pictures);
}

const struct elbow_sink_row elbow_sink_png = {
    .holds = holds, .refuse = refuse, .open = open_png, .put = put, .finish = finish, .discard = discard};
