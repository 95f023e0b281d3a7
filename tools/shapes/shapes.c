// SPDX-License-Identifier: BSD-3-Clause
// elbow-shapes: draws the samples block by block and writes them, beside their place, where the file is put at the end.
// It is the same, to the byte, for the same options.
#include "shapes.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/output.h"
#include "elbow/base/streams.h"
#include "elbow/data/hdf5.h"

#include <stdio.h>
#include <stdlib.h>

enum { BLOCK = 1024 }; // samples drawn at a time

static const char MAKER[] = "elbow-shapes"; // the root attribute `made_by`

// One split of the data: "/train" or "/test".
struct split {
    const char *name;
    uint64_t first_id, count, seed;
    size_t size;
    uint8_t *images, *labels; // a block
    float *factors;
};

static const char *dataset(char *name, const struct split *split, const char *what)
{
    elbow_text_format(name, ELBOW_PATH_SIZE, "%s/%s", split->name, what);
    return name;
}

static enum elbow_status create(struct elbow_hdf5 *file, const struct split *split, struct elbow_error *error)
{
    const struct elbow_hdf5_layout contiguous = {0};
    const uint64_t images[] = {split->count, split->size, split->size}, factors[] = {split->count, SHAPES_FACTORS};
    const double one = 1, zero = 0;
    char name[ELBOW_PATH_SIZE];
    dataset(name, split, "images");
    enum elbow_status status = elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_UINT8, 3, images, contiguous, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_doubles(file, name, "factor", &one, 1, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_doubles(file, name, "offset", &zero, 1, error);
    dataset(name, split, "factors");
    if (status == ELBOW_OK)
        status = elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_FLOAT32, 2, factors, contiguous, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_text(file, name, "names", "shape, scale, rotation, x, y", error);
    dataset(name, split, "labels");
    if (status == ELBOW_OK)
        status = elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_UINT8, 1, factors, contiguous, error);
    return status == ELBOW_OK ? elbow_hdf5_write_text(file, name, "names", "square, ellipse, heart", error) : status;
}

static enum elbow_status write_block(struct elbow_hdf5 *file, const struct split *split, uint64_t first, uint64_t count,
                                     struct elbow_error *error)
{
    for (size_t i = 0; i < count; ++i) {
        struct shapes_sprite sprite = shapes_sprite_of(split->seed, split->first_id + first + i);
        shapes_draw(sprite, split->size, split->images + i * split->size * split->size);
        shapes_factors(sprite, split->factors + i * SHAPES_FACTORS);
        split->labels[i] = (uint8_t)sprite.kind;
    }
    char name[ELBOW_PATH_SIZE];
    enum elbow_status status = elbow_hdf5_write_rows(file, dataset(name, split, "images"), ELBOW_ELEMENT_UINT8, first,
                                                     count, split->images, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_rows(file, dataset(name, split, "factors"), ELBOW_ELEMENT_FLOAT32, first, count,
                                       split->factors, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_rows(file, dataset(name, split, "labels"), ELBOW_ELEMENT_UINT8, first, count,
                                       split->labels, error);
    return status;
}

static enum elbow_status write_split(struct elbow_hdf5 *file, struct split split, struct elbow_error *error)
{
    enum elbow_status status = elbow_allocate(&split.images, BLOCK * split.size, split.size, "images", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&split.factors, BLOCK, SHAPES_FACTORS * sizeof *split.factors, "factors", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&split.labels, BLOCK, sizeof *split.labels, "labels", error);
    if (status == ELBOW_OK)
        status = create(file, &split, error);
    for (uint64_t first = 0; first < split.count && status == ELBOW_OK; first += BLOCK)
        status = write_block(file, &split, first, split.count - first < BLOCK ? split.count - first : BLOCK, error);
    elbow_release(&split.images);
    elbow_release(&split.factors);
    elbow_release(&split.labels);
    return status;
}

static enum elbow_status fill(struct elbow_hdf5 *file, const struct shapes_options *options, struct elbow_error *error)
{
    struct split train = {.name = "/train", .count = options->count, .seed = options->seed, .size = options->size};
    struct split test = train;
    test.name = "/test";
    test.count = options->test_count;
    test.first_id = SHAPES_TEST_IDS;
    const int64_t seed = (int64_t)options->seed;
    enum elbow_status status = elbow_hdf5_write_text(file, "/", "made_by", MAKER, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_integers(file, "/", "seed", &seed, 1, error);
    if (status == ELBOW_OK)
        status = write_split(file, train, error);
    return status == ELBOW_OK ? write_split(file, test, error) : status;
}

static enum elbow_status write_part(const struct elbow_part *part, const struct shapes_options *options,
                                    struct elbow_error *error)
{
    struct elbow_hdf5 *file;
    enum elbow_status status = elbow_hdf5_create(part->part, true, &file, error);
    if (status != ELBOW_OK)
        return status;
    status = fill(file, options, error);
    enum elbow_status closed = elbow_hdf5_close(file, status == ELBOW_OK ? error : NULL);
    return status == ELBOW_OK ? closed : status;
}

enum elbow_status shapes_run(const struct shapes_options *options, struct elbow_error *error)
{
    struct elbow_part part = {0};
    enum elbow_publish publish = elbow_output_publishing(options->force);
    enum elbow_status status = elbow_file_make_directory_of(options->output, error);
    if (status == ELBOW_OK)
        status = elbow_output_check(options->output, publish, error);
    if (status == ELBOW_OK)
        status = elbow_part_begin(NULL, options->output, &part, NULL, error);
    if (status == ELBOW_OK)
        status = write_part(&part, options, error);
    if (status == ELBOW_OK)
        return elbow_output_publish(&part, publish, error);
    elbow_part_abandon(&part);
    return status;
}

int shapes_main(int argc, char **argv)
{
    struct shapes_options options;
    struct elbow_error error = {0};
    elbow_streams_start();
    enum elbow_status status = shapes_parse(argc, argv, &options, &error);
    if (status == ELBOW_OK && options.asks_help)
        return elbow_streams_end("elbow-shapes", EXIT_SUCCESS);
    if (status == ELBOW_OK)
        status = shapes_run(&options, &error);
    if (status != ELBOW_OK) {
        fprintf(stderr, "elbow-shapes: %s\n", error.message);
        return status == ELBOW_USAGE ? 2 : EXIT_FAILURE;
    }
    elbow_text_print(stdout, "elbow-shapes: %s: %llu training and %llu test samples of %zu x %zu, seed %llu\n",
                     options.output, (unsigned long long)options.count, (unsigned long long)options.test_count,
                     options.size, options.size, (unsigned long long)options.seed);
    return elbow_streams_end("elbow-shapes", EXIT_SUCCESS);
}
