// SPDX-License-Identifier: BSD-3-Clause
// Datasets: one copy per node, any stored type, scaling, and errors that are found while loading.
#include "dataset_fixture.h"

#include "elbow/base/inputs.h"
#include "elbow/data/batches.h"
#include "elbow/data/facts.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

START_TEST(all_ranks_see_all_rows)
{
    uint8_t rows[ROWS * VALUES];
    for (int i = 0; i < ROWS * VALUES; ++i)
        rows[i] = (uint8_t)i;
    for (uint64_t chunk = 0; chunk <= 5; chunk += 5) {
        write_file(ELBOW_ELEMENT_UINT8, rows, chunk, ROWS);
        struct elbow_dataset_request request = request_for();
        request.labels_file = path;
        request.labels = "/train/labels";
        request.demand =
            (struct elbow_demand){.support = ELBOW_SUPPORT_BINARY, .key = "model.likelihood", .word = "bernoulli"};
        struct elbow_dataset dataset;
        struct elbow_error error = {0};
        mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
        mpi_assert(dataset.samples == ROWS && dataset.values == VALUES && dataset.rank == 2 && dataset.shape[1] == 3);
        mpi_assert(dataset.max == 221 && dataset.min == 0 && !dataset.is_binary && dataset.scale.factor == 1.0 / 255);
        bool right = true;
        float values[VALUES];
        for (uint64_t row = 0; row < ROWS; ++row) {
            elbow_dataset_sample(&dataset, row, values);
            right = right && elbow_dataset_label(&dataset, row) == (int64_t)row % 5;
            for (size_t k = 0; k < VALUES; ++k)
                right = right && values[k] == (float)((double)(row * VALUES + k) * (1.0 / 255));
        }
        mpi_assert(right);
        double mean[VALUES], variance[VALUES], sum = 0, squares = 0;
        mpi_assert(elbow_batch_moments(mpi_comm, &dataset, &(struct elbow_binarizer){0}, mean, variance, &error) ==
                   ELBOW_OK);
        for (size_t k = 0; k < VALUES; ++k)
            sum += fabs(mean[k] - (double)(18 * VALUES + k) / 255);
        for (size_t k = 0; k < VALUES; ++k) // of ROWS numbers VALUES apart
            squares += fabs(variance[k] - (ROWS * ROWS - 1) / 12.0 * VALUES * VALUES / (255.0 * 255));
        mpi_assert(sum < 1e-5 && squares < 1e-5); // means of 37 floats
        elbow_dataset_unload(mpi_comm, &dataset);
        remove_file();
    }
}
END_TEST

START_TEST(bad_values_are_found_with_their_row)
{
    float rows[ROWS * VALUES] = {0};
    struct elbow_error error = {0};
    struct elbow_dataset_request request = request_for();
    for (int bad = 0; bad < ROWS; bad += 9) {
        char row[32];
        snprintf(row, sizeof row, "row %d ", bad);
        rows[bad * VALUES + 2] = bad % 2 == 0 ? NAN : INFINITY;
        write_file(ELBOW_ELEMENT_FLOAT32, rows, 4, ROWS);
        mpi_assert(load(&request, &error) == ELBOW_DATA && strstr(error.message, row) != NULL);
        remove_file();
        rows[bad * VALUES + 2] = 1.5F;
        write_file(ELBOW_ELEMENT_FLOAT32, rows, 0, ROWS);
        mpi_assert(load(&request, &error) == ELBOW_OK);
        request.demand =
            (struct elbow_demand){.support = ELBOW_SUPPORT_BINARY, .key = "model.likelihood", .word = "bernoulli"};
        mpi_assert(load(&request, &error) == ELBOW_DATA && strstr(error.message, row) != NULL);
        request.demand.support = ELBOW_SUPPORT_REAL;
        remove_file();
        rows[bad * VALUES + 2] = 0;
    }
}
END_TEST

