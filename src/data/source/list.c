// SPDX-License-Identifier: BSD-3-Clause
// The rows of several files, one after another. One file is open at a time, as there may be more than a process may
// open. If another process has counted the rows, a file is checked when it is read.
#include "elbow/data/detail/source.h"

#include "elbow/base/memory.h"
#include "elbow/data/steady.h"

struct list {
    struct elbow_source source;
    struct elbow_source_request request;
    uint64_t *rows, *first;    // of each file: number of rows, and index of the first one; owned
    struct elbow_steady *own;  // records the files if the request does not; owned
    uint64_t *before;          // sparse entries before each file, and of all files; owned
    struct elbow_source *open; // the file that was used last; owned
    size_t file;               // its index
};

static struct elbow_source_spot spot_of(const struct list *list, size_t file)
{
    size_t at = file * list->request.files->channels;
    return (struct elbow_source_spot){.file = list->request.files->paths[at],
                                      .dataset = list->request.files->datasets[at]};
}

// Opens a file in place of the open one, which stays open on failure.
static enum elbow_status open_file(struct list *list, size_t file, struct elbow_error *error)
{
    struct elbow_source *source = NULL;
    if (list->open != NULL && list->file == file)
        return ELBOW_OK;
    enum elbow_status status = elbow_source_open_file(&list->request, file, &source, error);
    if (status != ELBOW_OK)
        return status;
    elbow_source_close(list->open);
    list->open = source;
    list->file = file;
    return ELBOW_OK;
}

// The same for any file but the first; its rows must be as many as were counted.
static enum elbow_status open_counted(struct list *list, size_t file, struct elbow_error *error)
{
    enum elbow_status status = open_file(list, file, error);
    if (status != ELBOW_OK)
        return status;
    const struct elbow_hdf5_info *info = &list->open->info;
    status = elbow_source_same_rows(&list->source.info, spot_of(list, 0), info, spot_of(list, file), error);
    if (status != ELBOW_OK || info->shape[0] == list->rows[file])
        return status;
    struct elbow_source_spot at = spot_of(list, file);
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s:%s: has %s, but had %llu when the files were counted; the nodes see different files of "
                           "this name, or it is being written",
                           at.file, at.dataset, elbow_text_count(info->shape[0], "row").text,
                           (unsigned long long)list->rows[file]);
}

static enum elbow_status check(struct elbow_source *source, struct elbow_error *error)
{
    struct list *list = (struct list *)source;
    enum elbow_status status = ELBOW_OK;
    for (size_t file = 0; file < list->request.files->count && status == ELBOW_OK; ++file) {
        status = open_counted(list, file, error);
        if (status == ELBOW_OK)
            status = elbow_source_check(list->open, error);
    }
    return status;
}

static enum elbow_status storage(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                 struct elbow_error *error)
{
    struct list *list = (struct list *)source;
    struct elbow_hdf5_storage other;
    enum elbow_status status = ELBOW_OK;
    for (size_t file = 0; file < list->request.files->count && status == ELBOW_OK; ++file) {
        status = open_counted(list, file, error);
        if (status == ELBOW_OK)
            status = elbow_source_storage(list->open, file == 0 ? storage : &other, error);
        if (status == ELBOW_OK && file > 0) {
            storage->reading = other.reading > storage->reading ? other.reading : storage->reading;
            storage->kept = other.kept > storage->kept ? other.kept : storage->kept;
        }
    }
    return status;
}

// Of all files if this process has counted them, else of the first one.
static enum elbow_status packing(struct elbow_source *source, struct elbow_packing *packing, struct elbow_error *error)
{
    struct list *list = (struct list *)source;
    struct elbow_packing other;
    size_t files = list->request.rows != NULL ? 1 : list->request.files->count;
    enum elbow_status status = ELBOW_OK;
    for (size_t file = 0; file < files && status == ELBOW_OK; ++file) {
        status = open_counted(list, file, error);
        if (status == ELBOW_OK)
            status = elbow_source_packing(list->open, file == 0 ? packing : &other, error);
        if (status == ELBOW_OK && file > 0)
            status = elbow_source_same_packing(packing, spot_of(list, 0), &other, spot_of(list, file), error);
    }
    return status;
}

