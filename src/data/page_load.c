// SPDX-License-Identifier: BSD-3-Clause
// Reads the pages of a dataset, later than the load. It therefore has copies of the description, the request and the
// names of files, which may be gone by then; the arrays belong to the dataset.
#include "elbow/data/detail/page_load.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/row_reader.h"
#include "elbow/data/detail/rows.h"

#include <math.h>

// Seconds; see elbow_page_source. Reads that fail at once are repeated six times, within 8 s.
static const double PAUSE = 0.25, PATIENCE = 10;

struct elbow_page_load {
    struct elbow_dataset view; // owns nothing
    struct elbow_dataset_request request;
    struct elbow_files files, mask_files; // owned
    struct elbow_loading loading;         // of the view
    struct elbow_row_reader reader;
    bool is_open, is_settled;
    float *sample;    // [D]
    uint64_t *starts; // [samples of a page + 1], of sparse rows
};

static void close_sources(void *user)
{
    struct elbow_page_load *load = user;
    struct elbow_loading *loading = &load->loading;
    elbow_source_close(loading->source);
    elbow_source_close(loading->mask);
    elbow_source_close(loading->written);
    loading->source = loading->mask = loading->written = NULL;
    load->is_open = false;
}

static void close_load(void *user)
{
    struct elbow_page_load *load = user;
    close_sources(load);
    elbow_row_reader_destroy(&load->reader);
    elbow_files_clear(&load->files);
    elbow_files_clear(&load->mask_files);
    elbow_release(&load->sample);
    elbow_release(&load->starts);
    elbow_release(&load);
}

static uint64_t rows_most(const struct elbow_page_table *table)
{
    uint64_t most = 0;
    for (uint64_t page = 0; page < table->count; ++page) {
        uint64_t rows = table->first[page + 1] - table->first[page];
        most = rows > most ? rows : most;
    }
    return most;
}

// The page as a block of rows.
static struct elbow_row_block block_of(const struct elbow_page *page)
{
    return (struct elbow_row_block){.first = page->first,
                                    .count = page->rows,
                                    .values = page->values,
                                    .known = page->known,
                                    .min = INFINITY,
                                    .max = -INFINITY};
}

static enum elbow_status read_dense(struct elbow_page_load *load, struct elbow_page *into, struct elbow_error *error)
{
    struct elbow_row_block block = block_of(into);
    enum elbow_status status = elbow_row_reader_read(&load->reader, &block, error);
    load->view.min = block.min;
    load->view.max = block.max;
    return status;
}

