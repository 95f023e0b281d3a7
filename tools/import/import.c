// SPDX-License-Identifier: BSD-3-Clause
// elbow-import: opens all inputs, finds their common shape and type, and adds one dataset block by block. The output is
// built beside its place (new, or a copy of the existing file) and renamed at the end, so that a failure does not
// change it.
#include "plan.h"

#include "elbow/base/memory.h"
#include "elbow/base/streams.h"
#include "elbow/data/dataset.h"
#include "elbow/data/hdf5.h"
#include "elbow/evaluate/describe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 4 << 20, CHUNK_BYTES = 1 << 20 };
static const uint64_t CHUNK_BYTES_MAX = UINT64_C(0xffffffff); // a limit of HDF5

// Text files share the narrowest type that holds the integers of all, or float32.
static enum elbow_element text_element(const struct import_plan *plan)
{
    int64_t min = INT64_MAX, max = INT64_MIN;
    for (size_t i = 0; i < plan->options->input_count; ++i) {
        const struct import_source *source = &plan->sources[i];
        if (!source->is_integer)
            return ELBOW_ELEMENT_FLOAT32;
        min = source->min < min ? source->min : min;
        max = source->max > max ? source->max : max;
    }
    return import_integer_element(min, max);
}

// All inputs must be like the first: kind of file, shape, type.
static enum elbow_status unify(struct import_plan *plan, struct elbow_error *error)
{
    const struct import_source *first = &plan->sources[0];
    plan->element = first->is_text ? text_element(plan) : first->element;
    plan->is_image = first->is_image;
    for (size_t i = 0; i < plan->options->input_count; ++i) {
        struct import_source *source = &plan->sources[i];
        bool same = source->rank == first->rank && source->is_text == first->is_text &&
                    memcmp(source->shape, first->shape, source->rank * sizeof *source->shape) == 0;
        if (source->is_text && first->is_text)
            source->element = plan->element;
        if (!same || source->element != plan->element) {
            char here[128], there[128];
            import_shape_text(here, sizeof here, source->rank, source->shape);
            import_shape_text(there, sizeof there, first->rank, first->shape);
            return elbow_error_set(error, ELBOW_MISMATCH,
                                   "%s: rows are %s %s (%s), those of %s are %s %s (%s); convert all inputs to one "
                                   "shape and type, or import each under its own name",
                                   source->path, here, elbow_element_name(source->element), source->kind, first->path,
                                   there, elbow_element_name(plan->element), first->kind);
        }
        if (__builtin_add_overflow(plan->rows, source->rows, &plan->rows))
            return elbow_error_set(error, ELBOW_FORMAT, "%s: more rows than a dataset can have", source->path);
    }
    return ELBOW_OK;
}

// Reshaped rows keep the order of their values, so a shape of another order would mix them up.
static enum elbow_status check_recut(const struct import_plan *plan, struct elbow_error *error)
{
    const struct import_source *first = &plan->sources[0];
    enum elbow_recut recut = elbow_dataset_recut(first->rank, first->shape, plan->rank, plan->shape);
    char stored[128], asked[128];
    if (recut == ELBOW_RECUT_GOOD)
        return ELBOW_OK;
    import_shape_text(stored, sizeof stored, first->rank, first->shape);
    import_shape_text(asked, sizeof asked, plan->rank, plan->shape);
    if (recut == ELBOW_RECUT_CHANNELS_FIRST)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: its rows are %s, with the channels first, and --shape would only reshape them to "
                               "%s; leave --shape out, and train with data.channels: first",
                               first->path, stored, asked);
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s: its rows are %s, and --shape would only reshape them to %s, which puts values in the "
                           "wrong places; leave --shape out, or store the data in that order",
                           first->path, stored, asked);
}

