// SPDX-License-Identifier: BSD-3-Clause
// Probabilistic PCA (Tipping and Bishop 1999): the linear Gaussian VAE whose log-likelihood is known in closed form.
//
// p(x|z) = N(z W + b, v I), W (Z, D) with orthogonal rows of lengths c_j, so p(x) = N(b, W^T W + v I) and the posterior
// is diagonal: mean_j = w_j (x - b) / (v + c_j^2), variance_j = v / (v + c_j^2): an encoder without hidden layers can
// be it. Then every importance weight is p(x) itself, and ELBO = log p(x): a test of all constants at once.
#include "elbow/vae/model.h"

#include "unit.h"

#include "reference_vae.h"

enum { D = 21, Z = 3, ROWS = 6 };

static const uint64_t SEED = 20190;
static const double VARIANCE = 0.07, LENGTHS[Z] = {1.9, 0.8, 0.3};

struct linear {
    struct elbow_model *model;
    float *parameters;
    double w[Z][D], b[D]; // as rounded to float in the parameters
    float x[ROWS * D];
};

static float *tensor_of(struct linear *linear, const char *name, size_t count)
{
    const struct elbow_tensor *tensor = elbow_parameters_find(&linear->model->parameters, name);
    ck_assert(tensor && tensor->count == count);
    return linear->parameters + tensor->offset;
}

// Rows of the discrete cosine transform are orthogonal, of length sqrt(D / 2).
static void fill_decoder(struct linear *linear, uint64_t *state)
{
    float *weight = tensor_of(linear, "decoder.head/weight", Z * D), *bias = tensor_of(linear, "decoder.head/bias", D);
    for (size_t d = 0; d < D; ++d) {
        bias[d] = (float)reference_random(state);
        linear->b[d] = bias[d];
        for (size_t j = 0; j < Z; ++j) {
            double wave = cos(acos(-1.0) * (double)(j + 1) * ((double)d + 0.5) / D);
            weight[j * D + d] = (float)(LENGTHS[j] * sqrt(2.0 / D) * wave);
            linear->w[j][d] = weight[j * D + d];
        }
    }
}

// The encoder: the true posterior, its deviations times `widen`.
static void fill_encoder(struct linear *linear, double widen)
{
    float *weight = tensor_of(linear, "encoder.head/weight", D * 2 * Z);
    float *bias = tensor_of(linear, "encoder.head/bias", 2 * Z);
    for (size_t j = 0; j < Z; ++j) {
        double spread = VARIANCE + LENGTHS[j] * LENGTHS[j], shift = 0;
        for (size_t d = 0; d < D; ++d) {
            weight[d * 2 * Z + j] = (float)(linear->w[j][d] / spread);
            weight[d * 2 * Z + Z + j] = 0;
            shift += linear->w[j][d] * linear->b[d];
        }
        bias[j] = (float)(-shift / spread);
        bias[Z + j] = (float)(log(VARIANCE / spread) + 2 * log(widen));
    }
}

static struct linear *linear_create_of(struct elbow_config config, bool learned, double widen)
{
    config.model.latent = Z;
    config.model.likelihood = ELBOW_LIKELIHOOD_GAUSSIAN;
    config.model.likelihood_options.variance = VARIANCE;
    config.model.likelihood_options.learn_variance = learned;
    struct linear *linear = calloc(1, sizeof *linear);
    ck_assert_ptr_nonnull(linear);
    struct elbow_error error = {0};
    ck_assert_msg(elbow_model_create(&config, D, ROWS, &linear->model, &error) == ELBOW_OK, "%s", error.message);
    linear->parameters = calloc(linear->model->parameters.size, sizeof(float));
    ck_assert_ptr_nonnull(linear->parameters);
    elbow_model_initialize(linear->model, SEED, NULL, linear->parameters); // sets the learned variance
    uint64_t state = SEED;
    fill_decoder(linear, &state);
    fill_encoder(linear, widen);
    for (size_t i = 0; i < ROWS; ++i) { // draws from the model, and the last row far from it
        double z[Z];
        for (size_t j = 0; j < Z; ++j)
            z[j] = reference_normal(&state);
        for (size_t d = 0; d < D; ++d) {
            double value = linear->b[d] + sqrt(VARIANCE) * reference_normal(&state) * (i == ROWS - 1 ? 4 : 1);
            for (size_t j = 0; j < Z; ++j)
                value += z[j] * linear->w[j][d];
            linear->x[i * D + d] = (float)value;
        }
    }
    return linear;
}

