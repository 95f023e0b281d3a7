// SPDX-License-Identifier: BSD-3-Clause
// Outputs of a gallery. A PNG is made in memory and written at the end; HDF5 and CSV are written as the rows come, into
// a part that is renamed at the end, or in memory too, where the file may have to wait. Whatever cannot be written is
// OUTPUT.
#include "elbow/output/sink.h"

#include "elbow/base/memory.h"
#include "elbow/output/image.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { PICTURES_MAX = 10000 }; // of a grid: more are neither looked at nor fit into a PNG's sides
enum { NUMBER_SIZE = 16 };     // bytes of a CSV's number (%.9g) and what follows it

static size_t images_of_row(const struct elbow_sink_plan *plan)
{
    return plan->pairs ? 2 : 1;
}

static bool find_kind(const char *path, enum elbow_sink_kind *kind)
{
    static const struct {
        const char *ending;
        enum elbow_sink_kind kind;
    } kinds[] = {
        {".png", ELBOW_SINK_PNG}, {".h5", ELBOW_SINK_HDF5}, {".hdf5", ELBOW_SINK_HDF5}, {".csv", ELBOW_SINK_CSV}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i)
        if (elbow_output_ends(path, kinds[i].ending)) {
            *kind = kinds[i].kind;
            return true;
        }
    return false;
}

enum elbow_status elbow_sink_check(const struct elbow_sink_plan *plan, struct elbow_error *error)
{
    enum elbow_sink_kind kind;
    struct elbow_image_shape shape;
    if (!find_kind(plan->path, &kind))
        return elbow_error_set(error, ELBOW_USAGE, "%.500s: the name must end in .png, .h5 or .csv", plan->path);
    if (kind != ELBOW_SINK_PNG)
        return ELBOW_OK;
    if (!elbow_dataset_image(plan->data->layout, (size_t)plan->data->rank, plan->data->shape, &shape))
        return elbow_error_set(error, ELBOW_USAGE,
                               "%.500s: the samples of this model are no images (height, width and 1 or 3 channels); "
                               "give a name that ends in .h5 or .csv",
                               plan->path);
    if (plan->rows <= PICTURES_MAX / images_of_row(plan))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE,
                           "%.500s: a PNG takes up to %zu of them, not %" PRIu64 "; give a name that ends in .h5",
                           plan->path, PICTURES_MAX / images_of_row(plan), plan->rows);
}

static const char *dataset_name(const struct elbow_sink *sink, size_t image)
{
    if (!sink->plan.pairs)
        return "/samples";
    return image == 0 ? "/originals" : "/reconstructions";
}

static enum elbow_status open_hdf5(struct elbow_sink *sink, struct elbow_error *error)
{
    const struct elbow_data_facts *data = sink->plan.data;
    uint64_t shape[ELBOW_HDF5_RANK_MAX] = {sink->plan.rows, sink->values};
    bool fits = data->rank < ELBOW_HDF5_RANK_MAX; // else flat
    for (uint64_t i = 0; fits && i < data->rank; ++i)
        shape[i + 1] = data->shape[i];
    enum elbow_status status =
        elbow_allocate(&sink->images, sink->plan.at_once * sink->values, sizeof(float), "rows of a gallery", error);
    if (status == ELBOW_OK)
        status = sink->plan.pending != NULL ? elbow_hdf5_create_memory(0, &sink->image, &sink->file, error)
                                            : elbow_hdf5_create(sink->output.part, true, &sink->file, error);
    for (size_t i = 0; i < sink->images_of_row && status == ELBOW_OK; ++i)
        status = elbow_hdf5_create_dataset(sink->file, dataset_name(sink, i), ELBOW_ELEMENT_FLOAT32,
                                           fits ? (int)data->rank + 1 : 2, shape, (struct elbow_hdf5_layout){0}, error);
    return status;
}