// The shape of a row: the requested one, or that of the files.
static enum elbow_status choose_shape(struct import_plan *plan, struct elbow_error *error)
{
    const struct import_options *options = plan->options;
    const struct import_source *first = &plan->sources[0];
    plan->row_values = import_shape_values(first->rank, first->shape);
    plan->rank = options->has_shape ? options->rank : first->rank;
    memcpy(plan->shape, options->has_shape ? options->shape : first->shape, sizeof plan->shape);
    // Bytes that get the shape of an image are grey levels, from any kind of file.
    plan->is_image = plan->is_image || (options->has_shape && plan->rank >= 2 && plan->element == ELBOW_ELEMENT_UINT8);
    uint64_t values = 1;
    bool fits = true;
    for (size_t i = 0; i < plan->rank; ++i)
        fits = fits && !__builtin_mul_overflow(values, plan->shape[i], &values);
    if (fits && values == plan->row_values)
        return check_recut(plan, error);
    char asked[128];
    import_shape_text(asked, sizeof asked, plan->rank, plan->shape);
    return elbow_error_set(error, ELBOW_MISMATCH, "%s: a row has %llu values, --shape %s does not fit", first->path,
                           (unsigned long long)plan->row_values, asked);
}

// Rows of a block in memory, a whole number of chunks.
static void choose_blocks(struct import_plan *plan)
{
    uint64_t row_bytes = plan->row_values * elbow_element_size(plan->element), asked = plan->options->chunk_rows;
    plan->chunk_rows = row_bytes >= CHUNK_BYTES ? 1 : CHUNK_BYTES / row_bytes;
    if (asked > 0)
        plan->chunk_rows = asked < plan->rows ? asked : plan->rows;
    uint64_t chunk_bytes = plan->chunk_rows * row_bytes;
    plan->block_rows = chunk_bytes >= BLOCK_BYTES ? plan->chunk_rows : plan->chunk_rows * (BLOCK_BYTES / chunk_bytes);
    if (plan->chunk_rows > plan->rows)
        plan->chunk_rows = plan->rows;
    if (plan->block_rows > plan->rows)
        plan->block_rows = plan->rows;
}

static enum elbow_status check_chunks(const struct import_plan *plan, struct elbow_error *error)
{
    uint64_t row_bytes = plan->row_values * elbow_element_size(plan->element);
    if (plan->options->chunk_rows == 0 || plan->chunk_rows <= CHUNK_BYTES_MAX / row_bytes)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE,
                           "--chunk-rows %llu makes chunks of more than 4 GB, the limit of HDF5; use at most %llu rows",
                           (unsigned long long)plan->options->chunk_rows,
                           (unsigned long long)(CHUNK_BYTES_MAX / row_bytes));
}

// Checks that the datasets may be added to the existing file.
static enum elbow_status look_at_target(struct import_plan *plan, struct elbow_error *error)
{
    const struct import_options *options = plan->options;
    struct elbow_hdf5 *file;
    if (!plan->target.exists)
        return import_labels_name(&plan->labels, options, NULL, error);
    struct stat about;
    if (stat(plan->target.path, &about) == 0 && S_ISREG(about.st_mode) &&
        elbow_describe_is_checkpoint(plan->target.path))
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: is a checkpoint of a run, which another dataset would damage; choose another file",
                               options->output);
    enum elbow_status status = elbow_hdf5_open(plan->target.path, &file, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_hdf5_find(file, options->name, &plan->replaces, error);
    if (status == ELBOW_OK && plan->replaces && !options->replace)
        status = elbow_error_set(error, ELBOW_FORMAT,
                                 "%s: dataset %s already exists; choose another name with --name, or use --replace",
                                 options->output, options->name);
    if (status == ELBOW_OK)
        status = import_labels_name(&plan->labels, options, file, error);
    elbow_hdf5_close(file, NULL);
    return status;
}

static bool is_finite(enum elbow_element element, const void *values, size_t i)
{
    return isfinite(element == ELBOW_ELEMENT_FLOAT32 ? (double)((const float *)values)[i]
                                                     : ((const double *)values)[i]);
}

