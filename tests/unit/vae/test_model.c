// SPDX-License-Identifier: BSD-3-Clause
// The contract of the model apart from its gradients (test_model_gradients.c): evaluation, rows, decoding, log weights,
// starts, NaN, no allocation after create, freed memory.
#include "elbow/vae/model.h"

#include "elbow/base/memory.h"

#include "unit.h"

#include "model_fixture.h"

// Evaluation gives the figures of training to the last bit, moments, and the parts of each row.
START_TEST(evaluation_agrees_with_training)
{
    for (size_t a = 0; a < ARCHITECTURE_COUNT; ++a) {
        struct fixture *f = fixture_create(&ARCHITECTURES[a], 5);
        size_t latent = f->model->latent, rows = f->rows;
        double *trained = allocate(elbow_model_statistics(f->model, false), sizeof(double));
        train(f);
        memcpy(trained, f->statistics, elbow_statistics_size(latent, false) * sizeof(double));
        float *head = allocate(rows * 2 * latent, sizeof(float));
        double *recon = allocate(rows, sizeof(double)), *kl = allocate(rows, sizeof(double));
        struct elbow_row_results results = {.head = head, .recon = recon, .kl = kl};
        memset(f->statistics, 0xFF, elbow_model_statistics(f->model, true) * sizeof(double));
        elbow_model_evaluate(f->model, f->parameters, microbatch(f), terms(f), f->statistics, results);
        ck_assert(memcmp(trained, f->statistics, elbow_statistics_size(latent, false) * sizeof(double)) == 0);
        double recon_sum = 0, kl_sum = 0;
        for (size_t i = 0; i < rows; ++i) {
            recon_sum += recon[i];
            kl_sum += kl[i];
        }
        ck_assert(recon_sum == trained[ELBOW_STATISTIC_RECON] && kl_sum == trained[ELBOW_STATISTIC_KL]);
        for (size_t j = 0; j < latent; ++j) {
            double sum = 0, squares = 0;
            for (size_t i = 0; i < rows; ++i) {
                sum += head[2 * i * latent + j];
                squares += (double)head[2 * i * latent + j] * head[2 * i * latent + j];
            }
            ck_assert(f->statistics[ELBOW_STATISTIC_HEAD + latent + j] == sum);
            ck_assert(f->statistics[ELBOW_STATISTIC_HEAD + 2 * latent + j] == squares);
        }
        const float *encoded =
            elbow_model_encode(f->model, f->parameters, &(struct elbow_microbatch){.rows = rows, .values = f->values});
        ck_assert(memcmp(encoded, head, rows * 2 * latent * sizeof(float)) == 0);
        struct elbow_row_results nothing = {0};
        elbow_model_evaluate(f->model, f->parameters, microbatch(f), terms(f), f->statistics, nothing);
        ck_assert(f->statistics[ELBOW_STATISTIC_RECON] == recon_sum);
        free(trained);
        free(head);
        free(recon);
        free(kl);
        fixture_destroy(f);
    }
}
END_TEST

START_TEST(decoding_gives_means)
{
    for (size_t a = 0; a < ARCHITECTURE_COUNT; ++a) {
        struct fixture *f = fixture_create(&ARCHITECTURES[a], 6);
        float *mean = allocate(f->rows * f->model->values, sizeof(float));
        elbow_model_decode(f->model, f->parameters, f->rows, f->noise, mean); // noise is used as some z
        for (size_t i = 0; i < f->rows; ++i) {
            static struct reference_trace trace;
            double z[REFERENCE_WIDTH];
            for (size_t j = 0; j < f->model->latent; ++j)
                z[j] = f->noise[i * f->model->latent + j];
            const double *y = reference_up(&f->reference.decoder, f->exact_parameters, z, &trace);
            double expected[REFERENCE_WIDTH];
            struct reference_row row = reference_likelihood_row(&f->reference, f->exact_parameters, NULL, y);
            row.size = 1; // until another is set
            reference_means(&row, expected);
            for (size_t d = 0; d < f->model->values;
                 ++d) // of order 1 after up to four layers of sums of up to 17 terms
                ck_assert_double_eq_tol(mean[i * f->model->values + d], expected[d], 3e-6 * (1 + fabs(expected[d])));
        }
        free(mean);
        fixture_destroy(f);
    }
}
END_TEST

