// SPDX-License-Identifier: BSD-3-Clause
// Copies of AnnData files. Additions follow the format's specification: arrays of /obsm with their encoding.
#include "elbow/evaluate/detail/annotation.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/config/config.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_ROWS = 1024, COPY_BYTES = 1 << 20 };
static const char GROUP[] = "/obsm", ENDING[] = ".h5ad";

enum elbow_status elbow_annotation_check(const char *path, const char *into, struct elbow_error *error)
{
    size_t length = sizeof GROUP - 1;
    bool is_member = strncmp(into, GROUP, length) == 0 && into[length] == '/' && into[length + 1] != '\0' &&
                     strchr(into + length + 1, '/') == NULL && strlen(into) < ELBOW_PATH_SIZE / 2;
    if (!is_member)
        return elbow_error_set(error, ELBOW_USAGE, "--into %.200s: expected a member of /obsm, such as /obsm/X_elbow",
                               into);
    if (!elbow_output_ends(path, ENDING))
        return elbow_error_set(error, ELBOW_USAGE,
                               "%s: with --into the output is a copy of an AnnData file, and must end in .h5ad", path);
    return ELBOW_OK;
}

// The file of the rows; MISMATCH if they are not all of its rows, in its order.
static enum elbow_status find_source(const struct elbow_dataset *dataset, elbow_path source, struct elbow_error *error)
{
    elbow_path name;
    bool is_part = dataset->selection.stored > 0 && !elbow_selection_is_identity(&dataset->selection);
    if (dataset->files > 1 || is_part || dataset->is_synthetic || dataset->stored != NULL)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: --into needs all rows of one file, in their order; give the file and its matrix "
                               "with --data, such as cells.h5ad:/X",
                               dataset->name);
    if (!elbow_config_locate("", dataset->name, source, name) || source[0] == '\0')
        return elbow_error_set(error, ELBOW_MISMATCH, "%s: the file of the rows is not known; give it with --data",
                               dataset->name);
    return ELBOW_OK;
}

static enum elbow_status copy_bytes(const char *source, int from, int to, struct elbow_error *error)
{
    char *bytes = NULL;
    enum elbow_status status = elbow_allocate(&bytes, COPY_BYTES, 1, "a copy", error);
    for (ssize_t size = 1; status == ELBOW_OK && size > 0;) {
        size = elbow_file_get(from, bytes, COPY_BYTES);
        if (size < 0)
            status = elbow_error_set(error, ELBOW_FILE, "%s: cannot be read: %s", source, strerror(errno));
        else if (!elbow_file_put(to, bytes, (size_t)size))
            status = elbow_error_set(error, ELBOW_OUTPUT, "the copy of %s cannot be written: %s", source,
                                     elbow_file_reason(errno));
    }
    elbow_release(&bytes);
    return status;
}

