// SPDX-License-Identifier: BSD-3-Clause
// Probabilistic PCA with rotated latents: as tests/unit/vae/test_model_pca.c, except for a decoder R W, where R rotates
// the latents. log p(x) does not change; the posterior of z has the precision P = R diag((v + c_j^2) / v) R^T, which is
// not diagonal. A full covariance equals it: every importance weight is p(x). The best diagonal posterior has variances
// 1 / P_jj, and its bound loses exactly (sum_j log P_jj - log det P) / 2.
#include "elbow/vae/model.h"

#include "unit.h"

#include "reference_vae.h"

enum { D = 21, Z = 3, ROWS = 5 };

static const uint64_t SEED = 20191;
static const double VARIANCE = 0.07, LENGTHS[Z] = {1.9, 0.8, 0.3};

// As there: the float errors in one log weight.
static const double FLOAT_ERROR = 2e-4;

struct rotated {
    struct elbow_model *model;
    float *parameters;
    double axis[Z][D], turn[Z][Z]; // W, R
    double covariance[Z][Z], precision[Z][Z];
    float x[ROWS * D];
    double likelihood[ROWS];
};

static float *tensor_of(const struct rotated *rotated, const char *name)
{
    const struct elbow_tensor *tensor = elbow_parameters_find(&rotated->model->parameters, name);
    ck_assert_ptr_nonnull(tensor);
    return rotated->parameters + tensor->offset;
}

// R = I - 2 u u^T turns over every axis; the posterior's covariance and precision with it.
static void fill_turn(struct rotated *rotated)
{
    const double u[Z] = {0.48, 0.6, 0.64};
    for (size_t a = 0; a < Z; ++a)
        for (size_t b = 0; b < Z; ++b)
            rotated->turn[a][b] = (a == b ? 1 : 0) - 2 * u[a] * u[b];
    for (size_t a = 0; a < Z; ++a)
        for (size_t b = 0; b < Z; ++b)
            for (size_t j = 0; j < Z; ++j) {
                double share = VARIANCE / (VARIANCE + LENGTHS[j] * LENGTHS[j]);
                rotated->covariance[a][b] += rotated->turn[a][j] * rotated->turn[b][j] * share;
                rotated->precision[a][b] += rotated->turn[a][j] * rotated->turn[b][j] / share;
            }
}

// The decoder R W; the bias is 0.
static void fill_decoder(struct rotated *rotated)
{
    float *weight = tensor_of(rotated, "decoder.head/weight");
    for (size_t d = 0; d < D; ++d) {
        for (size_t j = 0; j < Z; ++j)
            rotated->axis[j][d] =
                LENGTHS[j] * sqrt(2.0 / D) * cos(acos(-1.0) * (double)(j + 1) * ((double)d + 0.5) / D);
        for (size_t a = 0; a < Z; ++a) {
            double sum = 0;
            for (size_t j = 0; j < Z; ++j)
                sum += rotated->turn[a][j] * rotated->axis[j][d];
            weight[a * D + d] = (float)sum;
        }
    }
}

// L of the posterior's covariance, as in the head: log L_jj^2, and the elements below the diagonal.
static void fill_factor(const struct rotated *rotated, float *bias)
{
    double factor[Z][Z] = {{0}};
    float *below = bias + 2 * Z;
    for (size_t a = 0; a < Z; ++a)
        for (size_t b = 0; b <= a; ++b) {
            double sum = rotated->covariance[a][b];
            for (size_t k = 0; k < b; ++k)
                sum -= factor[a][k] * factor[b][k];
            factor[a][b] = a == b ? sqrt(sum) : sum / factor[b][b];
            if (a == b)
                bias[Z + a] = (float)log(sum);
            else
                *below++ = (float)factor[a][b];
        }
}

static void fill_encoder(const struct rotated *rotated)
{
    float *weight = tensor_of(rotated, "encoder.head/weight"), *bias = tensor_of(rotated, "encoder.head/bias");
    size_t head = rotated->model->head;
    memset(weight, 0, D * head * sizeof *weight);
    memset(bias, 0, head * sizeof *bias);
    for (size_t d = 0; d < D; ++d)
        for (size_t a = 0; a < Z; ++a) {
            double sum = 0;
            for (size_t j = 0; j < Z; ++j)
                sum += rotated->turn[a][j] * rotated->axis[j][d] / (VARIANCE + LENGTHS[j] * LENGTHS[j]);
            weight[d * head + a] = (float)sum;
        }
    if (head > 2 * Z)
        fill_factor(rotated, bias);
    for (size_t a = 0; head == 2 * Z && a < Z; ++a)
        bias[Z + a] = (float)-log(rotated->precision[a][a]);
}

static void fill_rows(struct rotated *rotated)
{
    uint64_t state = SEED;
    for (size_t i = 0; i < ROWS; ++i) {
        double squares = 0, log_determinant = (D - Z) * log(VARIANCE), z[Z];
        for (size_t j = 0; j < Z; ++j)
            z[j] = reference_normal(&state);
        for (size_t d = 0; d < D; ++d) {
            double value = sqrt(VARIANCE) * reference_normal(&state);
            for (size_t j = 0; j < Z; ++j)
                value += z[j] * rotated->axis[j][d];
            rotated->x[i * D + d] = (float)value;
            squares += (double)rotated->x[i * D + d] * (double)rotated->x[i * D + d];
        }
        for (size_t j = 0; j < Z; ++j) {
            double along = 0, spread = VARIANCE + LENGTHS[j] * LENGTHS[j];
            for (size_t d = 0; d < D; ++d)
                along += rotated->axis[j][d] * (double)rotated->x[i * D + d];
            squares -= along * along / spread;
            log_determinant += log(spread);
        }
        rotated->likelihood[i] = -0.5 * (D * log(2 * acos(-1.0)) + log_determinant + squares / VARIANCE);
    }
}

