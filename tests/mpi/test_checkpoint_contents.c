// SPDX-License-Identifier: BSD-3-Clause
// Checkpoints whose contents do not fit behind a right hash: refused on all ranks with one sentence that names the
// file.
#include "checkpoint_fixture.h"

#include <math.h>

// Wrong contents behind a right hash.
struct damage {
    const char *what, *told;
    void (*make)(struct elbow_hdf5 *file, struct elbow_error *error);
};

static void set_integer(struct elbow_hdf5 *file, const char *name, int64_t value, struct elbow_error *error)
{
    elbow_hdf5_write_integers(file, "/", name, &value, 1, error);
}

static void damage_config(struct elbow_hdf5 *file, struct elbow_error *error)
{
    elbow_hdf5_write_text(file, "/", "config", "seed: [1", error);
}

static void damage_config_key(struct elbow_hdf5 *file, struct elbow_error *error)
{
    elbow_hdf5_write_text(file, "/", "config", "model: {latents: 3}\n", error);
}

static void damage_config_model(struct elbow_hdf5 *file, struct elbow_error *error)
{
    elbow_hdf5_write_text(file, "/", "config", "data: {synthetic: 50}\nmodel: {latent: 4}\n", error);
}

static void damage_config_kind(struct elbow_hdf5 *file, struct elbow_error *error)
{
    set_integer(file, "config", 1, error);
}

static void damage_shape(struct elbow_hdf5 *file, struct elbow_error *error)
{
    const int64_t shape[] = {INT32_MAX, INT32_MAX, INT32_MAX};
    elbow_hdf5_write_integers(file, "/", "data_shape", shape, 3, error);
}

static void damage_shape_sign(struct elbow_hdf5 *file, struct elbow_error *error)
{
    const int64_t shape[] = {-5, -2, 3};
    elbow_hdf5_write_integers(file, "/", "data_shape", shape, 3, error);
}

static void damage_shape_values(struct elbow_hdf5 *file, struct elbow_error *error)
{
    const int64_t shape[] = {5, 2, 4}; // another number of values: the tensors no longer fit
    elbow_hdf5_write_integers(file, "/", "data_shape", shape, 3, error);
}

static void damage_shape_count(struct elbow_hdf5 *file, struct elbow_error *error)
{
    const int64_t shape[] = {30};
    elbow_hdf5_write_integers(file, "/", "data_shape", shape, 1, error);
}

static void damage_rank(struct elbow_hdf5 *file, struct elbow_error *error)
{
    set_integer(file, "data_rank", 9, error);
}

static void damage_samples(struct elbow_hdf5 *file, struct elbow_error *error)
{
    set_integer(file, "data_samples", -1, error);
}

static void damage_accumulators(struct elbow_hdf5 *file, struct elbow_error *error)
{
    set_integer(file, "accumulators", INT64_MAX, error);
}

static void damage_accumulator(struct elbow_hdf5 *file, struct elbow_error *error)
{
    set_integer(file, "accumulators", STATISTICS - 1, error);
}

static void damage_step(struct elbow_hdf5 *file, struct elbow_error *error)
{
    elbow_hdf5_write_text(file, "/", "step", "five", error);
}

static void damage_step_sign(struct elbow_hdf5 *file, struct elbow_error *error)
{
    set_integer(file, "step", -1, error);
}

static void damage_type(struct elbow_hdf5 *file, struct elbow_error *error)
{
    const double range[] = {0, 1};
    elbow_hdf5_write_text(file, "/", "data_type", "int24", error);
    elbow_hdf5_write_doubles(file, "/", "data_range", range, 2, error);
}

static void damage_range(struct elbow_hdf5 *file, struct elbow_error *error)
{
    const double range[] = {NAN, 1};
    elbow_hdf5_write_text(file, "/", "data_type", "int16", error);
    elbow_hdf5_write_doubles(file, "/", "data_range", range, 2, error);
}