// Counts the values of a block that are NaN or infinite, from the first one on.
static void count_not_finite(struct import_plan *plan, uint64_t row, size_t begin, size_t end, const void *values)
{
    if (plan->not_finite == 0) {
        plan->not_finite_row = row + begin / plan->row_values;
        plan->not_finite_value = begin % plan->row_values;
    }
    for (size_t i = begin; i < end; ++i)
        plan->not_finite += !is_finite(plan->element, values, i);
}

static enum elbow_status write_block(struct import_plan *plan, struct elbow_hdf5 *file, uint64_t first, uint64_t count,
                                     const void *rows, struct elbow_error *error)
{
    struct elbow_element_scan scan = elbow_element_scan(plan->element, rows, count * plan->row_values);
    if (scan.first_not_finite != SIZE_MAX)
        count_not_finite(plan, first, scan.first_not_finite, count * plan->row_values, rows);
    plan->min = scan.min < plan->min ? scan.min : plan->min;
    plan->max = scan.max > plan->max ? scan.max : plan->max;
    return elbow_hdf5_write_rows(file, plan->options->name, plan->element, first, count, rows, error);
}

// Copies all rows of all inputs, in blocks that continue from one input to the next, so that chunks are written whole.
static enum elbow_status write_rows(struct import_plan *plan, struct elbow_hdf5 *file, char *block,
                                    struct elbow_error *error)
{
    size_t row_bytes = plan->row_values * elbow_element_size(plan->element);
    uint64_t written = 0, held = 0;
    for (size_t i = 0; i < plan->options->input_count; ++i) {
        uint64_t left = plan->sources[i].rows;
        while (left > 0) {
            uint64_t space = plan->block_rows - held, count = left < space ? left : space;
            enum elbow_status status = plan->sources[i].read(&plan->sources[i], count, block + held * row_bytes, error);
            if (status != ELBOW_OK)
                return status;
            held += count;
            left -= count;
            if (held < plan->block_rows && written + held < plan->rows)
                continue;
            import_progress_report(&plan->progress, plan->options->output, "written", written, plan->rows);
            status = write_block(plan, file, written, held, block, error);
            if (status != ELBOW_OK)
                return status;
            written += held;
            held = 0;
        }
    }
    return ELBOW_OK;
}

static enum elbow_status write_scale(struct import_plan *plan, struct elbow_hdf5 *file, struct elbow_error *error)
{
    const struct import_options *options = plan->options;
    double white = plan->element == ELBOW_ELEMENT_UINT16 ? UINT16_MAX : UINT8_MAX;
    plan->factor = plan->is_image && plan->max > 1 ? 1 / white : 1;
    plan->offset = options->offset;
    if (options->has_factor)
        plan->factor = options->factor;
    enum elbow_status status = elbow_hdf5_write_doubles(file, options->name, "factor", &plan->factor, 1, error);
    return status == ELBOW_OK ? elbow_hdf5_write_doubles(file, options->name, "offset", &plan->offset, 1, error)
                              : status;
}

static enum elbow_status fill_dataset(struct import_plan *plan, struct elbow_hdf5 *file, struct elbow_error *error)
{
    struct elbow_hdf5_layout layout = {0};
    uint64_t shape[IMPORT_RANK_MAX + 1] = {plan->rows};
    memcpy(shape + 1, plan->shape, plan->rank * sizeof *shape);
    if (plan->options->compression > 0 || plan->options->chunk_rows > 0)
        layout = (struct elbow_hdf5_layout){plan->chunk_rows, plan->options->compression};
    enum elbow_status status =
        elbow_hdf5_create_dataset(file, plan->options->name, plan->element, (int)plan->rank + 1, shape, layout, error);
    if (status != ELBOW_OK)
        return status;
    char *block;
    status = elbow_allocate(&block, plan->block_rows, plan->row_values * elbow_element_size(plan->element),
                            "a block of rows", error);
    if (status != ELBOW_OK)
        return status;
    status = write_rows(plan, file, block, error);
    elbow_release(&block);
    return status == ELBOW_OK ? write_scale(plan, file, error) : status;
}

