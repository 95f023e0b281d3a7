// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/latents.h"

#include "elbow/base/inputs.h"
#include "elbow/base/memory.h"
#include "elbow/data/preview.h"
#include "elbow/data/source.h"
#include "elbow/evaluate/detail/decoder.h"
#include "elbow/evaluate/detail/gallery.h"
#include "elbow/evaluate/detail/written.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 24 }; // of latents that all ranks have at a time

struct decoding {
    struct elbow_decoder decoder;
    struct elbow_latents *latents;
    uint64_t first;   // row of the block
    size_t block;     // rows
    float *z;         // (block, Z); owned
    char *stored;     // (block, Z) of the file's type, on rank zero; owned
    size_t row_bytes; // of the output
};

// The place, as lists of rows have it.
static enum elbow_status read_place(const char *place, elbow_places places, struct elbow_error *error)
{
    if (strncmp(place, ":/", 2) == 0 || strstr(place, ":/") == NULL)
        return elbow_error_set(error, ELBOW_USAGE, "--latents %.500s: expected FILE:/dataset, such as codes.h5:/mean",
                               place);
    return elbow_config_read_places("--latents", place, places, error);
}

// Rank zero's.
static enum elbow_status open_source(struct elbow_latents *latents, struct elbow_error *error)
{
    const struct elbow_source_request request = {.files = &latents->files};
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < latents->files.count * latents->files.channels && status == ELBOW_OK; ++i)
        status = elbow_inputs_note(latents->files.paths[i], error);
    if (status == ELBOW_OK)
        status = elbow_source_open(&request, &latents->source, error);
    if (status == ELBOW_OK)
        status = elbow_source_check(latents->source, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_check_rows(latents->name, &latents->source->info, error);
    if (status != ELBOW_OK)
        return status;
    latents->rows = latents->source->info.shape[0];
    latents->values = elbow_hdf5_row_values(&latents->source->info);
    if (latents->rows == 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%.500s: has no rows", latents->name);
    return ELBOW_OK;
}

enum elbow_status elbow_latents_open(struct elbow_comm *comm, const char *place, struct elbow_latents *latents,
                                     struct elbow_error *error)
{
    elbow_places *places = NULL; // of many kilobytes
    *latents = (struct elbow_latents){0};
    *error = (struct elbow_error){0};
    if (elbow_allocate(&places, 1, sizeof *places, "names of files", error) == ELBOW_OK)
        read_place(place, *places, error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK) {
        const struct elbow_files_request wanted = {.key = "--latents", .file = "", .places = *places};
        elbow_files_share(comm, &wanted, &latents->files, error);
    }
    elbow_release(&places);
    if (error->status != ELBOW_OK)
        return error->status;
    elbow_files_name(&latents->files, latents->name, sizeof latents->name);
    if (elbow_comm_place(comm).rank == 0)
        open_source(latents, error);
    if (elbow_comm_agree_root(comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_broadcast(comm, &latents->rows, sizeof latents->rows);
    elbow_comm_broadcast(comm, &latents->values, sizeof latents->values);
    return ELBOW_OK;
}

void elbow_latents_preview(const char *place, char *note)
{
    elbow_places *places = NULL;
    struct elbow_files files = {0};
    struct elbow_error error = {0};
    if (elbow_allocate(&places, 1, sizeof *places, "names of files", NULL) == ELBOW_OK &&
        read_place(place, *places, &error) == ELBOW_OK) {
        const struct elbow_files_request wanted = {.key = "--latents", .file = "", .places = *places};
        if (elbow_files_find(&wanted, &files, &error) == ELBOW_OK)
            elbow_preview_files(&files, false, note);
    }
    elbow_files_clear(&files);
    elbow_release(&places);
}

void elbow_latents_close(struct elbow_latents *latents)
{
    elbow_source_close(latents->source);
    elbow_files_clear(&latents->files);
    *latents = (struct elbow_latents){0};
}

// Rank zero's. Rows of the file, as floats.
static enum elbow_status read_rows(struct decoding *decoding, uint64_t count, struct elbow_error *error)
{
    const struct elbow_latents *latents = decoding->latents;
    size_t numbers = (size_t)(count * latents->values);
    enum elbow_element element = latents->source->info.element;
    if (elbow_source_read(latents->source, decoding->first, count, decoding->stored, error) != ELBOW_OK)
        return error->status;
    elbow_element_convert(element, decoding->stored, numbers, 1, 0, decoding->z);
    for (size_t k = 0; k < numbers; ++k)
        if (!isfinite(decoding->z[k]))
            return elbow_error_set(error, ELBOW_DATA,
                                   "%.500s: row %" PRIu64 ", value %zu is %g; latents are finite numbers",
                                   latents->name, decoding->first + k / latents->values, (size_t)(k % latents->values),
                                   (double)decoding->z[k]);
    return ELBOW_OK;
}

// Collective.
static enum elbow_status prepare(void *user, uint64_t first, uint64_t count, struct elbow_error *error)
{
    struct decoding *decoding = user;
    struct elbow_comm *comm = decoding->decoder.gallery->comm;
    decoding->first = first;
    if (elbow_comm_place(comm).rank == 0)
        read_rows(decoding, count, error);
    if (elbow_comm_agree_root(comm, error) == ELBOW_OK)
        elbow_comm_broadcast(comm, decoding->z, (size_t)(count * decoding->latents->values) * sizeof *decoding->z);
    return error->status;
}

static void set_condition(const struct decoding *decoding, uint64_t row, float *condition)
{
    const struct elbow_gallery *gallery = decoding->decoder.gallery;
    const struct elbow_model *model = gallery->model;
    memset(condition, 0, model->conditions * sizeof *condition);
    elbow_conditioning_at(gallery->conditioning, row, condition);
    if (model->classes > 1)
        condition[model->conditions - model->classes + (size_t)gallery->class_number] = 1;
}

// The microbatch is filled with copies of its last row for any `count`: each row has the same bits beside any others.
static void produce(void *user, uint64_t first, size_t count, void *results)
{
    struct decoding *decoding = user;
    struct elbow_decoder *decoder = &decoding->decoder;
    struct elbow_model *model = decoder->gallery->model;
    size_t latent = model->latent;
    for (size_t i = 0; i < decoder->microbatch; ++i) {
        uint64_t row = first + (i < count ? i : count - 1);
        decoder->ids[i] = row;
        memcpy(decoder->z + i * latent, decoding->z + (row - decoding->first) * latent, latent * sizeof(float));
        if (model->conditions > 0)
            set_condition(decoding, row, decoder->condition + i * model->conditions);
    }
    elbow_model_set_conditions(model, decoder->microbatch, decoder->condition);
    elbow_decoder_run(decoder, decoder->microbatch, elbow_decoder_sizes(decoder));
    for (size_t i = 0; i < count; ++i) {
        elbow_decoder_show(decoder, i, decoder->shown);
        elbow_decoder_pack(decoder, decoder->shown, true, (char *)results + i * decoding->row_bytes);
    }
}

static enum elbow_status check(const struct elbow_gallery *gallery, const struct elbow_latents *latents,
                               uint64_t conditions, struct elbow_error *error)
{
    if (latents->values != gallery->model->latent)
        return elbow_error_set(error, ELBOW_MISMATCH, "%.500s: has rows of %s, and the model has %s", latents->name,
                               elbow_text_count(latents->values, "value").text,
                               elbow_text_count(gallery->model->latent, "latent variable").text);
    if (gallery->conditioning->rows != NULL && conditions != latents->rows)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--condition-from: has %s, and %.500s has %" PRIu64 "; give one for each",
                               elbow_text_count(conditions, "row").text, latents->name, latents->rows);
    return ELBOW_OK;
}

static enum elbow_status allocate_workspace(struct decoding *decoding, bool is_root, struct elbow_error *error)
{
    size_t numbers = decoding->block * decoding->latents->values;
    enum elbow_status status = elbow_decoder_create(&decoding->decoder, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&decoding->z, numbers, sizeof *decoding->z, "latents", error);
    if (status == ELBOW_OK && is_root)
        status = elbow_allocate(&decoding->stored, numbers, elbow_element_size(decoding->latents->source->info.element),
                                "latents", error);
    return status;
}

// Rows of as many microbatches as fit into a block's bytes of latents; at least one microbatch.
static size_t block_of(size_t microbatch, uint64_t values)
{
    size_t microbatches = (size_t)(BLOCK_BYTES / (sizeof(float) * values * microbatch));
    return microbatch * (microbatches > 0 ? microbatches : 1);
}

enum elbow_status elbow_latents_decode(const struct elbow_gallery *gallery, struct elbow_latents *latents,
                                       uint64_t conditions, const char *path, uint64_t seed, bool draw,
                                       struct elbow_error *error)
{
    size_t microbatch = (size_t)gallery->config->train.microbatch;
    struct decoding decoding = {.decoder = {.gallery = gallery,
                                            .microbatch = microbatch,
                                            .draw = draw,
                                            .is_double = elbow_gallery_needs_doubles(gallery, path),
                                            .seed = seed,
                                            .of = ELBOW_DRAW_OF_SAMPLES},
                                .latents = latents};
    *error = (struct elbow_error){0};
    if (check(gallery, latents, conditions, error) != ELBOW_OK)
        return error->status;
    const struct elbow_sink_column column = elbow_decoder_column(&decoding.decoder, "decoded");
    struct elbow_sink_plan plan = {.path = path,
                                   .columns = &column,
                                   .column_count = 1,
                                   .is_gallery = true,
                                   .rows = latents->rows,
                                   .at_once = microbatch,
                                   .publish = gallery->publish};
    elbow_decoder_plan(&decoding.decoder, &plan);
    decoding.row_bytes = elbow_sink_column_bytes(&column);
    decoding.block = block_of(microbatch, latents->values);
    if (elbow_sink_check(&plan, error) == ELBOW_OK)
        allocate_workspace(&decoding, elbow_comm_place(gallery->comm).rank == 0, error);
    const struct elbow_written written = {.plan = &plan,
                                          .microbatch = microbatch,
                                          .row_bytes = decoding.row_bytes,
                                          .user = &decoding,
                                          .produce = produce,
                                          .prepare = prepare,
                                          .block = decoding.block};
    if (elbow_comm_agree(gallery->comm, error) == ELBOW_OK)
        elbow_written_run(gallery->comm, &written, error);
    elbow_decoder_destroy(&decoding.decoder);
    elbow_release(&decoding.z);
    elbow_release(&decoding.stored);
    return error->status;
}