static void damage_missing(struct elbow_hdf5 *file, struct elbow_error *error)
{
    const double values[ELBOW_MISSING_VALUES + 1] = {0};
    elbow_hdf5_write_doubles(file, "/", "data_missing", values, ELBOW_MISSING_VALUES + 1, error);
}

static void damage_valid_range(struct elbow_hdf5 *file, struct elbow_error *error)
{
    const double range[] = {0, NAN};
    elbow_hdf5_write_doubles(file, "/", "data_valid_range", range, 2, error);
}

// The same model, of standardized data; their learned numbers.
static void set_transform(struct elbow_hdf5 *file, uint64_t columns, double spread, struct elbow_error *error)
{
    const double numbers[] = {0.5, spread, spread, spread};
    const uint64_t shape[] = {2, columns};
    elbow_hdf5_write_text(file, "/", "config",
                          "data: {file: data.h5, train: /x, transform: standardize}\n"
                          "model: {latent: 3, likelihood: gaussian, encoder: [dense: {units: 400}], "
                          "decoder: [dense: {units: 200}]}\n",
                          error);
    if (columns == 0)
        return;
    elbow_hdf5_create_dataset(file, "/data/transform", ELBOW_ELEMENT_FLOAT64, 2, shape, (struct elbow_hdf5_layout){0},
                              error);
    elbow_hdf5_write_rows(file, "/data/transform", ELBOW_ELEMENT_FLOAT64, 0, 2, numbers, error);
}

static void sound_transform(struct elbow_hdf5 *file, struct elbow_error *error)
{
    set_transform(file, 1, 0.25, error);
}

static void set_constants(struct elbow_hdf5 *file, uint64_t columns, double constant, struct elbow_error *error)
{
    const double constants[] = {constant, constant};
    set_transform(file, 1, 0.25, error);
    elbow_hdf5_create_dataset(file, "/data/transform_constant", ELBOW_ELEMENT_FLOAT64, 1, &columns,
                              (struct elbow_hdf5_layout){0}, error);
    elbow_hdf5_write_rows(file, "/data/transform_constant", ELBOW_ELEMENT_FLOAT64, 0, columns, constants, error);
}

static void sound_constants(struct elbow_hdf5 *file, struct elbow_error *error)
{
    set_constants(file, 1, 1, error);
}

static void damage_constants(struct elbow_hdf5 *file, struct elbow_error *error)
{
    set_constants(file, 1, 0.5, error);
}

static void damage_constants_shape(struct elbow_hdf5 *file, struct elbow_error *error)
{
    set_constants(file, 2, 1, error);
}

static void damage_transform(struct elbow_hdf5 *file, struct elbow_error *error)
{
    set_transform(file, 0, 0, error);
}

static void damage_transform_shape(struct elbow_hdf5 *file, struct elbow_error *error)
{
    set_transform(file, 2, 1, error);
}

static void damage_transform_spread(struct elbow_hdf5 *file, struct elbow_error *error)
{
    set_transform(file, 1, 0, error);
}

static const struct damage DAMAGES[] = {
    {"unknown type", "data_type is int24", damage_type},
    {"no range", "data_range", damage_range},
    {"too many values", "data_missing has 257 values", damage_missing},
    {"no valid range", "data_valid_range", damage_valid_range},
    {"config is no YAML", "config:", damage_config},
    {"config has an unknown key", "model.latents", damage_config_key},
    {"config tells of another model", "shape", damage_config_model},
    {"config is a number", "config", damage_config_kind},
    {"shape too large", "data_shape", damage_shape},
    {"shape below zero", "data_shape", damage_shape_sign},
    {"shape of other samples", "shape", damage_shape_values},
    {"shape of another rank", "data_shape", damage_shape_count},
    {"rank out of bounds", "data_rank", damage_rank},
    {"samples below zero", "data_samples", damage_samples},
    {"absurd accumulators", "accumulators", damage_accumulators},
    {"another accumulator", "accumulator", damage_accumulator},
    {"no numbers of a transform", "/data/transform", damage_transform},
    {"other numbers of a transform",
     "/data/transform does not have the shape that data.transform: standardize gives it", damage_transform_shape},
    {"a spread of zero", "/data/transform holds numbers that data.transform: standardize cannot have",
     damage_transform_spread},
    {"half a constant", "/data/transform holds numbers that data.transform: standardize cannot have", damage_constants},
    {"constants of other columns",
     "/data/transform_constant does not have the shape that data.transform: standardize gives it",
     damage_constants_shape},
    {"step is a text", "step", damage_step},
    {"step below zero", "step", damage_step_sign},
};