// Every copy keeps the same labels, as many of each class as of any other; validation data have the same classes.
START_TEST(some_rows_keep_their_labels)
{
    enum { LABELLED = 12, CLASSES = 5 };
    float rows[ROWS * VALUES] = {0};
    struct elbow_dataset train, valid;
    struct elbow_error error = {0};
    struct elbow_dataset_request request = request_for();
    uint64_t kept[CLASSES] = {0};
    write_file(ELBOW_ELEMENT_FLOAT32, rows, 4, ROWS);
    request.labels_file = path;
    request.labels = "/train/labels";
    request.wants_classes = true;
    request.labelled = LABELLED;
    mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &train, &error) == ELBOW_OK);
    for (uint64_t row = 0; row < ROWS; ++row) {
        int64_t number = elbow_dataset_class(&train, row);
        mpi_assert(number == -1 || number == (int64_t)row % CLASSES);
        if (number >= 0)
            kept[number] += 1;
    }
    mpi_assert(kept[0] == 3 && kept[1] == 3 && kept[2] == 2 && kept[3] == 2 && kept[4] == 2);
    mpi_assert(elbow_dataset_compare(mpi_comm, &train, &error) == ELBOW_OK);
    struct elbow_data_facts facts = elbow_data_facts_of(&train);
    request.labelled = 0;
    request.reference = &facts;
    request.reference_name = "train";
    mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &valid, &error) == ELBOW_OK);
    mpi_assert(elbow_dataset_compare(mpi_comm, &valid, &error) == ELBOW_OK && valid.hash != train.hash);
    for (uint64_t row = 0; row < ROWS; ++row)
        mpi_assert(elbow_dataset_class(&valid, row) == (int64_t)row % CLASSES);
    elbow_dataset_unload(mpi_comm, &valid);
    elbow_dataset_unload(mpi_comm, &train);
    request.labelled = CLASSES - 1;
    request.reference = NULL;
    mpi_assert(load(&request, &error) == ELBOW_DATA &&
               strstr(error.message, "data.labelled: 4 rows are fewer") != NULL);
    remove_file();
}
END_TEST

// Whole numbers are used as stored, bytes too, and any other value is refused with its place.
START_TEST(counts)
{
    struct elbow_error error = {0};
    struct elbow_dataset_request request = request_for();
    request.demand =
        (struct elbow_demand){.support = ELBOW_SUPPORT_COUNT, .key = "model.likelihood", .word = "poisson"};
    uint8_t bytes[ROWS * VALUES];
    for (int i = 0; i < ROWS * VALUES; ++i)
        bytes[i] = (uint8_t)i;
    write_file(ELBOW_ELEMENT_UINT8, bytes, 0, ROWS);
    struct elbow_dataset dataset;
    mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
    mpi_assert(dataset.scale.factor == 1 && dataset.scale.offset == 0 && !dataset.is_binary);
    elbow_dataset_unload(mpi_comm, &dataset);
    request.has_factor = true;
    request.factor = 1.0 / 255;
    mpi_assert(load(&request, &error) == ELBOW_DATA);
    mpi_assert(strstr(error.message,
                      "; set data.factor: 1 and data.offset: 0 if the stored values are such numbers, or "
                      "model.likelihood: gaussian") != NULL);
    request.has_factor = false;
    remove_file();
    float rows[ROWS * VALUES] = {0};
    static const float bad[] = {-1, 0.5F, -0.25F};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        rows[23 * VALUES + 4] = bad[i];
        write_file(ELBOW_ELEMENT_FLOAT32, rows, 4, ROWS);
        mpi_assert(load(&request, &error) == ELBOW_DATA);
        mpi_assert(strstr(error.message, "row 23 holds") != NULL && strstr(error.message, "(at index 4)") &&
                   strstr(error.message, "poisson needs whole numbers from 0; set "
                                         "model.likelihood: gaussian"));
        remove_file();
    }
    request = (struct elbow_dataset_request){.synthetic = 9, .seed = 2, .demand = request.demand};
    mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
    float values[28 * 28], most = 0;
    elbow_dataset_sample(&dataset, 8, values);
    bool whole = true;
    for (size_t i = 0; i < 28 * 28; ++i) {
        whole = whole && values[i] >= 0 && values[i] == floorf(values[i]);
        most = fmaxf(most, values[i]);
    }
    mpi_assert(whole && most == 15);
    elbow_dataset_unload(mpi_comm, &dataset);
}
END_TEST