static struct linear *linear_create(bool learned, double widen)
{
    static struct elbow_config config;
    return linear_create_of(config, learned, widen);
}

static void linear_destroy(struct linear *linear)
{
    elbow_model_destroy(linear->model);
    free(linear->parameters);
    free(linear);
}

// log N(x; b, W^T W + v I), by the lengths of W's orthogonal rows (Woodbury).
static double exact_log_likelihood(const struct linear *linear, size_t row)
{
    double squares = 0, log_determinant = (D - Z) * log(VARIANCE);
    for (size_t d = 0; d < D; ++d)
        squares += pow(linear->x[row * D + d] - linear->b[d], 2);
    for (size_t j = 0; j < Z; ++j) {
        double along = 0, spread = VARIANCE + LENGTHS[j] * LENGTHS[j];
        for (size_t d = 0; d < D; ++d)
            along += linear->w[j][d] * (linear->x[row * D + d] - linear->b[d]);
        squares -= along * along / spread;
        log_determinant += log(spread);
    }
    return -0.5 * (D * log(2 * acos(-1.0)) + log_determinant + squares / VARIANCE);
}

static void draw(uint64_t *state, float *noise)
{
    for (size_t k = 0; k < ROWS * Z; ++k)
        noise[k] = (float)reference_normal(state);
}

// Bound of the float errors in one log weight: outputs of order 2 with errors of 3 roundings (4e-7), times a residual
// of up to 4 over v = 0.07, at 21 values with random signs: 4e-7 * 60 * sqrt(21).
static const double FLOAT_ERROR = 1e-4;

START_TEST(every_weight_is_the_likelihood)
{
    for (int learned = 0; learned < 2; ++learned) {
        struct linear *linear = linear_create(learned, 1);
        float noise[ROWS * Z], head[ROWS * 2 * Z];
        uint64_t state = SEED + 1;
        memcpy(head,
               elbow_model_encode(linear->model, linear->parameters,
                                  &(struct elbow_microbatch){.rows = ROWS, .values = linear->x}),
               sizeof head);
        for (int k = 0; k < 20; ++k) {
            draw(&state, noise);
            struct elbow_importance importance[ROWS] = {{0}};
            struct elbow_microbatch microbatch = {.rows = ROWS, .values = linear->x, .noise = noise};
            elbow_model_importance(linear->model, linear->parameters, microbatch, head, importance);
            for (size_t i = 0; i < ROWS; ++i)
                ck_assert_double_eq_tol(elbow_importance_log_likelihood(&importance[i]),
                                        exact_log_likelihood(linear, i), FLOAT_ERROR);
        }
        linear_destroy(linear);
    }
}
END_TEST

// E_q[recon] is recon at the posterior's mean less sum_j variance_j c_j^2 / 2v; with it recon - kl = log p(x) exactly.
START_TEST(the_elbo_is_tight)
{
    struct linear *linear = linear_create(true, 1);
    float noise[ROWS * Z] = {0};
    double statistics[ELBOW_STATISTIC_HEAD + 3 * Z + 3], recon[ROWS], kl[ROWS], spread = 0, total = 0;
    struct elbow_microbatch microbatch = {.rows = ROWS, .values = linear->x, .noise = noise};
    struct elbow_row_results results = {.recon = recon, .kl = kl};
    elbow_model_evaluate(linear->model, linear->parameters, microbatch, (struct elbow_terms){.beta = 1}, statistics,
                         results);
    for (size_t j = 0; j < Z; ++j)
        spread += 0.5 * LENGTHS[j] * LENGTHS[j] / (VARIANCE + LENGTHS[j] * LENGTHS[j]);
    for (size_t i = 0; i < ROWS; ++i) {
        ck_assert_double_eq_tol(recon[i] - spread - kl[i], exact_log_likelihood(linear, i), FLOAT_ERROR);
        total += exact_log_likelihood(linear, i);
    }
    struct elbow_figures figures = {.values = {0}};
    elbow_statistics_figures(statistics, true, &figures);
    ck_assert_double_eq_tol(elbow_figures_get(&figures, ELBOW_FIGURE_ELBO) - spread, total / ROWS, FLOAT_ERROR);
    linear_destroy(linear);
}
END_TEST