// Copies the datasets of an intact checkpoint below `group` into a new file, except for the one named `without`;
// `other` gets another shape.
static void copy_tensors(struct fixture *fixture, struct elbow_hdf5 *to, const char *group, const char *without,
                         const char *other, const float *values, struct elbow_error *error)
{
    for (size_t t = 0; t < fixture->model->parameters.count; ++t) {
        const struct elbow_tensor *tensor = &fixture->model->parameters.tensors[t];
        char name[128];
        uint64_t shape[] = {tensor->shape[0], tensor->rank > 1 ? tensor->shape[1] : 1};
        snprintf(name, sizeof name, "%s/%s", group, tensor->name);
        if (without != NULL && strcmp(name, without) == 0)
            continue;
        if (other != NULL && strcmp(name, other) == 0)
            shape[0] -= 1;
        elbow_hdf5_create_dataset(to, name, ELBOW_ELEMENT_FLOAT32, tensor->rank, shape, (struct elbow_hdf5_layout){0},
                                  error);
        elbow_hdf5_write_rows(to, name, ELBOW_ELEMENT_FLOAT32, 0, shape[0], values + tensor->offset, error);
    }
}

static void copy_attributes(const struct fixture *fixture, struct elbow_hdf5 *to, struct elbow_error *error)
{
    const struct elbow_data_facts *facts = &fixture->facts;
    const int64_t shape[] = {5, 2, 3};
    elbow_hdf5_write_text(to, "/", "config", fixture->config_text, error);
    for (size_t i = 0; i < elbow_checkpoint_field_count; ++i) {
        const struct elbow_checkpoint_field *field = &elbow_checkpoint_fields[i];
        const void *value = (const char *)&fixture->state + field->offset;
        if (field->is_double)
            elbow_hdf5_write_doubles(to, "/", field->name, value, 1, error);
        else
            elbow_hdf5_write_integers(to, "/", field->name, value, 1, error);
    }
    set_integer(to, "data_rank", 3, error);
    set_integer(to, "data_samples", (int64_t)facts->samples, error);
    elbow_hdf5_write_integers(to, "/", "data_shape", shape, 3, error);
    elbow_hdf5_write_doubles(to, "/", "data_factor", &facts->scale.factor, 1, error);
    elbow_hdf5_write_doubles(to, "/", "data_offset", &facts->scale.offset, 1, error);
    elbow_hdf5_write_text(to, "/", "data_scale_source", facts->scale.source, error);
    set_integer(to, "accumulators", STATISTICS, error);
    elbow_hdf5_write_doubles(to, "/", "accumulator", fixture->accumulator, STATISTICS, error);
}

