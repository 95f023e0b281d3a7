// SPDX-License-Identifier: BSD-3-Clause
// Descriptions of dataset files: the storage of each dataset, its values, and its possible uses. Of large datasets only
// a sample of rows is read, so that a large file takes little longer than a small one.
#include "elbow/evaluate/describe.h"

#include "elbow/data/hdf5.h"
#include "elbow/data/labels.h"
#include "elbow/data/packing.h"
#include "elbow/data/sparse.h"
#include "elbow/evaluate/detail/lists.h"
#include "elbow/evaluate/detail/look.h"
#include "elbow/evaluate/detail/serves.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

// The state of a walk over the datasets of a file.
struct walk {
    struct elbow_hdf5 *file;
    const char *path;
    FILE *out;
    uint64_t datasets, bytes; // bytes: of values that were read
    elbow_path group;         // of labels, that has been described
    struct elbow_serves serves;
};

static struct elbow_text size_of_file(const char *path)
{
    struct stat about;
    return elbow_text_bytes(stat(path, &about) == 0 ? (uint64_t)about.st_size : 0);
}

// A count in front of its noun.
static void print_count(FILE *out, uint64_t count, const char *noun)
{
    fprintf(out, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}

// "28 x 28"
static void print_shape(FILE *out, size_t rank, const uint64_t *shape)
{
    for (size_t i = 0; i < rank; ++i)
        fprintf(out, "%s%" PRIu64, i > 0 ? " x " : "", shape[i]);
}

static void print_filters(const struct elbow_hdf5_storage *storage, FILE *out)
{
    for (int i = 0; i < storage->filters; ++i) {
        const struct elbow_hdf5_filter *filter = &storage->filter[i];
        elbow_text_print(out, "%s%s", i == 0 ? ", filters: " : ", ", filter->name);
        if (!filter->is_installed)
            fprintf(out, " (number %d, not installed)", filter->number);
    }
}

static void print_storage(struct walk *walk, const char *name, const struct elbow_hdf5_info *info)
{
    static const char *const KINDS[] = {[ELBOW_HDF5_COMPACT] = "compact",
                                        [ELBOW_HDF5_CONTIGUOUS] = "contiguous",
                                        [ELBOW_HDF5_CHUNKED] = "chunks of ",
                                        [ELBOW_HDF5_VIRTUAL] = "virtual",
                                        [ELBOW_HDF5_RAW] = "in raw files"};
    struct elbow_hdf5_storage storage;
    struct elbow_error error = {0};
    if (elbow_hdf5_describe_storage(walk->file, name, &storage, &error) != ELBOW_OK) {
        fprintf(walk->out, "stored in a way that cannot be read");
        return;
    }
    fputs(KINDS[storage.kind], walk->out);
    if (storage.kind == ELBOW_HDF5_CHUNKED) {
        print_shape(walk->out, (size_t)info->rank, storage.chunk);
        if (storage.written < storage.chunks)
            fprintf(walk->out, " (%" PRIu64 " of %" PRIu64 " written)", storage.written, storage.chunks);
        print_filters(&storage, walk->out);
    } else if (storage.sources > 0) {
        fprintf(walk->out, ", ");
        print_count(walk->out, storage.sources, storage.kind == ELBOW_HDF5_VIRTUAL ? "mapping" : "file");
    }
}

static void print_attributes(const struct elbow_packing *packing, FILE *out)
{
    if (packing->said[0] != '\0')
        elbow_text_print(out, "    attributes: %s\n", packing->said);
    if (packing->ignored[0] != '\0')
        elbow_text_print(out, "    not used, since they are not numbers, or too many: %s\n", packing->ignored);
}

static void print_share(FILE *out, uint64_t part, uint64_t all, const char *what)
{
    double percent = 100 * (double)part / (double)all;
    if (part > 0)
        fprintf(out, ", %.*f %% %s", percent < 1 ? 3 : 1, percent, what);
}

static void print_values(FILE *out, const struct elbow_hdf5_info *info, const struct elbow_packing *packing,
                         const struct elbow_look *values)
{
    double factor = packing->factor.value, offset = packing->offset.value;
    int digits = elbow_element_is_float(info->element) ? 9 : 17;
    if (values->min > values->max)
        fprintf(out, "    values: none is finite");
    else
        fprintf(out, "    values: from %.*g to %.*g", digits, values->min, digits, values->max);
    if (values->min <= values->max && (factor != 1 || offset != 0))
        fprintf(out, ", scaled from %.9g to %.9g", fmin(values->min * factor + offset, values->max * factor + offset),
                fmax(values->min * factor + offset, values->max * factor + offset));
    print_share(out, values->missing, values->count, "missing (by attributes)");
    print_share(out, values->nan, values->count, "missing (NaN)");
    print_share(out, values->infinite, values->count, "infinite");
    print_share(out, values->zero, values->count, "zero");
    if (values->rows < info->shape[0]) {
        fprintf(out, " (of ");
        print_count(out, values->rows, "row");
        fprintf(out, " looked at)");
    }
    fprintf(out, "\n");
}

static bool is_one_hot(const struct elbow_hdf5_info *info, const struct elbow_look *values)
{
    return info->rank == 2 && info->shape[1] > 1 && values->rows > 0 && values->other_rows == 0 &&
           values->fractions == 0 && values->min == 0 && values->max == 1;
}

static void print_samples(const struct elbow_hdf5_info *info, FILE *out)
{
    struct elbow_image_shape image;
    size_t rank = (size_t)info->rank - 1;
    const uint64_t *shape = info->shape + 1;
    fprintf(out, "    ");
    print_count(out, info->shape[0], "sample");
    fprintf(out, " of ");
    print_count(out, elbow_hdf5_row_values(info), "value");
    if (elbow_dataset_image(ELBOW_LAYOUT_AUTO, rank, shape, &image)) {
        fprintf(out, " (images of %zu x %zu, %s)", image.height, image.width, image.channels == 3 ? "colour" : "grey");
    } else if (rank > 1) {
        fprintf(out, " (");
        print_shape(out, rank, shape);
        fprintf(out, ")");
    }
    fprintf(out, ": usable as data.train or data.valid\n");
}

static struct elbow_list list_of(const struct walk *walk, const char *name)
{
    return (struct elbow_list){
        .out = walk->out, .path = walk->path, .name = name, .file = walk->file, .serves = &walk->serves};
}

// The value of data.missing that allows all values; NULL: none is needed.
static const char *missing_word(const struct elbow_look *values)
{
    if (values->nan > 0)
        return values->missing > 0 ? "any" : "nan";
    return values->missing > 0 ? "fill" : NULL;
}

// The lines that train on samples; missing NULL: no value is. Of fewer than ten a tenth is none.
static void print_training(const struct walk *walk, const char *name, const struct elbow_hdf5_info *info,
                           const char *missing, bool is_far)
{
    const struct elbow_list list = list_of(walk, name);
    elbow_list_print_key(&list, "train");
    if (info->shape[0] >= 10)
        fprintf(walk->out, "          valid: 0.1    # a tenth of them, or another dataset\n");
    if (missing != NULL)
        fprintf(walk->out, "          missing: %s    # such values are not scored\n", missing);
    if (is_far)
        fprintf(walk->out, "          transform: standardize    # values are far from unit scale\n");
    if (elbow_hdf5_may_be_reversed(walk->file, name, info))
        fprintf(walk->out,
                "    written by MATLAB, which stores axes in reverse order; if the samples are along the last axis:\n"
                "          transpose: true    # %s\n",
                elbow_text_count(info->shape[info->rank - 1], "sample").text);
    if (elbow_dataset_looks_first(ELBOW_LAYOUT_AUTO, (size_t)info->rank - 1, info->shape + 1))
        fprintf(walk->out, "    if the first axis of a sample is that of the channels:\n"
                           "          channels: first\n");
}

// The possible uses of numbers.
static void print_use(const struct walk *walk, const char *name, const struct elbow_hdf5_info *info,
                      const struct elbow_look *values, bool is_far)
{
    bool has_none = values->count > 0 && values->min > values->max; // that could be scored
    const char *noun = elbow_element_is_float(info->element) ? "whole number" : "integer";
    const char *obstacle = elbow_serves_obstacle(info);
    struct elbow_error error = {0};
    const struct elbow_list list = list_of(walk, name);
    if (elbow_serves_as_labels(info, values) && elbow_list_print_labels(&list, noun, values, &error))
        return;
    if (info->rank == 1 && elbow_list_print_numbers(&list, info, values)) // (N, 1) and (1, N) may be data, too
        return;
    if (obstacle != NULL) {
        elbow_text_print(walk->out, "    not usable: %s\n", error.status != ELBOW_OK ? error.message : obstacle);
    } else if (values->infinite > 0 || has_none) {
        fprintf(walk->out, "    not usable: %s\n",
                has_none ? "no value is known" : "samples with infinite values are refused");
    } else {
        print_samples(info, walk->out);
        print_training(walk, name, info, missing_word(values), is_far);
        if (elbow_serves_as_both(info, values))
            elbow_list_print_labels(&list, noun, values, NULL);
        else
            elbow_list_print_numbers(&list, info, values);
    }
    if (is_one_hot(info, values))
        elbow_text_print(walk->out,
                         "    one-hot, as it seems; for data.labels make a dataset of integers in Python: "
                         "f[\"labels\"] = f[\"%s\"][:].argmax(axis=1)\n",
                         name);
}

static void print_head(struct walk *walk, const char *name, const struct elbow_hdf5_info *info)
{
    elbow_text_print(walk->out, "\n%s: %s%s (", name, elbow_element_name(info->element),
                     info->is_converted ? " (stored in another type)" : "");
    print_shape(walk->out, (size_t)info->rank, info->shape);
    fprintf(walk->out, "), ");
    print_storage(walk, name, info);
    fprintf(walk->out, ", %s\n", elbow_text_bytes(elbow_look_bytes(info)).text);
}

static void print_numbers(struct walk *walk, const char *name, const struct elbow_hdf5_info *info)
{
    struct elbow_error error = {0};
    struct elbow_packing packing;
    struct elbow_look values = {0};
    bool has_values = info->rank > 0 && info->shape[0] > 0 && elbow_hdf5_row_values(info) > 0;
    print_head(walk, name, info);
    if (elbow_packing_read(walk->file, name, info->element, &packing, &error) == ELBOW_OK)
        print_attributes(&packing, walk->out);
    if (error.status == ELBOW_OK && has_values && elbow_hdf5_check_storage(walk->file, name, &error) == ELBOW_OK) {
        if (elbow_look_at(walk->file, name, info, &packing, &walk->bytes, &values, &error))
            print_values(walk->out, info, &packing, &values);
        else if (error.status == ELBOW_OK && elbow_serves_obstacle(info) == NULL)
            fprintf(walk->out, "    values: not read, since there are too many\n");
    }
    if (error.status != ELBOW_OK)
        elbow_text_print(walk->out, "    not usable: %s\n", error.message);
    else
        print_use(walk, name, info, &values, elbow_look_is_far(&values, &packing));
}

// The group of labels that a dataset is a part of, as AnnData writes them: codes and categories, or values and mask.
// Values and a mask of another kind, as of measurements, are none.
static bool find_group(struct walk *walk, const char *name, elbow_path group)
{
    static const char *const PARTS[] = {
        "/categories/values", "/categories/mask", "/categories", "/codes", "/values", "/mask"};
    elbow_path values;
    struct elbow_hdf5_info info;
    uint64_t count;
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; ++i) {
        size_t length = strlen(name), ending = strlen(PARTS[i]);
        if (length <= ending || strcmp(name + length - ending, PARTS[i]) != 0)
            continue;
        elbow_text_format(group, ELBOW_PATH_SIZE, "%.*s", (int)(length - ending), name);
        bool is_float = elbow_text_format(values, sizeof values, "%s/values", group) &&
                        elbow_hdf5_describe_dataset(walk->file, values, &info, NULL) == ELBOW_OK &&
                        elbow_element_is_float(info.element);
        if (!is_float && elbow_labels_count(walk->path, group, &count, NULL) == ELBOW_OK && count > 0)
            return true;
    }
    return false;
}