// With too wide a posterior the ELBO lies below; the importance-sampled bound comes to the likelihood all the same.
START_TEST(importance_sampling_converges)
{
    enum { K = 4000 };
    struct linear *linear = linear_create(false, 1.3);
    struct elbow_importance importance[ROWS] = {{0}};
    float noise[ROWS * Z], head[ROWS * 2 * Z];
    double mean[ROWS] = {0};
    uint64_t state = SEED + 2;
    memcpy(head,
           elbow_model_encode(linear->model, linear->parameters,
                              &(struct elbow_microbatch){.rows = ROWS, .values = linear->x}),
           sizeof head);
    for (int k = 0; k < K; ++k) {
        draw(&state, noise);
        struct elbow_importance one[ROWS] = {{0}};
        struct elbow_microbatch microbatch = {.rows = ROWS, .values = linear->x, .noise = noise};
        elbow_model_importance(linear->model, linear->parameters, microbatch, head, importance);
        elbow_model_importance(linear->model, linear->parameters, microbatch, head, one);
        for (size_t i = 0; i < ROWS; ++i)
            mean[i] += elbow_importance_log_likelihood(&one[i]) / K;
    }
    // ELBO = log p(x) - KL(q || posterior) = log p(x) - Z (1.3^2 - 1 - log 1.3^2) / 2 = log p(x) - 0.2479.
    double gap = Z * (1.69 - 1 - log(1.69)) / 2;
    for (size_t i = 0; i < ROWS; ++i) {
        double likelihood = exact_log_likelihood(linear, i), effective = elbow_importance_effective(&importance[i]);
        ck_assert(effective > K / 3.0 && effective < K);
        // The relative deviation of the mean of K weights is sqrt(1 / effective - 1 / K); five of them, for SEED.
        ck_assert_double_eq_tol(elbow_importance_log_likelihood(&importance[i]), likelihood,
                                FLOAT_ERROR + 5 * sqrt(1 / effective - 1.0 / K));
        // A log weight deviates by sqrt(Z / 2) (1.3^2 - 1) = 0.85.
        ck_assert_double_eq_tol(mean[i], likelihood - gap, 5 * 0.85 / sqrt(K));
    }
    linear_destroy(linear);
}
END_TEST

// At the true posterior every weight is p(x), and log w does not depend on z: without the score of q the encoder has no
// gradient (Roeder et al. 2017).
START_TEST(scoreless_gradients_vanish_at_the_posterior)
{
    enum { DRAWS = 5 };
    struct linear *linear = linear_create_of(
        (struct elbow_config){.objective = {.bound = ELBOW_OBJECTIVE_IMPORTANCE, .draws = DRAWS}}, false, 1);
    float noise[DRAWS * ROWS * Z], *gradient = calloc(linear->model->parameters.size, sizeof *gradient);
    double statistics[ELBOW_STATISTIC_HEAD + Z + 3], norms[ELBOW_ESTIMATOR_DREG + 1] = {0};
    const struct elbow_tensor *decoder = elbow_parameters_find(&linear->model->parameters, "decoder.head/weight");
    uint64_t state = SEED + 3;
    for (int k = 0; k < DRAWS; ++k)
        draw(&state, noise + k * ROWS * Z);
    struct elbow_microbatch microbatch = {.rows = ROWS, .values = linear->x, .noise = noise, .draws = DRAWS};
    for (int kind = ELBOW_ESTIMATOR_PLAIN; kind <= ELBOW_ESTIMATOR_DREG; ++kind) {
        elbow_model_train(linear->model, linear->parameters, microbatch,
                          (struct elbow_terms){.gradient = (enum elbow_estimator)kind}, gradient, statistics);
        for (size_t p = 0; p < decoder->offset; ++p)
            norms[kind] += (double)gradient[p] * gradient[p];
        norms[kind] = sqrt(norms[kind]);
    }
    ck_assert(norms[ELBOW_ESTIMATOR_PLAIN] > 1);
    ck_assert_double_lt(norms[ELBOW_ESTIMATOR_STL], 1e-5 * norms[ELBOW_ESTIMATOR_PLAIN]);
    ck_assert_double_lt(norms[ELBOW_ESTIMATOR_DREG], 1e-5 * norms[ELBOW_ESTIMATOR_PLAIN]);
    free(gradient);
    linear_destroy(linear);
}
END_TEST

UNIT_MAIN("vae/model: probabilistic PCA", every_weight_is_the_likelihood, the_elbo_is_tight,
          importance_sampling_converges, scoreless_gradients_vanish_at_the_posterior)