// K = 1: the weight is recon + log p(z) - log q(z|x), here with every constant written out.
START_TEST(importance_of_one_draw)
{
    for (size_t a = 0; a < ARCHITECTURE_COUNT; ++a) {
        struct fixture *f = fixture_create(&ARCHITECTURES[a], 7);
        size_t latent = f->model->latent;
        struct elbow_importance *importance = allocate(f->rows, sizeof *importance);
        const float *head = elbow_model_encode(f->model, f->parameters,
                                               &(struct elbow_microbatch){.rows = f->rows, .values = f->values});
        elbow_model_importance(f->model, f->parameters, microbatch(f), head, importance);
        for (size_t i = 0; i < f->rows; ++i) {
            static struct reference_trace encoder;
            double x[REFERENCE_WIDTH], noise[REFERENCE_WIDTH], log_ratio = 0;
            for (size_t d = 0; d < f->model->values; ++d)
                x[d] = f->values[i * f->model->values + d];
            for (size_t j = 0; j < latent; ++j)
                noise[j] = f->noise[i * latent + j];
            const double *mean = reference_up(&f->reference.encoder, f->exact_parameters, x, &encoder);
            for (size_t j = 0; j < latent; ++j) {
                double variance = exp(mean[latent + j]), z = mean[j] + sqrt(variance) * noise[j];
                log_ratio += -0.5 * log(2 * acos(-1.0)) - z * z / 2;
                log_ratio -= -0.5 * log(2 * acos(-1.0) * variance) - (z - mean[j]) * (z - mean[j]) / (2 * variance);
            }
            struct reference_parts parts = {0};
            reference_row(&f->reference, f->exact_parameters, x, noise, &parts, NULL);
            double expected = parts.recon + log_ratio;
            ck_assert_uint_eq(importance[i].count, 1);
            // As in check_parts: relative errors of some 1e-6 of the parts.
            ck_assert_double_eq_tol(elbow_importance_log_likelihood(&importance[i]), expected,
                                    3e-6 * (fabs(parts.recon) + fabs(log_ratio) + 1));
        }
        free(importance);
        fixture_destroy(f);
    }
}
END_TEST

START_TEST(starts)
{
    for (size_t a = 0; a < ARCHITECTURE_COUNT; ++a) {
        struct fixture *f = fixture_create(&ARCHITECTURES[a], 8);
        float mean[REFERENCE_WIDTH] = {0.1F, 0.99F, 0.5F, 0.25F};
        const struct elbow_tensor *bias = elbow_parameters_find(&f->model->parameters, "decoder.head/bias");
        float *start = allocate(f->size, sizeof(float));
        memset(start, 0xFF, f->size * sizeof(float));
        elbow_model_initialize(f->model, 9, NULL, start);
        for (size_t k = 0; k < f->size; ++k)
            ck_assert(isfinite(start[k]));
        for (size_t d = 0; d < bias->count; ++d)
            ck_assert(start[bias->offset + d] == 0);
        elbow_model_initialize(f->model, 9, mean, f->parameters);
        size_t outputs = bias->count / f->model->values;
        for (size_t d = 0; d < f->model->values && d < 4; ++d) {
            float expected[REFERENCE_WIDTH];
            f->model->parts[0].likelihood->output_bias(&f->config.model.likelihood_options, mean[d], expected);
            ck_assert(memcmp(f->parameters + bias->offset + d * outputs, expected, outputs * sizeof(float)) == 0);
        }
        memcpy(f->parameters + bias->offset, start + bias->offset, bias->count * sizeof(float));
        ck_assert(memcmp(f->parameters, start, f->size * sizeof(float)) == 0); // the bias alone differs
        const struct elbow_tensor *variance = elbow_parameters_find(&f->model->parameters, "likelihood/log_variance");
        struct elbow_variance wanted = elbow_likelihood_variance(&f->config.model.likelihood_options);
        bool has_number = f->config.model.likelihood == ELBOW_LIKELIHOOD_GAUSSIAN &&
                          wanted.from != ELBOW_NUMBER_FIXED && wanted.from != ELBOW_NUMBER_PREDICTED;
        ck_assert((variance != NULL) == has_number);
        if (variance) {
            ck_assert(!variance->is_weight);
            ck_assert(variance->count == (wanted.from == ELBOW_NUMBER_PER_VALUE ? f->model->values : 1));
            ck_assert(start[variance->offset] == (float)(wanted.value > 0 ? log(wanted.value) : 0));
        }
        free(start);
        fixture_destroy(f);
    }
}
END_TEST

START_TEST(not_a_number_reaches_the_statistics)
{
    struct fixture *f = fixture_create(architecture("three and one"), 10);
    f->values[3 * f->model->values + 5] = NAN; // one pixel of one row
    train(f);
    ck_assert(isnan(f->statistics[ELBOW_STATISTIC_RECON]) && isnan(f->statistics[ELBOW_STATISTIC_OBJECTIVE]));
    f->values[3 * f->model->values + 5] = 0;
    size_t bias = elbow_parameters_find(&f->model->parameters, "encoder.head/bias")->offset;
    f->parameters[bias + f->model->latent + 1] = INFINITY; // a log-variance
    train(f);
    ck_assert(!isfinite(f->statistics[ELBOW_STATISTIC_KL]) && !isfinite(f->statistics[ELBOW_STATISTIC_OBJECTIVE]));
    ck_assert(isfinite(f->statistics[ELBOW_STATISTIC_HEAD]) && !isfinite(f->statistics[ELBOW_STATISTIC_HEAD + 1]));
    fixture_destroy(f);
}
END_TEST