// Prints a group of labels once, instead of its parts; false if the dataset belongs to none.
static bool print_group(struct walk *walk, const char *name)
{
    elbow_path group;
    if (!find_group(walk, name, group))
        return false;
    if (strcmp(group, walk->group) == 0)
        return true;
    elbow_text_format(walk->group, sizeof walk->group, "%s", group);
    elbow_text_print(walk->out, "\n%s: a group of labels, with their %s\n", group,
                     strstr(name + strlen(group), "/c") != NULL ? "categories" : "mask");
    const struct elbow_list list = list_of(walk, group);
    elbow_list_print_labels(&list, "label", NULL, NULL);
    return true;
}

// Texts that are labels.
static bool print_texts(const struct walk *walk, const char *name)
{
    uint64_t count = 0;
    if (elbow_labels_count(walk->path, name, &count, NULL) != ELBOW_OK || count == 0)
        return false;
    elbow_text_print(walk->out, "\n%s:\n", name);
    const struct elbow_list list = list_of(walk, name);
    return elbow_list_print_labels(&list, "text", NULL, NULL);
}

// The head of a sparse matrix: its size as a dense one, and the stored share of it.
static void print_matrix(struct walk *walk, const char *name, const struct elbow_sparse *sparse)
{
    double all = (double)sparse->info.shape[0] * (double)sparse->info.shape[1];
    uint64_t bytes = sparse->values.shape[0] * elbow_element_size(sparse->values.element) +
                     sparse->columns.shape[0] * elbow_element_size(sparse->columns.element) +
                     sparse->starts.shape[0] * elbow_element_size(sparse->starts.element);
    elbow_text_print(walk->out, "\n%s: a sparse matrix by rows of %s (", name,
                     elbow_element_name(sparse->info.element));
    print_shape(walk->out, 2, sparse->info.shape);
    fprintf(walk->out, "), %" PRIu64 " of its values stored", sparse->entries);
    if (all > 0)
        fprintf(walk->out, " (%.1f %% are zero)", 100 * (1 - (double)sparse->entries / all));
    fprintf(walk->out, ", ");
    print_storage(walk, sparse->data, &sparse->values);
    fprintf(walk->out, ", %s\n", elbow_text_bytes(bytes).text);
}