static enum elbow_status open_csv(struct elbow_sink *sink, struct elbow_error *error)
{
    if (sink->plan.pending != NULL) {
        sink->size = sink->plan.rows * sink->images_of_row * sink->values * NUMBER_SIZE;
        return elbow_allocate(&sink->text, sink->plan.rows * sink->images_of_row * sink->values, NUMBER_SIZE,
                              "a table of samples", error);
    }
    sink->table = fopen(sink->output.part, "we");
    if (sink->table != NULL)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_OUTPUT, "%s: cannot be written: %s", sink->output.part, strerror(errno));
}

static enum elbow_status open_kind(struct elbow_sink *sink, struct elbow_error *error)
{
    if (sink->kind == ELBOW_SINK_PNG) {
        ELBOW_CHECK(elbow_dataset_image(sink->plan.data->layout, (size_t)sink->plan.data->rank, sink->plan.data->shape,
                                        &sink->shape));
        return elbow_allocate(&sink->images, sink->plan.rows * sink->images_of_row, sink->values * sizeof(float),
                              "the images of a grid", error);
    }
    enum elbow_status status = ELBOW_OK;
    if (sink->plan.pending == NULL)
        status = elbow_part_begin(NULL, sink->plan.path, &sink->output, NULL, error);
    if (status != ELBOW_OK)
        return status;
    return sink->kind == ELBOW_SINK_HDF5 ? open_hdf5(sink, error) : open_csv(sink, error);
}

enum elbow_status elbow_sink_open(const struct elbow_sink_plan *plan, struct elbow_sink *sink,
                                  struct elbow_error *error)
{
    *sink = (struct elbow_sink){.plan = *plan, .values = (size_t)plan->data->values};
    sink->images_of_row = images_of_row(plan);
    ELBOW_CHECK(find_kind(plan->path, &sink->kind));
    if (open_kind(sink, error) != ELBOW_OK)
        elbow_sink_close(sink, error);
    return elbow_output_error(error);
}

// Takes one image out of each row, so that it can be written to its dataset.
static enum elbow_status put_hdf5(struct elbow_sink *sink, size_t image, uint64_t first, uint64_t count,
                                  const float *rows, struct elbow_error *error)
{
    size_t values = sink->values, width = values * sink->images_of_row;
    enum elbow_status status = ELBOW_OK;
    for (uint64_t done = 0; done < count && status == ELBOW_OK; done += sink->plan.at_once) {
        uint64_t part = count - done < sink->plan.at_once ? count - done : sink->plan.at_once;
        for (uint64_t i = 0; i < part; ++i)
            memcpy(sink->images + i * values, rows + (done + i) * width + image * values, values * sizeof(float));
        status = elbow_hdf5_write_rows(sink->file, dataset_name(sink, image), ELBOW_ELEMENT_FLOAT32, first + done, part,
                                       sink->images, error);
    }
    return status;
}

static enum elbow_status put_csv(struct elbow_sink *sink, uint64_t count, const float *rows, struct elbow_error *error)
{
    for (uint64_t i = 0; i < count * sink->images_of_row; ++i)
        for (size_t d = 0; d < sink->values; ++d) {
            char number[2 * NUMBER_SIZE];
            int length = snprintf(number, sizeof number, "%.9g%c", (double)rows[i * sink->values + d],
                                  d + 1 < sink->values ? ',' : '\n');
            if (sink->table != NULL) {
                fwrite(number, 1, (size_t)length, sink->table);
                continue;
            }
            ELBOW_CHECK((size_t)length <= sink->size - sink->length);
            memcpy(sink->text + sink->length, number, (size_t)length);
            sink->length += (size_t)length;
        }
    if (sink->table == NULL)
        return ELBOW_OK;
    if (!ferror(sink->table))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_OUTPUT, "%s: cannot be written: %s", sink->output.part, strerror(errno));
}