static enum elbow_status read_sparse(struct elbow_page_load *load, struct elbow_page *into, struct elbow_error *error)
{
    size_t size = elbow_element_size(load->view.element);
    uint64_t *starts = load->starts;
    enum elbow_status status = elbow_source_starts(load->loading.source, into->first, into->rows, starts, error);
    if (status == ELBOW_OK)
        status = elbow_page_reserve(into, starts[into->rows] - starts[0], size, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_rows_parts parts = elbow_page_parts(into, size);
    struct elbow_row_entries entries = {.first = into->first,
                                        .count = into->rows,
                                        .starts = starts,
                                        .values = parts.values,
                                        .columns = parts.columns,
                                        .min = INFINITY,
                                        .max = -INFINITY};
    status = elbow_row_reader_entries(&load->reader, &entries, error);
    for (uint64_t i = 0; i <= into->rows; ++i)
        parts.starts[i] = starts[i] - starts[0];
    load->view.min = entries.min;
    load->view.max = entries.max;
    load->view.entries = into->entries;
    return status;
}

// Checks the page as a dataset of its own, whose first row is that of the page.
static enum elbow_status check(struct elbow_page_load *load, const struct elbow_page *page, struct elbow_error *error)
{
    struct elbow_loading *loading = &load->loading;
    load->view.samples = page->rows;
    load->view.rows = (struct elbow_shared){.base = page->values};
    load->view.known = (struct elbow_shared){.base = page->known};
    loading->first_row = page->first;
    enum elbow_status status =
        elbow_loading_check_values(loading, (struct elbow_range){0, page->rows}, load->sample, error);
    loading->first_row = 0;
    load->view.rows = load->view.known = (struct elbow_shared){0};
    return status;
}

static enum elbow_status read_page(void *user, uint64_t number, struct elbow_page *into, struct elbow_error *error)
{
    struct elbow_page_load *load = user;
    enum elbow_status status = ELBOW_OK;
    (void)number;
    if (!load->is_open)
        status = elbow_loading_reopen(&load->loading, error);
    load->is_open = load->is_open || status == ELBOW_OK;
    if (status != ELBOW_OK) {
        close_sources(load);
        return status;
    }
    status = load->view.is_sparse ? read_sparse(load, into, error) : read_dense(load, into, error);
    return status == ELBOW_OK && load->is_settled ? check(load, into, error) : status;
}

// Copies the request and its names.
static enum elbow_status copy_request(struct elbow_page_load *load, const struct elbow_loading *loading,
                                      struct elbow_error *error)
{
    struct elbow_companion *mask = &load->request.mask;
    load->request = *loading->request;
    enum elbow_status status = elbow_files_copy(loading->files, &load->files, error);
    if (status != ELBOW_OK || mask->dataset == NULL)
        return status;
    const struct elbow_files one = elbow_files_of(&mask->file, &mask->dataset);
    status = elbow_files_copy(mask->files != NULL ? mask->files : &one, &load->mask_files, error);
    if (status != ELBOW_OK)
        return status;
    mask->file = load->mask_files.paths[0];
    mask->dataset = load->mask_files.datasets[0];
    mask->files = &load->mask_files;
    return ELBOW_OK;
}

static enum elbow_status make(struct elbow_page_load *load, const struct elbow_loading *loading,
                              struct elbow_error *error)
{
    const struct elbow_dataset *dataset = loading->dataset;
    uint64_t most = rows_most(&dataset->page_table);
    enum elbow_status status = copy_request(load, loading, error);
    load->view = *dataset;
    load->view.page_table = (struct elbow_page_table){0};
    load->loading = *loading;
    load->loading.comm = NULL;
    load->loading.request = &load->request;
    load->loading.dataset = &load->view;
    load->loading.files = &load->files;
    load->loading.file_rows = dataset->files > 0 ? dataset->file_rows : NULL;
    // The reader is created while the masks are open, because they determine the size of its workspace.
    if (status == ELBOW_OK)
        status = elbow_row_reader_create(&load->loading, most, &load->reader, error);
    load->loading.source = load->loading.mask = load->loading.written = NULL;
    if (status == ELBOW_OK)
        status = elbow_allocate(&load->sample, dataset->values, sizeof *load->sample, "a sample", error);
    if (status == ELBOW_OK && dataset->is_sparse)
        status = elbow_allocate(&load->starts, most + 1, sizeof *load->starts, "the starts of rows", error);
    return status;
}

// An estimate of the bytes of a sparse page, from the mean of all rows.
static size_t sparse_bytes(const struct elbow_dataset *dataset)
{
    uint64_t rows = rows_most(&dataset->page_table);
    double share = (double)rows / (double)dataset->samples;
    return elbow_page_parts_bytes(rows, (uint64_t)(share * (double)dataset->entries),
                                  elbow_element_size(dataset->element));
}

enum elbow_status elbow_page_load_create(const struct elbow_loading *loading, struct elbow_page_source *source,
                                         struct elbow_error *error)
{
    struct elbow_page_load *load;
    const struct elbow_dataset *dataset = loading->dataset;
    size_t size = elbow_element_size(dataset->element);
    *source = (struct elbow_page_source){0};
    enum elbow_status status = elbow_allocate(&load, 1, sizeof *load, "the pages", error);
    if (status != ELBOW_OK)
        return status;
    *source = (struct elbow_page_source){.user = load,
                                         .table = &dataset->page_table,
                                         .row_bytes = dataset->is_sparse ? 0 : dataset->values * size,
                                         .element_bytes = size,
                                         .known_row_bytes =
                                             elbow_loading_may_miss(loading) ? elbow_rows_known_row_bytes(dataset) : 0,
                                         .page_bytes = dataset->is_sparse ? sparse_bytes(dataset) : 0,
                                         .read = read_page,
                                         .reopen = close_sources,
                                         .close = close_load,
                                         .pause = PAUSE,
                                         .patience = PATIENCE};
    status = make(load, loading, error);
    if (status == ELBOW_OK)
        return ELBOW_OK;
    close_load(load);
    *source = (struct elbow_page_source){0};
    return status;
}

void elbow_page_load_settle(struct elbow_page_load *load, const struct elbow_dataset *dataset)
{
    load->view.scale = dataset->scale;
    load->view.transform = dataset->transform;
    load->view.missing = dataset->missing;
    load->is_settled = true;
}