// The stored values of a sparse matrix; true if all examined values can be used.
static bool print_stored(struct walk *walk, struct elbow_sparse *sparse, const struct elbow_packing *packing,
                         struct elbow_error *error)
{
    struct elbow_look values;
    if (sparse->values.shape[0] == 0 ||
        !elbow_look_at(walk->file, sparse->data, &sparse->values, packing, &walk->bytes, &values, error))
        return true;
    values.zero = 0; // of stored values; the head gives that of all
    print_values(walk->out, &sparse->values, packing, &values);
    return values.nan + values.infinite + values.missing == 0;
}

// A group of sparse rows; false if `what` describes it completely.
static bool print_sparse(struct walk *walk, const char *name, const char *what)
{
    struct elbow_sparse sparse;
    struct elbow_packing packing;
    struct elbow_error error = {0};
    if (!elbow_sparse_is(walk->file, name))
        return false;
    if (elbow_sparse_open(walk->file, name, &sparse, &error) != ELBOW_OK) {
        if (strstr(error.message, what) != NULL)
            return false;
        elbow_text_print(walk->out, "\n%s: a sparse matrix\n    not usable: %s\n", name, error.message);
        return true;
    }
    print_matrix(walk, name, &sparse);
    bool is_good = true;
    const char *obstacle = elbow_serves_obstacle(&sparse.info);
    if (elbow_packing_read(walk->file, sparse.data, sparse.info.element, &packing, &error) == ELBOW_OK)
        print_attributes(&packing, walk->out);
    if (error.status == ELBOW_OK && elbow_sparse_check_storage(&sparse, &error) == ELBOW_OK)
        is_good = print_stored(walk, &sparse, &packing, &error);
    if (error.status != ELBOW_OK || obstacle != NULL || !is_good) {
        elbow_text_print(walk->out, "    not usable: %s\n",
                         error.status != ELBOW_OK ? error.message
                         : obstacle != NULL       ? obstacle
                                                  : "samples with missing or infinite values are refused");
        return true;
    }
    print_samples(&sparse.info, walk->out);
    print_training(walk, name, &sparse.info, NULL, false);
    return true;
}

static bool print_entry(void *user, const struct elbow_hdf5_entry *entry)
{
    struct walk *walk = user;
    ++walk->datasets;
    if (entry->is_dataset && print_group(walk, entry->name))
        return true;
    if (entry->info != NULL)
        print_numbers(walk, entry->name, entry->info);
    else if (!print_sparse(walk, entry->name, entry->what) && !print_texts(walk, entry->name))
        elbow_text_print(walk->out, "\n%s %s\n", entry->name, entry->what);
    return true;
}

enum elbow_status elbow_describe_file(const char *path, FILE *out, struct elbow_error *error)
{
    struct walk walk = {.path = path, .out = out};
    enum elbow_status status = elbow_hdf5_open(path, &walk.file, error);
    if (status != ELBOW_OK)
        return status;
    elbow_text_print(out, "%s: an HDF5 file of %s\n", path, size_of_file(path).text);
    elbow_serves_collect(walk.file, &walk.serves);
    status = elbow_hdf5_each(walk.file, print_entry, &walk, error);
    elbow_serves_clear(&walk.serves);
    elbow_hdf5_close(walk.file, NULL);
    if (status == ELBOW_OK && walk.datasets == 0)
        fprintf(out, "It holds no dataset of integers or floats.\n");
    return status;
}
