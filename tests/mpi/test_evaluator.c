// SPDX-License-Identifier: BSD-3-Clause
// The evaluation against plain serial loops over the model: the same sums along the same tree to the last bit, on any
// number of ranks, and consistent figures.
#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "evaluation_fixture.h"

#include <math.h>
#include <string.h>

// The last microbatch is short, and there are 7: no rank count divides them evenly but 1.
enum { VALUES = 12, LATENT = 3, MICROBATCH = 4, SAMPLES = 27, STATISTICS = ELBOW_STATISTIC_HEAD + 3 * LATENT };
// Behind the statistics: sums of the figures of importance sampling of each row.
enum { LOG_LIKELIHOOD = STATISTICS, EFFECTIVE, WIDTH_MAX };

static void load_synthetic(struct fixture *fixture, uint64_t samples)
{
    struct elbow_integers shape = {.count = 2, .values = {3, 4}};
    evaluation_load(fixture, &(struct elbow_dataset_request){.synthetic = samples, .seed = 3, .shape = &shape});
}

// Rank zero writes the dataset with labels; all load it.
static void load_labelled(struct fixture *fixture, const int64_t *labels)
{
    struct elbow_error error = {0};
    const char *path = scratch_path(&fixture->scratch, "labelled.h5");
    if (is_root()) {
        struct elbow_hdf5 *file = NULL;
        float rows[SAMPLES * VALUES];
        uint64_t shape[] = {SAMPLES, VALUES};
        for (int i = 0; i < SAMPLES * VALUES; ++i)
            rows[i] = (float)(i * 29 % 64) / 64;
        elbow_hdf5_create(path, true, &file, &error);
        elbow_hdf5_create_dataset(file, "/x", ELBOW_ELEMENT_FLOAT32, 2, shape, (struct elbow_hdf5_layout){0}, &error);
        elbow_hdf5_write_rows(file, "/x", ELBOW_ELEMENT_FLOAT32, 0, SAMPLES, rows, &error);
        elbow_hdf5_create_dataset(file, "/y", ELBOW_ELEMENT_INT64, 1, shape, (struct elbow_hdf5_layout){0}, &error);
        elbow_hdf5_write_rows(file, "/y", ELBOW_ELEMENT_INT64, 0, SAMPLES, labels, &error);
        elbow_hdf5_close(file, &error);
    }
    must(error.status, &error);
    evaluation_load(
        fixture, &(struct elbow_dataset_request){.file = path, .dataset = "/x", .labels_file = path, .labels = "/y"});
}

static void setup(struct fixture *fixture)
{
    static const char *const settings[] = {"data.synthetic=27", "model.encoder=[dense: {units: 7, activation: tanh}]",
                                           "objective.free_bits=0.05", NULL};
    evaluation_setup(fixture, VALUES, settings);
    fixture->request.terms = (struct elbow_terms){.beta = 0.5, .free_bits = 0.05};
}

// One microbatch as the documents say, with no call of the evaluator: rows in the order of the file, binarised and
// noised with draws keyed by the sample alone. Adds the importance-sampled figures of each row behind the statistics.
static void serial_microbatch(const struct fixture *fixture, uint64_t number, int64_t draws, double *sums)
{
    const struct elbow_config *config = &fixture->config;
    uint64_t seed = (uint64_t)config->seed, first = number * MICROBATCH, left = fixture->dataset.samples - first;
    uint64_t ids[MICROBATCH];
    size_t rows = left < MICROBATCH ? (size_t)left : MICROBATCH;
    float values[MICROBATCH * VALUES], noise[MICROBATCH * LATENT], head[MICROBATCH * 2 * LATENT];
    struct elbow_importance weights[MICROBATCH] = {{0}};
    for (size_t i = 0; i < rows; ++i)
        ids[i] = first + i;
    struct elbow_binarizer binarizer = {
        .kind = ELBOW_BINARIZE_SAMPLE, .threshold = 0.5, .seed = seed, .purpose = ELBOW_PURPOSE_EVAL_BINARIZE};
    elbow_batch_gather(&fixture->dataset, &binarizer, rows, ids, values);
    elbow_batch_noise(seed, ELBOW_PURPOSE_EVAL_NOISE, 0, rows, ids, LATENT, noise);
    struct elbow_microbatch microbatch = {.rows = rows, .values = values, .noise = noise};
    elbow_model_evaluate(fixture->model, fixture->parameters, microbatch, fixture->request.terms, sums,
                         (struct elbow_row_results){.head = head});
    mpi_assert(elbow_statistics_size(LATENT, true) == STATISTICS);
    sums[LOG_LIKELIHOOD] = sums[EFFECTIVE] = 0;
    for (int64_t k = 0; k < draws; ++k) {
        elbow_batch_noise(seed, ELBOW_PURPOSE_IMPORTANCE, (uint32_t)k, rows, ids, LATENT, noise);
        elbow_model_importance(fixture->model, fixture->parameters, microbatch, head, weights);
    }
    for (size_t i = 0; i < rows && draws > 0; ++i) {
        sums[LOG_LIKELIHOOD] += elbow_importance_log_likelihood(&weights[i]);
        sums[EFFECTIVE] += elbow_importance_effective(&weights[i]);
    }
}

