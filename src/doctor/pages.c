// SPDX-License-Identifier: BSD-3-Clause
// A sample of the pages of the training data, read as a run with data.order other than full would read them: whole
// pages, in an order that no cache foresees.
#include "elbow/doctor/detail/doctor.h"

#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/data/configured.h"
#include "elbow/data/page_table.h"
#include "elbow/data/source.h"
#include "elbow/math/permutation.h"
#include "elbow/parallel/collectives.h"

enum { PAGES_MOST = 64 };
static const double SECONDS_MAX = 1;

// Bytes that a page unpacks: of every chunk that it touches, along each axis.
static uint64_t count_unpacked(const struct elbow_hdf5_info *info, const struct elbow_hdf5_storage *storage,
                               uint64_t rows)
{
    uint64_t bytes = elbow_element_size(info->element);
    for (int i = 0; i < info->rank; ++i) {
        uint64_t length = i == 0 ? rows : info->shape[i], chunk = storage->chunk[i];
        if (chunk == 0)
            return 0;
        bytes *= (length + chunk - 1) / chunk * chunk;
    }
    return bytes;
}

// Reads pages until some seconds have passed. Pages are of stored rows here: a selection leaves some of them out.
static void read_pages(struct elbow_source *source, struct elbow_doctor_pages *pages)
{
    uint64_t row_bytes = elbow_hdf5_row_values(&source->info) * elbow_element_size(source->info.element);
    uint64_t rows = source->info.shape[0];
    struct elbow_permutation order = elbow_permutation_create(pages->all, 0, 0);
    struct elbow_error error;
    void *page = NULL;
    if (elbow_allocate(&page, pages->rows, row_bytes, "a page", &error) != ELBOW_OK)
        return;
    double start = elbow_clock_seconds();
    for (uint64_t i = 0; i < pages->all && i < PAGES_MOST && pages->seconds < SECONDS_MAX; ++i) {
        uint64_t first = elbow_permutation_at(&order, i) * pages->rows, left = rows - first;
        uint64_t count = left < pages->rows ? left : pages->rows;
        if (elbow_source_read(source, first, count, page, &error) != ELBOW_OK)
            break;
        pages->read += 1;
        pages->bytes += count * row_bytes;
        pages->seconds = elbow_clock_seconds() - start;
    }
    elbow_release(&page);
}

static void look(const struct elbow_config *config, const struct elbow_files *files, struct elbow_doctor_pages *pages)
{
    struct elbow_source_request request = {
        .files = files, .transpose = config->data.transpose, .columns = &config->data.columns, .may_lack = true};
    struct elbow_source *source;
    struct elbow_hdf5_storage storage;
    struct elbow_error error;
    if (elbow_source_open(&request, &source, &error) != ELBOW_OK)
        return;
    const struct elbow_hdf5_info *info = &source->info;
    uint64_t values = elbow_hdf5_row_values(info), batch = (uint64_t)config->train.batch;
    uint64_t microbatches = (batch + (uint64_t)config->train.microbatch - 1) / (uint64_t)config->train.microbatch;
    if (values > 0 && values < UINT64_MAX && info->shape[0] > 0) {
        pages->rows = config->data.page_rows > 0
                          ? (uint64_t)config->data.page_rows
                          : elbow_page_rows(info->chunk_rows, values * elbow_element_size(info->element),
                                            info->shape[0], microbatches);
        pages->rows = pages->rows < info->shape[0] ? pages->rows : info->shape[0];
        pages->all = (info->shape[0] + pages->rows - 1) / pages->rows;
        pages->chunk_rows = info->chunk_rows;
        if (!source->is_sparse && elbow_source_storage(source, &storage, &error) == ELBOW_OK)
            pages->unpacked = count_unpacked(info, &storage, pages->rows);
        pages->page_bytes = pages->rows * values * elbow_element_size(info->element);
        read_pages(source, pages);
    }
    elbow_source_close(source);
}

void elbow_doctor_read_pages(struct elbow_comm *comm, const struct elbow_config *config,
                             struct elbow_doctor_facts *facts)
{
    struct elbow_configured configured = {0};
    struct elbow_error error; // is reported when the values are examined
    if (config->data.synthetic > 0 || config->data.through[0] != '\0')
        return;
    if (facts->place.rank == 0 && elbow_configured_find(NULL, config, false, NULL, &configured, &error) == ELBOW_OK)
        look(config, &configured.found[ELBOW_CONFIGURED_ROWS], &facts->pages);
    elbow_configured_clear(&configured);
    facts->is_read_anew = config->data.order == ELBOW_ORDER_WINDOWS || config->data.access == ELBOW_ACCESS_STREAM;
    facts->has_stage = config->data.stage[0] != '\0';
    elbow_comm_barrier(comm);
}
