// SPDX-License-Identifier: BSD-3-Clause
// Datasets: figures of all values, and rows whose channels come first.
#include "dataset_fixture.h"

#include "elbow/parallel/collectives.h"

// Of figures_of_all_values, on one rank.
static const double FIGURE_MEAN = -0x1.78fd08dfb632cp+6, FIGURE_DEVIATION = 0x1.0b8a60998ba61p+3;

// Mean and deviation: right, and of the same bits on any number of ranks, whose constants are those of one.
START_TEST(figures_of_all_values)
{
    float rows[ROWS * VALUES];
    double mean = 0, squares = 0, n = ROWS * VALUES;
    struct elbow_error error = {0};
    struct elbow_dataset dataset;
    struct elbow_dataset_request request = request_for();
    request.has_factor = true;
    request.factor = -2;
    for (int i = 0; i < ROWS * VALUES; ++i) {
        rows[i] = (float)(i * 37 % 101) / 7 + 40;
        mean += (double)rows[i] / n;
    }
    for (int i = 0; i < ROWS * VALUES; ++i)
        squares += ((double)rows[i] - mean) * ((double)rows[i] - mean) / n;
    write_file(ELBOW_ELEMENT_FLOAT32, rows, 3, ROWS);
    mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
    mpi_assert(fabs(dataset.mean + 2 * mean) < 1e-12 && fabs(dataset.deviation - 2 * sqrt(squares)) < 1e-12);
    double figures[] = {dataset.mean, dataset.deviation, -dataset.mean, -dataset.deviation};
    elbow_comm_max(mpi_comm, figures, 4);
    mpi_assert(figures[0] == -figures[2] && figures[1] == -figures[3]);
    if (dataset.mean != FIGURE_MEAN || dataset.deviation != FIGURE_DEVIATION)
        printf("mean %a, deviation %a\n", dataset.mean, dataset.deviation);
    mpi_assert(dataset.mean == FIGURE_MEAN && dataset.deviation == FIGURE_DEVIATION);
    elbow_dataset_unload(mpi_comm, &dataset);
    remove_file();
}
END_TEST

// Rows whose channels come first are turned round for every width of a value.
START_TEST(channels_first)
{
    struct elbow_error error = {0};
    struct elbow_dataset dataset;
    struct elbow_dataset_request request = request_for();
    request.channels = ELBOW_CHANNELS_FIRST;
    request.layout = ELBOW_LAYOUT_SERIES; // (2, 3): two channels at three times
    static const enum elbow_element elements[] = {ELBOW_ELEMENT_INT8, ELBOW_ELEMENT_UINT16, ELBOW_ELEMENT_FLOAT32,
                                                  ELBOW_ELEMENT_FLOAT64};
    for (size_t e = 0; e < sizeof elements / sizeof *elements; ++e) {
        union {
            int8_t bytes[ROWS * VALUES];
            uint16_t shorts[ROWS * VALUES];
            float floats[ROWS * VALUES];
            double doubles[ROWS * VALUES];
        } rows;
        for (int i = 0; i < ROWS * VALUES; ++i) {
            if (e == 0)
                rows.bytes[i] = (int8_t)(i % 100);
            else if (e == 1)
                rows.shorts[i] = (uint16_t)(i % 100);
            else if (e == 2)
                rows.floats[i] = (float)(i % 100);
            else
                rows.doubles[i] = i % 100;
        }
        write_file(elements[e], &rows, 4, ROWS);
        mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
        mpi_assert(dataset.rank == 2 && dataset.shape[0] == 3 && dataset.shape[1] == 2);
        mpi_assert(strcmp(dataset.news.turned, "2 x 3 to 3 x 2") == 0);
        bool right = true;
        for (int row = 0; row < ROWS; ++row) {
            float values[VALUES];
            elbow_dataset_sample(&dataset, (uint64_t)row, values);
            for (int t = 0; t < 3; ++t)
                for (int c = 0; c < 2; ++c)
                    right = right && values[t * 2 + c] == (float)((row * VALUES + c * 3 + t) % 100);
        }
        mpi_assert(right);
        elbow_dataset_unload(mpi_comm, &dataset);
        remove_file();
    }
    float rows[ROWS * VALUES] = {0};
    rows[11 * VALUES + 3] = NAN; // the places of a row are the file's
    write_file(ELBOW_ELEMENT_FLOAT32, rows, 0, ROWS);
    mpi_assert(load(&request, &error) == ELBOW_DATA && strstr(error.message, "row 11 ") != NULL &&
               strstr(error.message, "index 3") != NULL);
    remove_file();
    rows[11 * VALUES + 3] = -1;
    request.demand =
        (struct elbow_demand){.support = ELBOW_SUPPORT_BINARY, .key = "model.likelihood", .word = "bernoulli"};
    write_file(ELBOW_ELEMENT_FLOAT32, rows, 0, ROWS);
    mpi_assert(load(&request, &error) == ELBOW_DATA && strstr(error.message, "row 11 ") != NULL &&
               strstr(error.message, "index 3") != NULL);
    request.layout = ELBOW_LAYOUT_AUTO;
    mpi_assert(load(&request, &error) == ELBOW_MISMATCH && strstr(error.message, "needs 3 axes") != NULL);
    remove_file();
}
END_TEST