// Rank zero writes a checkpoint of its own making, sealed rightly.
static void forge(struct fixture *fixture, const char *path, const struct damage *damage, const char *without,
                  const char *other)
{
    struct elbow_error error = {0};
    if (is_root()) {
        struct elbow_hdf5 *file = NULL;
        struct elbow_hdf5_buffer buffer = {0};
        elbow_hdf5_create_memory(ELBOW_CHECKPOINT_BLOCK, &buffer, &file, &error);
        copy_attributes(fixture, file, &error);
        copy_tensors(fixture, file, "/model", without, other, fixture->values, &error);
        copy_tensors(fixture, file, "/optimizer/first_moment", without, other, fixture->first_moment, &error);
        copy_tensors(fixture, file, "/optimizer/second_moment", without, other, fixture->second_moment, &error);
        if (damage != NULL)
            damage->make(file, &error);
        elbow_hdf5_close(file, &error);
        elbow_checkpoint_seal(buffer.bytes, buffer.size);
        scratch_write(path, buffer.bytes, buffer.size);
        elbow_release(&buffer.bytes);
    }
    must(error.status, &error);
}

static void check_refused(struct fixture *fixture, const char *path, const char *what, const char *told)
{
    struct elbow_error error = {0};
    struct elbow_checkpoint back;
    size_t blocks = elbow_memory_count().blocks;
    enum elbow_status status = elbow_checkpoint_load(mpi_comm, path, false, &fixture->log, &back, &error);
    bool is_told = status == ELBOW_FORMAT && strstr(error.message, told) != NULL &&
                   strstr(error.message, path) == error.message && strchr(error.message, '\n') == NULL;
    if (!is_told)
        fprintf(stderr, "%s: status %d: %s\n", what, (int)status, error.message);
    mpi_assert(is_told);
    mpi_assert(elbow_memory_count().blocks == blocks);
    elbow_checkpoint_clear(&back);
}

START_TEST(wrong_contents_behind_a_right_hash)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    struct elbow_checkpoint back;
    checkpoint_setup(&fixture, "adam");
    char path[400];
    snprintf(path, sizeof path, "%s/forged.h5", fixture.scratch.directory);
    forge(&fixture, path, NULL, NULL, NULL); // the forger's hand is good enough
    must(elbow_checkpoint_load(mpi_comm, path, false, &fixture.log, &back, &error), &error);
    mpi_assert(same_floats(back.values, fixture.values, back.parameters.size));
    elbow_checkpoint_clear(&back);
    static const struct damage sound = {.make = sound_transform};
    forge(&fixture, path, &sound, NULL, NULL);
    must(elbow_checkpoint_load(mpi_comm, path, false, &fixture.log, &back, &error), &error);
    const struct elbow_fit *fit = &back.data.transform;
    mpi_assert(fit->kind == ELBOW_TRANSFORM_STANDARDIZE && fit->columns == 1 && fit->numbers[0] == 0.5 &&
               fit->numbers[1] == 0.25 && !elbow_fit_has_constants(fit));
    elbow_checkpoint_clear(&back);
    static const struct damage constants = {.make = sound_constants};
    forge(&fixture, path, &constants, NULL, NULL);
    must(elbow_checkpoint_load(mpi_comm, path, false, &fixture.log, &back, &error), &error);
    mpi_assert(elbow_fit_has_constants(fit) && fit->numbers[0] == 0.5 && fit->numbers[1] == 0.25);
    elbow_checkpoint_clear(&back);
    for (size_t i = 0; i < sizeof DAMAGES / sizeof *DAMAGES; ++i) {
        forge(&fixture, path, &DAMAGES[i], NULL, NULL);
        check_refused(&fixture, path, DAMAGES[i].what, DAMAGES[i].told);
    }
    static const char *const tensors[] = {"/model/encoder.0/weight", "/model/decoder.head/bias",
                                          "/optimizer/first_moment/encoder.head/bias",
                                          "/optimizer/second_moment/decoder.0/weight"};
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; ++i) {
        forge(&fixture, path, NULL, tensors[i], NULL);
        check_refused(&fixture, path, "a missing tensor", tensors[i]);
        forge(&fixture, path, NULL, NULL, tensors[i]);
        check_refused(&fixture, path, "another shape", tensors[i]);
    }
    checkpoint_teardown(&fixture);
}
END_TEST

MPI_UNIT_MAIN("run/checkpoint, contents", wrong_contents_behind_a_right_hash)