static struct rotated *create(enum elbow_posterior_kind posterior)
{
    static struct elbow_config config;
    struct elbow_error error = {0};
    struct rotated *rotated = calloc(1, sizeof *rotated);
    ck_assert_ptr_nonnull(rotated);
    config.model.latent = Z;
    config.model.posterior = (int)posterior;
    config.model.likelihood = ELBOW_LIKELIHOOD_GAUSSIAN;
    config.model.likelihood_options.variance = VARIANCE;
    ck_assert_msg(elbow_model_create(&config, D, ROWS, &rotated->model, &error) == ELBOW_OK, "%s", error.message);
    rotated->parameters = calloc(rotated->model->parameters.size, sizeof(float));
    ck_assert_ptr_nonnull(rotated->parameters);
    fill_turn(rotated);
    fill_decoder(rotated);
    fill_encoder(rotated);
    fill_rows(rotated);
    return rotated;
}

static void destroy(struct rotated *rotated)
{
    elbow_model_destroy(rotated->model);
    free(rotated->parameters);
    free(rotated);
}

// recon - kl of each row with the draw at its mean, minus the mean loss of recon over all draws: the trace of the
// covariance times R W W^T R^T, by 2 v.
static void find_bounds(struct rotated *rotated, double bounds[ROWS])
{
    float noise[ROWS * Z] = {0};
    double statistics[ELBOW_STATISTIC_HEAD + 3 * Z + 16], kl[ROWS], loss = 0; // and the notes of the likelihood
    struct elbow_microbatch microbatch = {.rows = ROWS, .values = rotated->x, .noise = noise};
    ck_assert_uint_le(elbow_model_statistics(rotated->model, true), sizeof statistics / sizeof *statistics);
    elbow_model_evaluate(rotated->model, rotated->parameters, microbatch, (struct elbow_terms){.beta = 1}, statistics,
                         (struct elbow_row_results){.recon = bounds, .kl = kl});
    for (size_t a = 0; a < Z; ++a)
        for (size_t b = 0; b < Z; ++b)
            for (size_t j = 0; j < Z; ++j) {
                double covariance = rotated->model->head > 2 * Z ? rotated->covariance[a][b]
                                    : a == b                     ? 1 / rotated->precision[a][a]
                                                                 : 0;
                loss +=
                    0.5 * covariance * rotated->turn[a][j] * rotated->turn[b][j] * LENGTHS[j] * LENGTHS[j] / VARIANCE;
            }
    for (size_t i = 0; i < ROWS; ++i)
        bounds[i] -= loss + kl[i];
}

START_TEST(a_diagonal_posterior_loses_the_gap)
{
    struct rotated *rotated = create(ELBOW_POSTERIOR_DIAGONAL);
    double bounds[ROWS], gap = 0;
    find_bounds(rotated, bounds);
    for (size_t j = 0; j < Z; ++j)
        gap += 0.5 * (log(rotated->precision[j][j]) - log((VARIANCE + LENGTHS[j] * LENGTHS[j]) / VARIANCE));
    ck_assert_double_gt(gap, 0.5);
    for (size_t i = 0; i < ROWS; ++i)
        ck_assert_double_eq_tol(bounds[i], rotated->likelihood[i] - gap, FLOAT_ERROR);
    destroy(rotated);
}
END_TEST

START_TEST(a_full_posterior_loses_nothing)
{
    struct rotated *rotated = create(ELBOW_POSTERIOR_FULL);
    double bounds[ROWS];
    find_bounds(rotated, bounds);
    for (size_t i = 0; i < ROWS; ++i)
        ck_assert_double_eq_tol(bounds[i], rotated->likelihood[i], FLOAT_ERROR);
    destroy(rotated);
}
END_TEST

START_TEST(every_weight_of_a_full_posterior_is_the_likelihood)
{
    struct rotated *rotated = create(ELBOW_POSTERIOR_FULL);
    float noise[ROWS * Z], *head = calloc(ROWS, rotated->model->head * sizeof *head);
    uint64_t state = SEED + 1;
    ck_assert_ptr_nonnull(head);
    struct elbow_microbatch microbatch = {.rows = ROWS, .values = rotated->x, .noise = noise};
    memcpy(head, elbow_model_encode(rotated->model, rotated->parameters, &microbatch),
           ROWS * rotated->model->head * sizeof *head);
    for (int k = 0; k < 20; ++k) {
        struct elbow_importance importance[ROWS] = {{0}};
        for (size_t n = 0; n < ROWS * Z; ++n)
            noise[n] = (float)reference_normal(&state);
        elbow_model_importance(rotated->model, rotated->parameters, microbatch, head, importance);
        for (size_t i = 0; i < ROWS; ++i)
            ck_assert_double_eq_tol(elbow_importance_log_likelihood(&importance[i]), rotated->likelihood[i],
                                    FLOAT_ERROR);
    }
    free(head);
    destroy(rotated);
}
END_TEST

UNIT_MAIN("vae/model: rotated PCA", a_diagonal_posterior_loses_the_gap, a_full_posterior_loses_nothing,
          every_weight_of_a_full_posterior_is_the_likelihood)