static enum elbow_status copy_file(const char *source, const char *path, struct elbow_part *part,
                                   struct elbow_error *error)
{
    int to = -1, from = elbow_file_open_input(source, false);
    if (from < 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be read: %s", source, elbow_file_reason(errno));
    enum elbow_status status = elbow_part_begin(NULL, path, part, &to, error);
    if (status == ELBOW_OK)
        status = copy_bytes(source, from, to, error);
    close(from);
    if (to >= 0 && close(to) != 0 && status == ELBOW_OK)
        status = elbow_error_set(error, ELBOW_OUTPUT, "%s: cannot be written: %s", path, elbow_file_reason(errno));
    return status;
}

// On the copy, which has the members of the source.
static enum elbow_status check_format(struct elbow_hdf5 *file, const char *source, struct elbow_error *error)
{
    static const char *const parts[] = {"/obs", "/var"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i) {
        bool found = false;
        enum elbow_status status = elbow_hdf5_find(file, parts[i], &found, error);
        if (status != ELBOW_OK)
            return status;
        if (!found)
            return elbow_error_set(
                error, ELBOW_MISMATCH,
                "%s: is not an AnnData file, since it has no group %s; leave --into out and write an HDF5 or CSV file",
                source, parts[i]);
    }
    return ELBOW_OK;
}

// The group may be missing in older files. A member of the same name is replaced only on request.
static enum elbow_status add_array(struct elbow_hdf5 *file, const char *name, uint64_t rows, size_t latent,
                                   bool replaces, struct elbow_error *error)
{
    bool has_group = false, found = false;
    const uint64_t shape[] = {rows, latent};
    enum elbow_status status = elbow_hdf5_find(file, GROUP, &has_group, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_find(file, name, &found, error);
    if (status == ELBOW_OK && found && !replaces)
        return elbow_error_set(error, ELBOW_FILE,
                               "%s exists already; give another name with --into, or --force to replace it in the copy",
                               name);
    if (status == ELBOW_OK && found)
        status = elbow_hdf5_remove(file, name, error);
    if (status != ELBOW_OK)
        return status;
    elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_FLOAT32, 2, shape, (struct elbow_hdf5_layout){0}, NULL);
    elbow_hdf5_write_word(file, name, "encoding-type", "array", NULL);
    elbow_hdf5_write_word(file, name, "encoding-version", "0.2.0", NULL);
    if (!has_group) {
        elbow_hdf5_write_word(file, GROUP, "encoding-type", "dict", NULL);
        elbow_hdf5_write_word(file, GROUP, "encoding-version", "0.1.0", NULL);
    }
    return elbow_hdf5_first_error(file, error);
}

static void add_notes(struct elbow_hdf5 *file, const char *name, const struct elbow_sink_plan *plan)
{
    for (size_t i = 0; i < plan->note_count; ++i) {
        const struct elbow_sink_note *note = &plan->notes[i];
        if (note->text != NULL)
            elbow_hdf5_write_word(file, name, note->key, note->text, NULL);
        else
            elbow_hdf5_write_integers(file, name, note->key, &note->number, 1, NULL);
    }
}

enum elbow_status elbow_annotation_open(const struct elbow_dataset *dataset, const struct elbow_sink_plan *plan,
                                        const char *into, bool has_variance, struct elbow_annotation *annotation,
                                        struct elbow_error *error)
{
    elbow_path source;
    bool replaces = plan->publish == ELBOW_PUBLISH_REPLACE;
    *annotation = (struct elbow_annotation){
        .publish = plan->publish, .latent = plan->columns[0].shape[0], .has_variance = has_variance};
    elbow_text_format(annotation->name, sizeof annotation->name, "%s", into);
    elbow_text_format(annotation->variance, sizeof annotation->variance, "%s_variance", into);
    enum elbow_status status = find_source(dataset, source, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&annotation->block, BLOCK_ROWS * annotation->latent, sizeof(float),
                                "latents of some rows", error);
    if (status == ELBOW_OK)
        status = copy_file(source, plan->path, &annotation->part, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_open_append(annotation->part.part, &annotation->file, error);
    if (status == ELBOW_OK)
        status = check_format(annotation->file, source, error);
    if (status == ELBOW_OK)
        status = add_array(annotation->file, annotation->name, plan->rows, annotation->latent, replaces, error);
    if (status == ELBOW_OK && has_variance)
        status = add_array(annotation->file, annotation->variance, plan->rows, annotation->latent, replaces, error);
    if (status != ELBOW_OK)
        return status;
    add_notes(annotation->file, annotation->name, plan);
    return elbow_hdf5_first_error(annotation->file, error);
}

// One of both arrays, of at most BLOCK_ROWS rows: the mean, or the variance.
static void put_block(struct elbow_annotation *annotation, bool is_variance, uint64_t first, uint64_t count,
                      const char *rows, size_t row_bytes)
{
    size_t latent = annotation->latent, bytes = latent * sizeof(float);
    for (uint64_t i = 0; i < count; ++i)
        memcpy(annotation->block + i * latent, rows + i * row_bytes + (is_variance ? bytes : 0), bytes);
    for (size_t k = 0; is_variance && k < count * latent; ++k)
        annotation->block[k] = expf(annotation->block[k]);
    elbow_hdf5_write_rows(annotation->file, is_variance ? annotation->variance : annotation->name,
                          ELBOW_ELEMENT_FLOAT32, first, count, annotation->block, NULL);
}

enum elbow_status elbow_annotation_put(struct elbow_annotation *annotation, uint64_t first, uint64_t count,
                                       const void *rows, size_t row_bytes, struct elbow_error *error)
{
    for (uint64_t done = 0, part; done < count; done += part) {
        const char *from = (const char *)rows + done * row_bytes;
        part = count - done < BLOCK_ROWS ? count - done : BLOCK_ROWS;
        put_block(annotation, false, first + done, part, from, row_bytes);
        if (annotation->has_variance)
            put_block(annotation, true, first + done, part, from, row_bytes);
    }
    return elbow_hdf5_first_error(annotation->file, error);
}

enum elbow_status elbow_annotation_close(struct elbow_annotation *annotation, struct elbow_error *error)
{
    struct elbow_error trouble = {0};
    enum elbow_status status = elbow_hdf5_close(annotation->file, &trouble);
    if (error->status == ELBOW_OK)
        *error = trouble;
    elbow_release(&annotation->block);
    if (error->status == ELBOW_OK && status == ELBOW_OK)
        elbow_output_publish(&annotation->part, annotation->publish, error);
    else
        elbow_part_abandon(&annotation->part);
    *annotation = (struct elbow_annotation){0};
    return error->status;
}