// The file of a row.
static size_t file_of(const struct list *list, uint64_t row)
{
    size_t low = 0, high = list->request.files->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (list->first[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return low; // not an empty file, which begins where the next one does
}

// Of rows [first, first + count), those in the file of row `first`: their number, and their range in the file.
struct part {
    size_t file;
    uint64_t within, rows;
};

static enum elbow_status take_part(struct list *list, uint64_t first, uint64_t count, struct part *part,
                                   struct elbow_error *error)
{
    part->file = file_of(list, first);
    part->within = first - list->first[part->file];
    part->rows = list->rows[part->file] - part->within;
    part->rows = count < part->rows ? count : part->rows;
    return open_counted(list, part->file, error);
}

static enum elbow_status starts(struct elbow_source *source, uint64_t first, uint64_t count, uint64_t *starts,
                                struct elbow_error *error)
{
    struct list *list = (struct list *)source;
    struct part part;
    enum elbow_status status = ELBOW_OK;
    if (first == source->info.shape[0])
        starts[0] = source->entries;
    for (uint64_t done = 0; status == ELBOW_OK && first < source->info.shape[0]; done += part.rows) {
        status = take_part(list, first + done, count - done, &part, error);
        if (status == ELBOW_OK)
            status = elbow_source_starts(list->open, part.within, part.rows, starts + done, error);
        for (uint64_t i = 0; i <= part.rows && status == ELBOW_OK; ++i)
            starts[done + i] += list->before[part.file];
        if (done + part.rows == count)
            break;
    }
    return status;
}

static enum elbow_status entries(struct elbow_source *source, uint64_t first, uint64_t count, const uint64_t *starts,
                                 uint32_t *columns, void *values, struct elbow_error *error)
{
    struct list *list = (struct list *)source;
    size_t size = elbow_element_size(source->info.element);
    uint64_t *inner = NULL;
    struct part part;
    enum elbow_status status = elbow_allocate(&inner, count + 1, sizeof *inner, "the starts of rows", error);
    for (uint64_t done = 0; done < count && status == ELBOW_OK; done += part.rows) {
        status = take_part(list, first + done, count - done, &part, error);
        for (uint64_t i = 0; i <= part.rows && status == ELBOW_OK; ++i)
            inner[i] = starts[done + i] - list->before[part.file];
        uint64_t at = starts[done] - starts[0];
        if (status == ELBOW_OK)
            status = elbow_source_entries(list->open, part.within, part.rows, inner, columns + at,
                                          (char *)values + at * size, error);
    }
    elbow_release(&inner);
    return status;
}

static enum elbow_status read(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                              struct elbow_error *error)
{
    struct list *list = (struct list *)source;
    size_t row_bytes = elbow_hdf5_row_values(&source->info) * elbow_element_size(source->info.element);
    enum elbow_status status = ELBOW_OK;
    char *rows = out;
    while (count > 0 && status == ELBOW_OK) {
        size_t file = file_of(list, first);
        uint64_t within = first - list->first[file], there = list->rows[file] - within;
        uint64_t taken = count < there ? count : there;
        status = open_counted(list, file, error);
        if (status == ELBOW_OK)
            status = elbow_source_read(list->open, within, taken, rows, error);
        first += taken;
        count -= taken;
        rows += taken * row_bytes;
    }
    return status;
}

// The position of a value in its row is the same in all files.
static struct elbow_source_spot locate(const struct elbow_source *source, uint64_t row, uint64_t number)
{
    const struct list *list = (const struct list *)source;
    size_t file = file_of(list, row);
    struct elbow_source_spot spot = elbow_source_locate(list->open, row - list->first[file], number);
    size_t at = file * list->request.files->channels + spot.channel;
    spot.file = list->request.files->paths[at];
    spot.dataset = list->request.files->datasets[at];
    return spot;
}

static void close_list(struct elbow_source *source)
{
    struct list *list = (struct list *)source;
    elbow_source_close(list->open);
    elbow_release(&list->rows);
    elbow_release(&list->first);
    elbow_release(&list->before);
    elbow_steady_destroy(list->own);
    elbow_release(&list);
}

static const struct elbow_source_functions functions = {.check = check,
                                                        .storage = storage,
                                                        .packing = packing,
                                                        .read = read,
                                                        .starts = starts,
                                                        .entries = entries,
                                                        .locate = locate,
                                                        .close = close_list};

const uint64_t *elbow_source_list_rows(const struct elbow_source *source, size_t *count)
{
    const struct list *list = (const struct list *)source;
    if (source == NULL || source->functions != &functions)
        return NULL;
    *count = list->request.files->count;
    return list->rows;
}

static enum elbow_status same_rows(struct list *list, size_t file, struct elbow_error *error)
{
    enum elbow_status status =
        elbow_source_same_rows(&list->source.info, spot_of(list, 0), &list->open->info, spot_of(list, file), error);
    if (status == ELBOW_MISMATCH && list->source.may_be_reversed)
        elbow_error_add(error,
                        "; they were written by MATLAB, which stores axes in reverse order: if their samples are "
                        "along the last axis, set data.transpose: true");
    return status;
}

// The rows of all files; the first file determines their shape and type.
static enum elbow_status count_rows(struct list *list, struct elbow_error *error)
{
    size_t files = list->request.files->count;
    struct elbow_hdf5_info *info = &list->source.info;
    enum elbow_status status = open_file(list, 0, error);
    if (status != ELBOW_OK)
        return status;
    *info = list->open->info;
    list->source.may_be_reversed = list->open->may_be_reversed;
    list->source.is_turned_in_vain = list->open->is_turned_in_vain;
    uint64_t all = 0;
    for (size_t file = 0; file < files && status == ELBOW_OK; ++file) {
        list->first[file] = all;
        if (list->request.rows == NULL && file > 0)
            status = open_file(list, file, error);
        if (status == ELBOW_OK && list->request.rows == NULL && file > 0)
            status = same_rows(list, file, error);
        if (status == ELBOW_OK)
            list->rows[file] = list->request.rows != NULL ? list->request.rows[file] : list->open->info.shape[0];
        if (status == ELBOW_OK && __builtin_add_overflow(all, list->rows[file], &all))
            status = elbow_error_set(error, ELBOW_FORMAT, "%s:%s: has more rows than can be counted",
                                     spot_of(list, file).file, spot_of(list, file).dataset);
    }
    info->shape[0] = all;
    return status;
}

// Whether the rows of all files are sparse, and the entries before each file: each process opens each file for this.
static enum elbow_status count_entries(struct list *list, struct elbow_error *error)
{
    struct elbow_source *source = &list->source;
    size_t files = list->request.files->count;
    enum elbow_status status = open_file(list, 0, error);
    source->is_sparse = status == ELBOW_OK && list->open->is_sparse;
    for (size_t file = 0; file < files && status == ELBOW_OK && source->is_sparse; ++file) {
        status = open_counted(list, file, error);
        if (status != ELBOW_OK)
            break;
        source->is_sparse = list->open->is_sparse;
        list->before[file + 1] = list->before[file] + list->open->entries;
    }
    source->entries = source->is_sparse ? list->before[files] : 0;
    return status;
}

enum elbow_status elbow_source_open_list(const struct elbow_source_request *request, struct elbow_source **source,
                                         struct elbow_error *error)
{
    struct list *list;
    size_t files = request->files->count;
    enum elbow_status status = elbow_allocate(&list, 1, sizeof *list, "a list of files", error);
    if (status != ELBOW_OK)
        return status;
    list->source.functions = &functions;
    list->request = *request;
    status = elbow_allocate(&list->rows, files, sizeof *list->rows, "rows of files", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&list->first, files, sizeof *list->first, "rows of files", error);
    if (status == ELBOW_OK)
        status = request->steady == NULL ? elbow_steady_create(&list->own, error) : ELBOW_OK;
    if (list->own != NULL)
        list->request.steady = list->own;
    if (status == ELBOW_OK)
        status = elbow_allocate(&list->before, files + 1, sizeof *list->before, "entries of files", error);
    if (status == ELBOW_OK)
        status = count_rows(list, error);
    if (status == ELBOW_OK)
        status = count_entries(list, error);
    if (status == ELBOW_OK)
        *source = &list->source;
    else
        close_list(&list->source);
    return status;
}