enum elbow_status elbow_sink_put(struct elbow_sink *sink, uint64_t first, uint64_t count, const float *rows,
                                 struct elbow_error *error)
{
    size_t width = sink->values * sink->images_of_row;
    if (sink->kind == ELBOW_SINK_CSV)
        return put_csv(sink, count, rows, error);
    if (sink->kind == ELBOW_SINK_PNG) {
        memcpy(sink->images + first * width, rows, count * width * sizeof(float));
        return ELBOW_OK;
    }
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < sink->images_of_row && status == ELBOW_OK; ++i)
        status = put_hdf5(sink, i, first, count, rows, error);
    return elbow_output_error(error);
}

// About square; pairs stay side by side.
static size_t columns_of(const struct elbow_sink *sink)
{
    size_t images = (size_t)sink->plan.rows * sink->images_of_row, columns = 1;
    while (columns * columns < images)
        ++columns;
    return sink->plan.pairs ? columns + columns % 2 : columns;
}

static enum elbow_status write_png(struct elbow_sink *sink, struct elbow_error *error)
{
    struct elbow_picture picture = {0};
    char *bytes = NULL;
    size_t size = 0;
    enum elbow_status status =
        elbow_picture_grid(sink->images, (size_t)sink->plan.rows * sink->images_of_row, columns_of(sink),
                           sink->shape.height, sink->shape.width, sink->shape.channels, &picture, error);
    if (status == ELBOW_OK)
        status = elbow_picture_encode(&picture, sink->plan.path, &bytes, &size, error);
    elbow_picture_clear(&picture);
    if (status == ELBOW_OK && sink->plan.pending == NULL)
        status = elbow_output_write(sink->plan.path, bytes, size, sink->plan.publish, error);
    else if (status == ELBOW_OK)
        status = elbow_pending_write(sink->plan.pending, sink->plan.path, &bytes, size, error);
    elbow_release(&bytes);
    return status;
}

static enum elbow_status sync_csv(struct elbow_sink *sink, struct elbow_error *error)
{
    if (fflush(sink->table) == 0)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_OUTPUT, "%s: cannot be written: %s", sink->output.part, strerror(errno));
}

// The bytes of an HDF5 file that was made in memory.
static enum elbow_status write_image(struct elbow_sink *sink, struct elbow_error *error)
{
    char *bytes = (char *)sink->image.bytes;
    sink->image.bytes = NULL;
    enum elbow_status status =
        elbow_pending_write(sink->plan.pending, sink->plan.path, &bytes, sink->image.size, error);
    elbow_release(&bytes);
    return status;
}

static enum elbow_status finish(struct elbow_sink *sink, struct elbow_error *error)
{
    if (sink->kind == ELBOW_SINK_PNG)
        return write_png(sink, error);
    if (sink->text != NULL)
        return elbow_pending_write(sink->plan.pending, sink->plan.path, &sink->text, sink->length, error);
    enum elbow_status status;
    if (sink->kind == ELBOW_SINK_CSV) {
        status = sync_csv(sink, error);
    } else {
        elbow_hdf5_close(sink->file, error);
        sink->file = NULL;
        status = elbow_output_error(error);
    }
    if (status == ELBOW_OK && sink->plan.pending != NULL)
        return write_image(sink, error);
    return status == ELBOW_OK ? elbow_output_publish(&sink->output, sink->plan.publish, error) : status;
}

enum elbow_status elbow_sink_close(struct elbow_sink *sink, struct elbow_error *error)
{
    if (error->status == ELBOW_OK)
        finish(sink, error);
    elbow_hdf5_close(sink->file, NULL);
    if (sink->table != NULL)
        fclose(sink->table);
    if (error->status != ELBOW_OK)
        elbow_part_abandon(&sink->output);
    elbow_release(&sink->images);
    elbow_release(&sink->image.bytes);
    elbow_release(&sink->text);
    *sink = (struct elbow_sink){0};
    return error->status;
}
