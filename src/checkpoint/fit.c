// SPDX-License-Identifier: BSD-3-Clause
// The learned numbers of transforms in a checkpoint. A transform without any has no entry.
#include "elbow/checkpoint/detail/format.h"

#include "elbow/data/hdf5.h"

static void write_fit(struct elbow_hdf5 *file, const char *name, const struct elbow_fit *fit)
{
    const uint64_t shape[] = {2, fit->columns};
    if (fit->columns == 0)
        return;
    elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_FLOAT64, 2, shape, (struct elbow_hdf5_layout){0}, NULL);
    elbow_hdf5_write_rows(file, name, ELBOW_ELEMENT_FLOAT64, 0, 2, fit->numbers, NULL);
}

static void write_constants(struct elbow_hdf5 *file, const char *name, const struct elbow_fit *fit)
{
    const uint64_t shape = fit->columns;
    if (!elbow_fit_has_constants(fit))
        return;
    elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_FLOAT64, 1, &shape, (struct elbow_hdf5_layout){0}, NULL);
    elbow_hdf5_write_rows(file, name, ELBOW_ELEMENT_FLOAT64, 0, shape, fit->numbers + 2 * fit->columns, NULL);
}

void elbow_checkpoint_write_fits(struct elbow_hdf5 *file, const struct elbow_data_facts *data)
{
    write_fit(file, ELBOW_CHECKPOINT_TRANSFORM, &data->transform);
    write_constants(file, ELBOW_CHECKPOINT_CONSTANT, &data->transform);
    write_fit(file, ELBOW_CHECKPOINT_INPUT, &data->input);
}

// A fit in a checkpoint: its place, and the key that it belongs to.
struct place {
    const char *name, *constants, *key; // constants NULL: are not kept
    enum elbow_transform_kind kind;
};

static enum elbow_status check_shape(struct elbow_hdf5 *file, const struct place *place, const char *name, int rank,
                                     const uint64_t *shape, struct elbow_error *error)
{
    struct elbow_hdf5_info info;
    enum elbow_status status = elbow_hdf5_describe_dataset(file, name, &info, error);
    if (status != ELBOW_OK)
        return status;
    bool fits = info.rank == rank && info.element == ELBOW_ELEMENT_FLOAT64;
    for (int i = 0; fits && i < rank; ++i)
        fits = info.shape[i] == shape[i];
    if (fits)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT, "%s does not have the shape that %s: %s gives it", name, place->key,
                           elbow_transform_word(place->kind));
}

// The constant columns. Older files have no such list.
static enum elbow_status read_constants(struct elbow_hdf5 *file, const struct place *place, struct elbow_fit *fit,
                                        struct elbow_error *error)
{
    const uint64_t shape = fit->columns;
    bool found = false;
    enum elbow_status status = ELBOW_OK;
    if (place->constants != NULL)
        status = elbow_hdf5_find(file, place->constants, &found, error);
    if (status == ELBOW_OK && found)
        status = check_shape(file, place, place->constants, 1, &shape, error);
    if (status == ELBOW_OK && found)
        status = elbow_hdf5_read_rows(file, place->constants, 0, shape, fit->numbers + 2 * fit->columns, error);
    return status;
}

// A sample has no more values than the model, whose size was checked, has parameters.
static enum elbow_status read_fit(struct elbow_hdf5 *file, const struct place *place, uint64_t values,
                                  struct elbow_fit *fit, struct elbow_error *error)
{
    enum elbow_transform_columns columns = elbow_transform_row(place->kind)->columns;
    const uint64_t shape[] = {2, columns == ELBOW_COLUMNS_EACH ? values : 1};
    fit->kind = place->kind;
    if (columns == ELBOW_COLUMNS_NONE)
        return ELBOW_OK;
    enum elbow_status status = check_shape(file, place, place->name, 2, shape, error);
    if (status == ELBOW_OK)
        status = elbow_fit_create(place->kind, (size_t)shape[1], fit, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_rows(file, place->name, 0, 2, fit->numbers, error);
    if (status == ELBOW_OK)
        status = read_constants(file, place, fit, error);
    if (status == ELBOW_OK && !elbow_fit_is_sound(fit))
        status = elbow_error_set(error, ELBOW_FORMAT, "%s holds numbers that %s: %s cannot have", place->name,
                                 place->key, elbow_transform_word(place->kind));
    return status;
}

enum elbow_status elbow_checkpoint_read_fits(struct elbow_hdf5 *file, const struct elbow_config *config,
                                             struct elbow_data_facts *data, struct elbow_error *error)
{
    const struct place transform = {.name = ELBOW_CHECKPOINT_TRANSFORM,
                                    .constants = ELBOW_CHECKPOINT_CONSTANT,
                                    .key = "data.transform",
                                    .kind = (enum elbow_transform_kind)config->data.transform},
                       input = {.name = ELBOW_CHECKPOINT_INPUT,
                                .key = "model.input.transform",
                                .kind = (enum elbow_transform_kind)config->model.input.transform};
    enum elbow_status status = read_fit(file, &transform, data->values, &data->transform, error);
    return status == ELBOW_OK ? read_fit(file, &input, data->values, &data->input, error) : status;
}