static enum elbow_status write_part(struct import_plan *plan, struct elbow_error *error)
{
    struct elbow_hdf5 *file = NULL;
    const char *part = plan->target.part.part;
    enum elbow_status status =
        plan->target.exists ? elbow_hdf5_open_append(part, &file, error) : elbow_hdf5_create(part, true, &file, error);
    if (status != ELBOW_OK)
        return status;
    if (plan->replaces)
        status = elbow_hdf5_remove(file, plan->options->name, error);
    if (status == ELBOW_OK)
        status = fill_dataset(plan, file, error);
    if (status == ELBOW_OK)
        status = import_labels_write(&plan->labels, plan->sources, plan->options->input_count, file, error);
    enum elbow_status closed = elbow_hdf5_close(file, status == ELBOW_OK ? error : NULL);
    return status == ELBOW_OK ? closed : status;
}

static enum elbow_status run(struct import_plan *plan, struct elbow_error *error)
{
    const struct import_options *options = plan->options;
    enum elbow_status status = import_target_open(options->output, &plan->target, error);
    if (status == ELBOW_OK)
        status = look_at_target(plan, error);
    struct import_reading reading = options->reading;
    reading.progress = &plan->progress;
    for (size_t i = 0; i < options->input_count && status == ELBOW_OK; ++i) {
        import_progress_begin(&plan->progress, stdout);
        status = import_source_open(options->inputs[i], &reading, &plan->sources[i], error);
    }
    if (status == ELBOW_OK)
        status = unify(plan, error);
    if (status == ELBOW_OK)
        status = choose_shape(plan, error);
    if (status == ELBOW_OK)
        status = import_labels_unite(&plan->labels, plan->sources, options, error);
    if (status != ELBOW_OK)
        return status;
    choose_blocks(plan);
    status = check_chunks(plan, error);
    if (status != ELBOW_OK)
        return status;
    import_progress_begin(&plan->progress, stdout);
    status = import_target_begin(&plan->target, error);
    if (status == ELBOW_OK)
        status = write_part(plan, error);
    if (status == ELBOW_OK)
        status = import_target_publish(&plan->target, error);
    if (status == ELBOW_OK)
        import_report(plan);
    return status;
}

enum elbow_status import_run(const struct import_options *options, struct elbow_error *error)
{
    struct import_plan *plan;
    enum elbow_status status = elbow_allocate(&plan, 1, sizeof *plan, "the import", error);
    if (status != ELBOW_OK)
        return status;
    plan->options = options;
    plan->min = INFINITY;
    plan->max = -INFINITY;
    status = elbow_allocate(&plan->sources, options->input_count, sizeof *plan->sources, "the inputs", error);
    if (status == ELBOW_OK) {
        status = run(plan, error);
        import_target_close(&plan->target);
        import_labels_clear(&plan->labels);
        for (size_t i = 0; i < options->input_count; ++i)
            import_source_close(&plan->sources[i]);
    }
    elbow_release(&plan->sources);
    elbow_release(&plan);
    return status;
}

int import_main(int argc, char **argv)
{
    struct import_options options;
    struct elbow_error error = {0};
    elbow_streams_start();
    enum elbow_status status = import_parse(argc, argv, &options, &error);
    if (status == ELBOW_OK && options.asks_help)
        import_print_help();
    else if (status == ELBOW_OK)
        status = import_run(&options, &error);
    if (status == ELBOW_OK)
        return elbow_streams_end("elbow-import", EXIT_SUCCESS);
    fflush(stdout);
    fprintf(stderr, "elbow-import: %s\n", error.message);
    return status == ELBOW_USAGE ? 2 : EXIT_FAILURE;
}