// The tree over microbatches [lo, hi), as plain recursion.
static void serial_tree(const struct fixture *fixture, uint64_t lo, uint64_t hi, int64_t draws, double *sums)
{
    if (hi - lo == 1) {
        serial_microbatch(fixture, lo, draws, sums);
        return;
    }
    double right[WIDTH_MAX];
    uint64_t middle = (lo + hi) / 2;
    serial_tree(fixture, lo, middle, draws, sums);
    serial_tree(fixture, middle, hi, draws, right);
    for (int i = 0; i < WIDTH_MAX; ++i)
        sums[i] += right[i];
}

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static double get(const struct elbow_evaluation *evaluation, enum elbow_figure_kind kind)
{
    return elbow_figures_get(&evaluation->figures, kind);
}

// The evaluation has the bits of the serial loops on every rank.
static void check_exact(const struct fixture *fixture)
{
    uint64_t microbatches = (fixture->dataset.samples + MICROBATCH - 1) / MICROBATCH;
    int64_t draws = fixture->request.importance;
    double sums[WIDTH_MAX], samples = (double)fixture->dataset.samples;
    struct elbow_evaluation found;
    struct elbow_error error = {0};
    size_t blocks = elbow_memory_count().blocks;
    serial_tree(fixture, 0, microbatches, draws, sums);
    must(elbow_evaluate(&fixture->request, &found, &error), &error);
    mpi_assert(same(get(&found, ELBOW_FIGURE_SAMPLES), samples));
    mpi_assert(same(get(&found, ELBOW_FIGURE_RECON), sums[ELBOW_STATISTIC_RECON] / samples));
    mpi_assert(same(get(&found, ELBOW_FIGURE_KL), sums[ELBOW_STATISTIC_KL] / samples));
    mpi_assert(same(get(&found, ELBOW_FIGURE_ELBO), get(&found, ELBOW_FIGURE_RECON) - get(&found, ELBOW_FIGURE_KL)));
    mpi_assert(same(get(&found, ELBOW_FIGURE_OBJECTIVE), sums[ELBOW_STATISTIC_OBJECTIVE] / samples));
    mpi_assert(get(&found, ELBOW_FIGURE_ACTIVE_UNITS) == (double)elbow_statistics_active(sums, LATENT));
    mpi_assert(found.latent == LATENT);
    bool same_kl = true;
    for (size_t j = 0; j < LATENT; ++j)
        same_kl &= same(found.kl[j], sums[ELBOW_STATISTIC_HEAD + j] / samples);
    mpi_assert(same_kl);
    mpi_assert(found.figures.is_given[ELBOW_FIGURE_LOG_LIKELIHOOD] == (draws > 0));
    mpi_assert(found.figures.is_given[ELBOW_FIGURE_EFFECTIVE_SAMPLES] == (draws > 0));
    mpi_assert(draws == 0 || same(get(&found, ELBOW_FIGURE_LOG_LIKELIHOOD), sums[LOG_LIKELIHOOD] / samples));
    mpi_assert(draws == 0 || same(get(&found, ELBOW_FIGURE_EFFECTIVE_SAMPLES), sums[EFFECTIVE] / samples));
    mpi_assert(found.class_count == 0);
    elbow_evaluation_clear(&found);
    mpi_assert(elbow_memory_count().blocks == blocks);
}