START_TEST(layouts)
{
    float rows[ROWS * VALUES] = {0};
    struct elbow_error error = {0};
    struct elbow_dataset_request request = request_for();
    struct elbow_image_shape image;
    static const uint64_t shape[] = {2, 3};
    write_file(ELBOW_ELEMENT_FLOAT32, rows, 0, ROWS);
    for (int layout = 0; layout <= ELBOW_LAYOUT_VOLUME; ++layout) {
        request.layout = (enum elbow_layout)layout;
        bool fits = load(&request, &error) == ELBOW_OK;
        mpi_assert(fits == (layout != ELBOW_LAYOUT_VOLUME));
        mpi_assert(fits || (error.status == ELBOW_MISMATCH && strstr(error.message, "a sample has 2 dimensions") &&
                            strstr(error.message, "data.layout: volume has 3 or 4 (depth, height, width, channels)")));
        mpi_assert(elbow_dataset_image(request.layout, 2, shape, &image) ==
                   (layout == ELBOW_LAYOUT_AUTO || layout == ELBOW_LAYOUT_IMAGE));
    }
    remove_file();
}
END_TEST

START_TEST(what_does_not_fit_is_told)
{
    float rows[ROWS * VALUES] = {0};
    struct elbow_error error = {0};
    struct elbow_dataset_request request = request_for();
    write_file(ELBOW_ELEMENT_FLOAT32, rows, 0, ROWS + 1);
    request.labels_file = path;
    request.labels = "/train/labels";
    mpi_assert(load(&request, &error) == ELBOW_MISMATCH && strstr(error.message, "38") != NULL);
    request.labels = "/train/images";
    mpi_assert(load(&request, &error) == ELBOW_FORMAT);
    request.labels = NULL;
    request.dataset = "/train/labels";
    mpi_assert(load(&request, &error) == ELBOW_FORMAT && strstr(error.message, "1 dimension") != NULL);
    request.dataset = "/nowhere";
    mpi_assert(load(&request, &error) == ELBOW_FORMAT && strstr(error.message, "/train/images") != NULL);
    request = request_for();
    struct elbow_integers shape = {.count = 2, .values = {2, 4}};
    request.shape = &shape;
    mpi_assert(load(&request, &error) == ELBOW_MISMATCH);
    request.file = "/proc/none/at-all.h5";
    mpi_assert(load(&request, &error) == ELBOW_FILE);
    remove_file();
}
END_TEST

START_TEST(scales_come_in_order)
{
    uint8_t rows[ROWS * VALUES] = {0, 1, 1};
    struct elbow_error error = {0};
    struct elbow_dataset dataset;
    struct elbow_dataset_request request = request_for();
    write_file(ELBOW_ELEMENT_UINT8, rows, 0, ROWS);
    mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
    mpi_assert(dataset.scale.factor == 1 && dataset.scale.offset == 0); // bytes up to 1 are taken as stored
    elbow_dataset_unload(mpi_comm, &dataset);
    request.has_factor = true;
    request.factor = 2;
    mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
    mpi_assert(dataset.scale.factor == 2);
    elbow_dataset_unload(mpi_comm, &dataset);
    struct elbow_data_facts facts = {.values = VALUES, .rank = 2, .shape = {2, 3}, .scale = {.factor = 3, .offset = 1}};
    request.reference = &facts;
    request.reference_name = "others";
    mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
    mpi_assert(dataset.scale.factor == 3 && dataset.scale.offset == 1);
    elbow_dataset_unload(mpi_comm, &dataset);
    remove_file();
}
END_TEST