// A limited dataset has only the first rows: errors of later ones are not found, and labels are those of all rows.
START_TEST(first_rows_only)
{
    float rows[ROWS * VALUES];
    struct elbow_error error = {0};
    struct elbow_dataset dataset;
    struct elbow_dataset_request request = request_for();
    request.labels_file = path;
    request.labels = "/train/labels";
    for (int i = 0; i < ROWS * VALUES; ++i)
        rows[i] = (float)i;
    rows[20 * VALUES] = NAN;
    for (int k = 0; k < 2; ++k) {
        write_file(ELBOW_ELEMENT_FLOAT32, rows, k == 0 ? 0 : 4, ROWS);
        request.most_bytes = 20 * VALUES * sizeof(float) + 5;
        mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
        mpi_assert(dataset.samples == 20 && dataset.max == 20 * VALUES - 1 && dataset.has_labels);
        mpi_assert(elbow_dataset_compare(mpi_comm, &dataset, &error) == ELBOW_OK);
        elbow_dataset_unload(mpi_comm, &dataset);
        request.most_bytes += VALUES * sizeof(float);
        mpi_assert(load(&request, &error) == ELBOW_DATA && strstr(error.message, "row 20 ") != NULL);
        request.most_bytes = 1;
        mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
        mpi_assert(dataset.samples == 1);
        elbow_dataset_unload(mpi_comm, &dataset);
        remove_file();
    }
}
END_TEST

// Row i of the sparse file has 6 entries if i is below 12, else 2.
static void write_sparse(void)
{
    static uint8_t values[ROWS * VALUES];
    static int32_t columns[ROWS * VALUES], starts[ROWS + 1];
    uint64_t entries = 0, pointers = ROWS + 1;
    for (int i = 0; i < ROWS * VALUES; ++i) {
        if (i / VALUES < 12 || i % VALUES < 2) {
            values[entries] = (uint8_t)(1 + i);
            columns[entries++] = i % VALUES;
        }
        starts[i / VALUES + 1] = (int32_t)entries;
    }
    if (elbow_comm_place(mpi_comm).rank == 0) {
        struct elbow_hdf5 *file = NULL;
        struct elbow_error error = {0};
        const int64_t shape[] = {ROWS, VALUES};
        const struct elbow_hdf5_layout layout = {0};
        scratch = scratch_make();
        snprintf(path, sizeof path, "%s", scratch_path(&scratch, "sparse.h5"));
        elbow_hdf5_create(path, true, &file, &error);
        elbow_hdf5_create_dataset(file, "/m/data", ELBOW_ELEMENT_UINT8, 1, &entries, layout, &error);
        elbow_hdf5_write_rows(file, "/m/data", ELBOW_ELEMENT_UINT8, 0, entries, values, &error);
        elbow_hdf5_create_dataset(file, "/m/indices", ELBOW_ELEMENT_INT32, 1, &entries, layout, &error);
        elbow_hdf5_write_rows(file, "/m/indices", ELBOW_ELEMENT_INT32, 0, entries, columns, &error);
        elbow_hdf5_create_dataset(file, "/m/indptr", ELBOW_ELEMENT_INT32, 1, &pointers, layout, &error);
        elbow_hdf5_write_rows(file, "/m/indptr", ELBOW_ELEMENT_INT32, 0, pointers, starts, &error);
        elbow_hdf5_write_text(file, "/m", "encoding-type", "csr_matrix", &error);
        elbow_hdf5_write_integers(file, "/m", "shape", shape, 2, &error);
        elbow_hdf5_close(file, &error);
        ck_assert_msg(error.status == ELBOW_OK, "%s", error.message);
    }
    elbow_comm_broadcast(mpi_comm, path, sizeof path);
}

// The limit bounds the memory, of sparse rows and of selected ones, too: one row more would exceed it.
START_TEST(limits_hold_for_sparse_and_selected_rows)
{
    struct elbow_error error = {0};
    struct elbow_dataset dataset;
    write_sparse();
    for (int is_split = 0; is_split < 2; ++is_split)
        for (uint64_t most = 1; most < 1200; most += 149) {
            struct elbow_dataset_request request = {.file = path, .dataset = "/m", .most_bytes = most};
            if (is_split)
                request.select = (struct elbow_selecting){.share = 0.4};
            mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
            mpi_assert(dataset.is_sparse && (elbow_dataset_bytes(&dataset) <= most || dataset.samples == 1));
            mpi_assert(elbow_dataset_compare(mpi_comm, &dataset, &error) == ELBOW_OK);
            uint64_t samples = dataset.samples, all = dataset.selection.samples;
            bool has_six = samples < all && elbow_selection_row(&dataset.selection, samples) < 12;
            size_t next = 8 + (has_six ? 6 : 2) * 5; // a start, and a byte and a column for each entry
            mpi_assert(samples == all || elbow_dataset_bytes(&dataset) + next + 8 > most); // up to rounding
            elbow_dataset_unload(mpi_comm, &dataset);
        }
    remove_file();
}
END_TEST

MPI_UNIT_MAIN("data/dataset values", figures_of_all_values, channels_first, first_rows_only,
              limits_hold_for_sparse_and_selected_rows)