START_TEST(the_bits_of_serial_loops)
{
    struct fixture fixture;
    setup(&fixture);
    static const uint64_t samples[] = {SAMPLES, 28, 1, 4, 5, 8, 9, 61}; // 1 to 16 microbatches, some fewer than ranks
    for (size_t i = 0; i < sizeof samples / sizeof *samples; ++i) {
        load_synthetic(&fixture, samples[i]);
        fixture.request.importance = 0;
        check_exact(&fixture);
        fixture.request.importance = 5;
        check_exact(&fixture);
        elbow_dataset_unload(mpi_comm, &fixture.dataset);
    }
    evaluation_teardown(&fixture);
}
END_TEST

START_TEST(the_bits_on_pretended_nodes)
{
    static const int64_t nodes[][4] = {{0, 1, 2, 3}, {0, 1, 0, 1}, {0, 1, 1, 1}, {0, 0, 0, 0}}; // the last: as it was
    size_t ranks = (size_t)elbow_comm_place(mpi_comm).size;
    mpi_assert(ranks <= 4);
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; ++i) {
        struct fixture fixture;
        struct elbow_error error = {0};
        must(elbow_comm_pretend(mpi_comm, nodes[i], ranks, &error), &error);
        setup(&fixture);
        load_synthetic(&fixture, SAMPLES);
        fixture.request.importance = 3;
        check_exact(&fixture);
        evaluation_teardown(&fixture);
    }
}
END_TEST

// With one draw the bound is a sample of the ELBO: log p(x|z) + log p(z) - log q(z|x), instead of the analytic KL.
START_TEST(one_importance_sample_is_a_draw_of_the_elbo)
{
    struct fixture fixture;
    struct elbow_evaluation found;
    struct elbow_error error = {0};
    setup(&fixture);
    load_synthetic(&fixture, SAMPLES);
    fixture.request.importance = 1;
    must(elbow_evaluate(&fixture.request, &found, &error), &error);
    mpi_assert(same(get(&found, ELBOW_FIGURE_EFFECTIVE_SAMPLES), 1));
    double sum = 0;
    for (uint64_t i = 0; i < SAMPLES; ++i) {
        struct elbow_binarizer binarizer = {.kind = ELBOW_BINARIZE_SAMPLE,
                                            .seed = (uint64_t)fixture.config.seed,
                                            .purpose = ELBOW_PURPOSE_EVAL_BINARIZE};
        float values[VALUES], noise[LATENT], head[2 * LATENT];
        double recon, statistics[WIDTH_MAX], log_ratio = 0;
        elbow_batch_gather(&fixture.dataset, &binarizer, 1, &i, values);
        elbow_batch_noise((uint64_t)fixture.config.seed, ELBOW_PURPOSE_IMPORTANCE, 0, 1, &i, LATENT, noise);
        struct elbow_microbatch row = {.rows = 1, .values = values, .noise = noise};
        elbow_model_evaluate(fixture.model, fixture.parameters, row, (struct elbow_terms){.beta = 1}, statistics,
                             (struct elbow_row_results){.head = head, .recon = &recon});
        for (int j = 0; j < LATENT; ++j) {
            double mean = (double)head[j], log_variance = (double)head[LATENT + j], e = (double)noise[j];
            double z = mean + exp(log_variance / 2) * e;
            log_ratio += (e * e + log_variance - z * z) / 2;
        }
        sum += recon + log_ratio;
    }
    // Single precision inside the model: a few 1e-7 of each of some 12 + 3 terms of size one, a sample; 1e-5 is ample.
    double one = get(&found, ELBOW_FIGURE_LOG_LIKELIHOOD);
    mpi_assert(fabs(one - sum / SAMPLES) < 1e-5 * (1 + fabs(sum / SAMPLES)));
    // And a bound on itself: more draws are never worse, except by chance (Burda et al. 2015, theorem 1).
    struct elbow_evaluation many;
    fixture.request.importance = 200;
    must(elbow_evaluate(&fixture.request, &many, &error), &error);
    double effective = get(&many, ELBOW_FIGURE_EFFECTIVE_SAMPLES);
    mpi_assert(get(&many, ELBOW_FIGURE_LOG_LIKELIHOOD) > one - 0.5 && effective > 1 && effective <= 200);
    mpi_assert(same(get(&many, ELBOW_FIGURE_ELBO), get(&found, ELBOW_FIGURE_ELBO)));
    elbow_evaluation_clear(&many);
    elbow_evaluation_clear(&found);
    evaluation_teardown(&fixture);
}
END_TEST