// Two nodes that see different files of the same shape, in one value or one label.
START_TEST(nodes_that_read_different_files_are_told)
{
    struct elbow_place place = elbow_comm_place(mpi_comm);
    const int64_t nodes[] = {0, 1, 1, 1};
    struct elbow_error error = {0};
    if (place.size == 1)
        return;
    mpi_assert(elbow_comm_pretend(mpi_comm, nodes, (size_t)place.size, &error) == ELBOW_OK);
    for (int flip = 0; flip < 3; ++flip) {
        uint8_t rows[ROWS * VALUES];
        for (int i = 0; i < ROWS * VALUES; ++i)
            rows[i] = (uint8_t)i;
        write_file(ELBOW_ELEMENT_UINT8, rows, 0, ROWS);
        struct elbow_dataset_request request = request_for();
        request.labels_file = path;
        request.labels = "/train/labels";
        struct elbow_dataset dataset;
        mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
        if (elbow_comm_place(mpi_comm).rank == place.size - 1 && flip == 1)
            ((uint8_t *)dataset.rows.base)[17 * VALUES + 2] ^= 4;
        if (elbow_comm_place(mpi_comm).rank == place.size - 1 && flip == 2)
            ((int64_t *)dataset.labels.base)[17] ^= 1;
        elbow_comm_barrier(mpi_comm);
        enum elbow_status status = elbow_dataset_compare(mpi_comm, &dataset, &error);
        mpi_assert(status == (flip == 0 ? ELBOW_OK : ELBOW_MISMATCH));
        mpi_assert(flip == 0 || strstr(error.message, "rows 17 to 18") != NULL);
        elbow_dataset_unload(mpi_comm, &dataset);
        remove_file();
    }
}
END_TEST

START_TEST(microbatches_do_not_depend_on_their_place)
{
    struct elbow_integers shape = {.count = 2, .values = {5, 7}};
    struct elbow_dataset_request request = {.synthetic = 20, .seed = 3, .shape = &shape};
    struct elbow_dataset dataset;
    struct elbow_error error = {0};
    mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
    struct elbow_binarizer binarizer = {
        .kind = ELBOW_BINARIZE_SAMPLE, .seed = 3, .purpose = ELBOW_PURPOSE_TRAIN_BINARIZE, .draw = 2};
    uint64_t ids[4] = {7, 3, 19, 0};
    float all[4 * 35], one[35];
    elbow_batch_gather(&dataset, &binarizer, 4, ids, all);
    bool same = true, binary = true;
    for (size_t i = 0; i < 4; ++i) {
        elbow_batch_gather(&dataset, &binarizer, 1, &ids[i], one);
        same = same && memcmp(one, all + i * 35, sizeof one) == 0;
        for (size_t k = 0; k < 35; ++k)
            binary = binary && (one[k] == 0 || one[k] == 1);
    }
    mpi_assert(same && binary);
    binarizer.draw = 3;
    elbow_batch_gather(&dataset, &binarizer, 1, &ids[3], one);
    mpi_assert(memcmp(one, all + 3 * 35, sizeof one) != 0);
    elbow_dataset_unload(mpi_comm, &dataset);
}
END_TEST

