// SPDX-License-Identifier: BSD-3-Clause
// The pages of a dataset whose rows are used in an order of pages.
#include "elbow/data/detail/loading.h"
#include "elbow/data/facts.h"
#include "elbow/parallel/collectives.h"

static uint64_t segments_of(const struct elbow_placing *placing, uint64_t samples)
{
    uint64_t batch = placing->batch < samples ? placing->batch : samples;
    return (batch + placing->microbatch - 1) / placing->microbatch;
}

// Bytes of a stored row, of sparse ones on average.
static uint64_t stored_bytes(const struct elbow_loading *loading)
{
    const struct elbow_dataset *dataset = loading->dataset;
    size_t size = elbow_element_size(dataset->element);
    if (dataset->is_synthetic)
        return dataset->values * size;
    if (dataset->is_sparse)
        return sizeof(uint64_t) + dataset->entries * (size + sizeof(uint32_t)) / dataset->samples;
    return elbow_hdf5_row_values(&loading->stored) * size;
}

// Those of the request, of the reference, or automatic ones.
static uint64_t page_rows_of(const struct elbow_loading *loading)
{
    const struct elbow_placing *placing = &loading->request->placing;
    const struct elbow_data_facts *reference = loading->request->reference;
    const struct elbow_dataset *dataset = loading->dataset;
    if (placing->page_rows > 0)
        return placing->page_rows;
    if (reference != NULL && reference->page_rows > 0)
        return reference->page_rows;
    return elbow_page_rows(loading->stored.chunk_rows, stored_bytes(loading), dataset->selection.rows,
                           segments_of(placing, dataset->samples));
}

enum elbow_status elbow_loading_place(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_placing *placing = &loading->request->placing;
    if (placing->order == ELBOW_ORDER_FULL || placing->batch == 0)
        return ELBOW_OK;
    const struct elbow_page_table_request request = {.selection = &dataset->selection,
                                                     .files = dataset->files,
                                                     .file_rows = dataset->file_rows,
                                                     .page_rows = page_rows_of(loading)};
    elbow_page_table_create(&request, &dataset->page_table, error);
    return elbow_comm_agree(loading->comm, error);
}