// But for roundings of double, a few dozen.
static bool is_near(double value, double wanted)
{
    return fabs(value - wanted) <= 1e-12 * fabs(wanted);
}

START_TEST(classes_add_up_to_the_whole)
{
    struct fixture fixture;
    struct elbow_evaluation found;
    struct elbow_error error = {0};
    static const int64_t names[] = {-7, 0, 3, INT64_MAX};
    int64_t labels[SAMPLES];
    setup(&fixture);
    for (int i = 0; i < SAMPLES; ++i)
        labels[i] = names[(i * i + i / 5) % 4];
    load_labelled(&fixture, labels);
    fixture.request.per_class = true;
    must(elbow_evaluate(&fixture.request, &found, &error), &error);
    mpi_assert(found.class_count == 4);
    double samples = 0, recon = 0, kl = 0;
    bool sorted = true;
    for (size_t c = 0; c < found.class_count; ++c) {
        struct elbow_figures *of_class = &found.classes[c].figures;
        double its = elbow_figures_get(of_class, ELBOW_FIGURE_SAMPLES), expected = 0;
        double its_recon = elbow_figures_get(of_class, ELBOW_FIGURE_RECON);
        double its_kl = elbow_figures_get(of_class, ELBOW_FIGURE_KL);
        for (int i = 0; i < SAMPLES; ++i)
            expected += labels[i] == names[c];
        sorted &= found.classes[c].label == names[c] && its == expected;
        sorted &= same(elbow_figures_get(of_class, ELBOW_FIGURE_ELBO), its_recon - its_kl);
        samples += its;
        recon += its * its_recon;
        kl += its * its_kl;
    }
    mpi_assert(sorted && samples == SAMPLES);
    // The same terms added in another order.
    mpi_assert(is_near(recon / SAMPLES, get(&found, ELBOW_FIGURE_RECON)));
    mpi_assert(is_near(kl / SAMPLES, get(&found, ELBOW_FIGURE_KL)));
    elbow_evaluation_clear(&found);
    fixture.request.per_class = false;
    must(elbow_evaluate(&fixture.request, &found, &error), &error);
    mpi_assert(found.class_count == 0);
    elbow_evaluation_clear(&found);
    evaluation_teardown(&fixture);
}
END_TEST

// Every class against the rows with its label, one by one.
START_TEST(a_class_is_its_rows)
{
    struct fixture fixture;
    struct elbow_evaluation found;
    struct elbow_error error = {0};
    int64_t labels[SAMPLES];
    setup(&fixture);
    for (int i = 0; i < SAMPLES; ++i)
        labels[i] = i % 3;
    load_labelled(&fixture, labels);
    fixture.request.per_class = true;
    must(elbow_evaluate(&fixture.request, &found, &error), &error);
    double recon[3] = {0}, kl[3] = {0};
    struct elbow_collation collation = elbow_collation_of_evaluation(&fixture.config, &fixture.dataset);
    struct elbow_collated collated;
    must(elbow_collated_create(&collation, MICROBATCH, &collated, &error), &error);
    for (uint64_t first = 0; first < SAMPLES; first += MICROBATCH) {
        size_t rows = SAMPLES - first < MICROBATCH ? (size_t)(SAMPLES - first) : MICROBATCH;
        double row_recon[MICROBATCH], row_kl[MICROBATCH], statistics[WIDTH_MAX];
        struct elbow_microbatch microbatch = elbow_evaluation_microbatch(&collation, first, rows, &collated);
        elbow_model_evaluate(fixture.model, fixture.parameters, microbatch, (struct elbow_terms){.beta = 1}, statistics,
                             (struct elbow_row_results){.recon = row_recon, .kl = row_kl});
        for (size_t i = 0; i < rows; ++i) {
            recon[microbatch.about.ids[i] % 3] += row_recon[i];
            kl[microbatch.about.ids[i] % 3] += row_kl[i];
        }
    }
    elbow_collated_destroy(&collated);
    mpi_assert(found.class_count == 3);
    for (int c = 0; c < 3; ++c) { // nine terms each, added in another order
        mpi_assert(is_near(recon[c] / 9, elbow_figures_get(&found.classes[c].figures, ELBOW_FIGURE_RECON)));
        mpi_assert(is_near(kl[c] / 9, elbow_figures_get(&found.classes[c].figures, ELBOW_FIGURE_KL)));
    }
    elbow_evaluation_clear(&found);
    evaluation_teardown(&fixture);
}
END_TEST