// Noise comes before the scaling, is keyed by sample and draw, and never leaves the step between two whole numbers.
START_TEST(whole_numbers_get_noise)
{
    struct elbow_error error = {0};
    struct elbow_dataset_request request = request_for();
    float rows[ROWS * VALUES], all[ROWS * VALUES], one[VALUES];
    for (int i = 0; i < ROWS * VALUES; ++i)
        rows[i] = (float)(i % 17);
    request.has_factor = request.has_offset = true;
    request.factor = -0.5;
    request.offset = 3;
    request.demand.is_whole = true;
    write_file(ELBOW_ELEMENT_FLOAT32, rows, 4, ROWS);
    struct elbow_dataset dataset;
    mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
    uint64_t ids[ROWS];
    for (uint64_t i = 0; i < ROWS; ++i)
        ids[i] = ROWS - 1 - i;
    struct elbow_binarizer binarizer = {
        .seed = 3, .draw = 2, .dequantizes = true, .noise = ELBOW_PURPOSE_TRAIN_DEQUANTIZE};
    elbow_batch_gather(&dataset, &binarizer, ROWS, ids, all);
    bool right = true, same = true;
    double sum = 0;
    for (size_t i = 0; i < ROWS; ++i) {
        elbow_batch_gather(&dataset, &binarizer, 1, &ids[i], one);
        same = same && memcmp(one, all + i * VALUES, sizeof one) == 0;
        for (size_t k = 0; k < VALUES; ++k) {
            double noise = (3 - (double)one[k]) / 0.5 - (double)rows[ids[i] * VALUES + k];
            right = right && noise > -1e-5 && noise < 1 + 1e-5;
            sum += noise / (ROWS * VALUES);
        }
    }
    mpi_assert(right && same && fabs(sum - 0.5) < 0.1); // 0.29 / sqrt(values)
    binarizer.noise = ELBOW_PURPOSE_EVAL_DEQUANTIZE;
    elbow_batch_gather(&dataset, &binarizer, 1, &ids[ROWS - 1], one);
    mpi_assert(memcmp(one, all + (ROWS - 1) * VALUES, sizeof one) != 0);
    elbow_dataset_unload(mpi_comm, &dataset);
    remove_file();
    rows[23 * VALUES + 4] = 2.5F;
    write_file(ELBOW_ELEMENT_FLOAT32, rows, 4, ROWS);
    mpi_assert(load(&request, &error) == ELBOW_DATA);
    mpi_assert(strstr(error.message, "row 23 holds 2.5 (at index 4) as stored, but data.dequantize") != NULL);
    remove_file();
}
END_TEST

// Of lists of files beside the rows rank zero knows each file, so that no output takes the place of it.
START_TEST(all_files_beside_the_rows_are_inputs)
{
    uint8_t rows[ROWS * VALUES] = {0};
    char other[600];
    struct elbow_error error = {0};
    write_file(ELBOW_ELEMENT_UINT8, rows, 0, ROWS);
    const char *paths[] = {path, other}, *datasets[] = {"/train/labels", "/none"};
    const struct elbow_files both = {
        .count = 2, .channels = 1, .are_several = true, .paths = paths, .datasets = datasets};
    const struct elbow_companion companion = {
        .file = path, .dataset = "/train/labels", .files = &both, .key = "data.key"};
    for (int kind = 0; kind < 4; ++kind) {
        struct elbow_dataset_request request = request_for();
        struct elbow_companion *companions[] = {&request.select.rows, &request.select.groups, &request.weights,
                                                &request.names};
        bool is_root = elbow_comm_place(mpi_comm).rank == 0;
        *companions[kind] = companion;
        snprintf(other, sizeof other, "%s.%d", path, kind);
        if (is_root)
            scratch_write(other, "no HDF5", 7);
        load(&request, &error); // only groups, which no split asks for, are not read
        mpi_assert((error.status == ELBOW_OK) == (kind == 1));
        mpi_assert(!is_root || elbow_inputs_have(NULL, other));
    }
    remove_file();
}
END_TEST

MPI_UNIT_MAIN("data/dataset", all_ranks_see_all_rows, bad_values_are_found_with_their_row, some_rows_keep_their_labels,
              counts, layouts, what_does_not_fit_is_told, scales_come_in_order,
              microbatches_do_not_depend_on_their_place, whole_numbers_get_noise,
              nodes_that_read_different_files_are_told, all_files_beside_the_rows_are_inputs)