// The same microbatch gives the same bits after any other computation, and a short one leaves no trace of a longer one.
START_TEST(the_past_leaves_no_trace)
{
    struct fixture *f = fixture_create(architecture("silu"), 11);
    float *before = allocate(f->size, sizeof(float));
    size_t all = f->rows;
    f->rows = 2;
    train(f);
    memcpy(before, f->gradient, f->size * sizeof(float));
    f->rows = all;
    train(f);
    ck_assert(memcmp(before, f->gradient, f->size * sizeof(float)) != 0);
    f->rows = 2;
    train(f);
    ck_assert(memcmp(before, f->gradient, f->size * sizeof(float)) == 0);
    free(before);
    fixture_destroy(f);
}
END_TEST

START_TEST(nothing_allocates_after_create)
{
    struct fixture *f = fixture_create(architecture("gaussian, learned"), 12);
    struct elbow_importance *importance = allocate(f->rows, sizeof *importance);
    float *mean = allocate(f->rows * f->model->values, sizeof(float));
    uint64_t allocations = elbow_memory_count().allocations;
    train(f);
    elbow_model_evaluate(f->model, f->parameters, microbatch(f), terms(f), f->statistics,
                         (struct elbow_row_results){0});
    const float *head =
        elbow_model_encode(f->model, f->parameters, &(struct elbow_microbatch){.rows = f->rows, .values = f->values});
    elbow_model_importance(f->model, f->parameters, microbatch(f), head, importance);
    elbow_model_decode(f->model, f->parameters, f->rows, f->noise, mean);
    ck_assert_uint_eq(elbow_memory_count().allocations, allocations);
    // Beside the networks: four arrays of a latent vector (one twice as wide), the notes of rows, the workspace of a
    // pass; and for the likelihood the sizes and figures of rows, a row whose known values are gathered, and the
    // gradient of the numbers that it trains, each twice.
    const struct elbow_model *model = f->model;
    const struct elbow_model_part *part = &model->parts[0];
    size_t of_slot = 5 * model->latent * sizeof(float) + (2 + model->notes) * sizeof(double);
    size_t beside = model->slots * model->rows_max * of_slot + model->rows_max * 3 * model->latent * sizeof(double);
    size_t of_row = model->values * (sizeof(size_t) + (2 + part->outputs) * sizeof(float));
    size_t of_likelihood = model->rows_max * (2 + part->figures) * sizeof(double) + of_row;
    ck_assert_uint_gt(part->shared.count, 0);
    ck_assert_uint_eq(elbow_model_bytes(model) - elbow_network_bytes(&model->encoder) -
                          elbow_network_bytes(&model->decoder),
                      beside + of_likelihood + 2 * part->shared.count * sizeof(float));
    free(importance);
    free(mean);
    fixture_destroy(f);
}
END_TEST

// For each failing allocation: MEMORY, a message, no model, and every block freed.
START_TEST(create_gives_all_back_when_memory_ends)
{
    static struct elbow_config config;
    configure(architecture("gaussian, learned"), &config);
    size_t blocks = elbow_memory_count().blocks;
    uint64_t failures = 0;
    for (uint64_t n = 1;; ++n) {
        struct elbow_model *model = (struct elbow_model *)&config; // must become NULL
        struct elbow_error error = {0};
        elbow_memory_fail_at(n);
        enum elbow_status status = elbow_model_create(&config, 19, 7, &model, &error);
        elbow_memory_fail_at(0);
        if (status == ELBOW_OK) {
            elbow_model_destroy(model);
            break;
        }
        ck_assert_int_eq(status, ELBOW_MEMORY);
        ck_assert_ptr_null(model);
        ck_assert(error.message[0] != 0);
        ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
        ++failures;
    }
    ck_assert_uint_ge(failures, 8); // the model itself, two networks, five arrays of its own
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    elbow_model_destroy(NULL);
}
END_TEST

UNIT_MAIN("vae/model", evaluation_agrees_with_training, decoding_gives_means, importance_of_one_draw, starts,
          not_a_number_reaches_the_statistics, the_past_leaves_no_trace, nothing_allocates_after_create,
          create_gives_all_back_when_memory_ends)