// A variance that the training data settle is never settled again by the evaluated data, in pieces of any size: Rybkin
// et al. 2021 (sigma-VAE), whose released evaluation uses that of each batch.
START_TEST(two_sizes_of_microbatch_agree)
{
    static const char *const sizes[] = {"train.microbatch=4", "train.microbatch=9", "train.microbatch=27"};
    static const enum elbow_figure_kind figures[] = {ELBOW_FIGURE_ELBO, ELBOW_FIGURE_RECON, ELBOW_FIGURE_KL,
                                                     ELBOW_FIGURE_VARIANCE, ELBOW_FIGURE_RESIDUAL};
    struct elbow_evaluation first = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        struct fixture fixture;
        struct elbow_evaluation found;
        struct elbow_error error = {0};
        const char *const settings[] = {"data.synthetic=27", "data.binarize=none",
                                        "model.likelihood={gaussian: {variance: optimal}}", sizes[i], NULL};
        evaluation_setup(&fixture, VALUES, settings);
        load_synthetic(&fixture, SAMPLES);
        must(elbow_evaluate(&fixture.request, &found, &error), &error);
        mpi_assert(isfinite(get(&found, ELBOW_FIGURE_ELBO)));
        // Products of other sizes may round their single-precision sums differently, by the processor.
        for (size_t k = 0; i > 0 && k < sizeof figures / sizeof *figures; ++k)
            mpi_assert(fabs(get(&found, figures[k]) / get(&first, figures[k]) - 1) < 1e-6);
        if (i == 0)
            first = found;
        else
            elbow_evaluation_clear(&found);
        evaluation_teardown(&fixture);
    }
    elbow_evaluation_clear(&first);
}
END_TEST

START_TEST(a_rank_without_memory_stops_all)
{
    struct fixture fixture;
    struct elbow_place place = elbow_comm_place(mpi_comm);
    setup(&fixture);
    load_synthetic(&fixture, SAMPLES);
    fixture.request.importance = 2;
    size_t blocks = elbow_memory_count().blocks;
    int failures = 0;
    for (uint64_t n = 1;; ++n) {
        struct elbow_evaluation found;
        struct elbow_error error = {0};
        if (place.rank == place.size - 1)
            elbow_memory_fail_at(n);
        enum elbow_status status = elbow_evaluate(&fixture.request, &found, &error);
        elbow_memory_fail_at(0);
        mpi_assert(status == ELBOW_OK || (status == ELBOW_MEMORY && error.status == ELBOW_MEMORY));
        mpi_assert(status == ELBOW_OK || (found.kl == NULL && found.classes == NULL));
        elbow_evaluation_clear(&found);
        mpi_assert(elbow_memory_count().blocks == blocks);
        if (status == ELBOW_OK)
            break;
        ++failures;
    }
    mpi_assert(failures > 10);
    evaluation_teardown(&fixture);
}
END_TEST

MPI_UNIT_MAIN("evaluate/evaluator", the_bits_of_serial_loops, the_bits_on_pretended_nodes,
              one_importance_sample_is_a_draw_of_the_elbo, classes_add_up_to_the_whole, a_class_is_its_rows,
              two_sizes_of_microbatch_agree, a_rank_without_memory_stops_all)
