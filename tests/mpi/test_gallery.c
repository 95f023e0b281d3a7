// SPDX-License-Identifier: BSD-3-Clause
// Galleries and encodings against the results of the model row by row: right content, in order, for any number of ranks
// and of samples; no files are left if they cannot be written.
#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "elbow/evaluate/encoder.h"
#include "elbow/evaluate/evaluator.h"
#include "elbow/evaluate/gallery.h"
#include "evaluation_fixture.h"
#include "scratch_open.h"

#include <math.h>
#include <sys/stat.h>

enum { HEIGHT = 5, WIDTH = 6, VALUES = HEIGHT * WIDTH, LATENT = 3, SAMPLES = 23, MICROBATCH = 4 };

static void set(struct fixture *fixture, const char *assignment)
{
    struct elbow_error error = {0};
    must(elbow_config_set(&fixture->config, assignment, &error), &error);
}

static void setup(struct fixture *fixture, bool images)
{
    static const char *const settings[] = {"data.synthetic=23", "model.encoder=[dense: {units: 7}]", NULL};
    struct elbow_integers shape = {.count = images ? 2 : 1, .values = {images ? HEIGHT : VALUES, WIDTH}};
    evaluation_setup(fixture, VALUES, settings);
    evaluation_load(fixture,
                    &(struct elbow_dataset_request){
                        .synthetic = SAMPLES, .seed = 3, .shape = &shape, .demand = {.support = ELBOW_SUPPORT_BINARY}});
}

// Rank zero reads rows [0, rows) of a dataset of a file; true if it has exactly those.
static bool read_back(const char *path, const char *name, uint64_t rows, void *out)
{
    struct elbow_error error = {0};
    struct elbow_hdf5 *file = NULL;
    struct elbow_hdf5_info info;
    if (!is_root())
        return true;
    bool is_read = elbow_hdf5_open(path, &file, &error) == ELBOW_OK &&
                   elbow_hdf5_describe_dataset(file, name, &info, &error) == ELBOW_OK && info.shape[0] == rows &&
                   elbow_hdf5_read_rows(file, name, 0, rows, out, &error) == ELBOW_OK;
    elbow_hdf5_close(file, NULL);
    if (!is_read)
        fprintf(stderr, "%s: %s\n", path, error.message);
    return is_read;
}

// Sample `number`, out of the full microbatch that it lies in.
static void expected_sample(const struct fixture *fixture, uint64_t seed, uint64_t number, float *mean)
{
    uint64_t first = number / MICROBATCH * MICROBATCH, ids[MICROBATCH];
    float z[MICROBATCH * LATENT], means[MICROBATCH * VALUES];
    for (uint64_t i = 0; i < MICROBATCH; ++i)
        ids[i] = first + i;
    elbow_batch_noise(seed, ELBOW_PURPOSE_SAMPLE_LATENT, 0, MICROBATCH, ids, LATENT, z);
    elbow_model_decode(fixture->model, fixture->parameters, MICROBATCH, z, means);
    memcpy(mean, means + (number - first) * VALUES, VALUES * sizeof *mean);
}

START_TEST(samples_are_keyed_by_their_number)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    setup(&fixture, true);
    static const uint64_t counts[] = {1, 3, 4, 5, 22};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; ++c) {
        float found[22 * VALUES] = {0}, mean[VALUES], drawn[VALUES];
        const char *path = scratch_path(&fixture.scratch, "samples.h5");
        mpi_assert(elbow_gallery_samples(&fixture.gallery, path, counts[c], 8, false, &error) == ELBOW_OK);
        mpi_assert(read_back(path, "/samples", counts[c], found));
        bool same = true;
        for (uint64_t i = 0; i < counts[c]; ++i) {
            expected_sample(&fixture, 8, i, mean);
            same &= !is_root() || memcmp(mean, found + i * VALUES, sizeof mean) == 0;
        }
        mpi_assert(same);
        mpi_assert(elbow_gallery_samples(&fixture.gallery, path, counts[c], 8, true, &error) == ELBOW_OK);
        mpi_assert(read_back(path, "/samples", counts[c], found));
        for (uint64_t i = 0; i < counts[c]; ++i) {
            struct elbow_stream stream = {.seed = 8, .purpose = ELBOW_PURPOSE_SAMPLE_DRAW, .id = i};
            expected_sample(&fixture, 8, i, mean);
            elbow_random_uniform(stream, VALUES, drawn);
            for (size_t d = 0; d < VALUES; ++d)
                drawn[d] = drawn[d] < mean[d];
            same &= !is_root() || memcmp(drawn, found + i * VALUES, sizeof drawn) == 0;
        }
        mpi_assert(same);
    }
    evaluation_teardown(&fixture);
}
END_TEST

START_TEST(reconstructions_beside_their_originals)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    setup(&fixture, true);
    enum { FIRST = 2, COUNT = 9 };
    float originals[COUNT * VALUES], reconstructions[COUNT * VALUES];
    const char *path = scratch_path(&fixture.scratch, "pairs.h5");
    mpi_assert(elbow_gallery_reconstructions(&fixture.gallery, &fixture.dataset, path, FIRST, COUNT, 1, false,
                                             &error) == ELBOW_OK);
    mpi_assert(read_back(path, "/originals", COUNT, originals));
    mpi_assert(read_back(path, "/reconstructions", COUNT, reconstructions));
    bool same = true;
    struct elbow_collation collation = elbow_collation_of_evaluation(&fixture.config, &fixture.dataset);
    struct elbow_collated collated;
    mpi_assert(elbow_collated_create(&collation, MICROBATCH, &collated, &error) == ELBOW_OK);
    for (size_t i = 0; i < COUNT; i += MICROBATCH) {
        size_t rows = COUNT - i < MICROBATCH ? COUNT - i : MICROBATCH;
        float z[MICROBATCH * LATENT], means[MICROBATCH * VALUES];
        struct elbow_microbatch microbatch = elbow_evaluation_microbatch(&collation, FIRST + i, rows, &collated);
        const float *head = elbow_model_encode(fixture.model, fixture.parameters, &microbatch);
        for (size_t k = 0; k < rows * LATENT; ++k)
            z[k] = head[k / LATENT * 2 * LATENT + k % LATENT];
        elbow_model_decode(fixture.model, fixture.parameters, rows, z, means);
        size_t bytes = rows * VALUES * sizeof(float);
        same &= !is_root() || (memcmp(microbatch.values, originals + i * VALUES, bytes) == 0 &&
                               memcmp(means, reconstructions + i * VALUES, bytes) == 0);
    }
    elbow_collated_destroy(&collated);
    mpi_assert(same);
    mpi_assert(elbow_gallery_reconstructions(&fixture.gallery, &fixture.dataset, path, SAMPLES - 1, 2, 1, false,
                                             &error) == ELBOW_USAGE);
    evaluation_teardown(&fixture);
}
END_TEST

static bool exists(struct fixture *fixture, const char *name)
{
    return access(scratch_path(&fixture->scratch, name), F_OK) == 0;
}

// Rank zero: the numbers of a CSV table, and how many lines.
static size_t read_table(const char *path, float *numbers, size_t room, size_t *lines)
{
    size_t count = 0;
    FILE *stream = fopen(path, "r");
    char end;
    *lines = 0;
    while (stream != NULL && count < room && fscanf(stream, "%g%c", &numbers[count], &end) == 2) {
        ++count;
        *lines += end == '\n';
    }
    if (stream != NULL)
        fclose(stream);
    return count;
}

START_TEST(pictures_of_a_step)
{
    static const char *const others[] = {"samples/mine.txt", "samples/step-00000090.png.part",
                                         "samples/step-00000090.notes.txt", "samples/step-90.png",
                                         "samples/reconstruction-00000090.jpg"}; // names that no run gives
    struct fixture fixture;
    struct elbow_error error = {0};
    setup(&fixture, true);
    set(&fixture, "samples.count=10");
    struct elbow_directory directory = {0};
    struct elbow_pending pending = {.directory = &directory};
    if (is_root())
        directory = scratch_open(fixture.scratch.directory);
    fixture.gallery.pending = &pending;
    mpi_assert(elbow_gallery_step(&fixture.gallery, &fixture.dataset, 70, &error) == ELBOW_OK);
    mpi_assert(elbow_gallery_step(&fixture.gallery, NULL, 80, &error) == ELBOW_OK);
    elbow_comm_barrier(mpi_comm);
    if (is_root())
        for (size_t i = 0; i < sizeof others / sizeof *others; ++i)
            scratch_write(scratch_path(&fixture.scratch, others[i]), "x", 1);
    elbow_comm_barrier(mpi_comm);
    mpi_assert(exists(&fixture, "samples/step-00000070.png") && exists(&fixture, "samples/step-00000080.png"));
    mpi_assert(exists(&fixture, "samples/reconstruction-00000070.png"));
    mpi_assert(!exists(&fixture, "samples/reconstruction-00000080.png"));
    elbow_comm_barrier(mpi_comm);
    if (is_root()) {
        elbow_gallery_cut(&directory, 70);
    }
    elbow_comm_barrier(mpi_comm);
    mpi_assert(exists(&fixture, "samples/step-00000070.png") && !exists(&fixture, "samples/step-00000080.png"));
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i)
        mpi_assert(exists(&fixture, others[i]));
    elbow_comm_barrier(mpi_comm);
    if (is_root())
        elbow_gallery_cut(&directory, 69);
    elbow_comm_barrier(mpi_comm);
    mpi_assert(!exists(&fixture, "samples/reconstruction-00000070.png"));
    elbow_directory_close(&directory);
    evaluation_teardown(&fixture);
}
END_TEST

START_TEST(data_that_are_no_images)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    setup(&fixture, false);
    set(&fixture, "samples.count=6");
    struct elbow_directory directory = {0};
    struct elbow_pending pending = {.directory = &directory};
    if (is_root())
        directory = scratch_open(fixture.scratch.directory);
    fixture.gallery.pending = &pending;
    mpi_assert(elbow_gallery_samples(&fixture.gallery, "x.png", 3, 1, false, &error) == ELBOW_USAGE);
    mpi_assert(elbow_gallery_samples(&fixture.gallery, "x.jpg", 3, 1, false, &error) == ELBOW_USAGE);
    mpi_assert(elbow_gallery_samples(&fixture.gallery, "x.h5", 0, 1, false, &error) == ELBOW_USAGE);
    mpi_assert(elbow_gallery_step(&fixture.gallery, &fixture.dataset, 5, &error) == ELBOW_OK);
    elbow_comm_barrier(mpi_comm);
    mpi_assert(!exists(&fixture, "samples/step-00000005.png"));
    mpi_assert(exists(&fixture, "samples/step-00000005.h5") && exists(&fixture, "samples/reconstruction-00000005.csv"));
    float binary[6 * VALUES] = {0}, text[7 * VALUES];
    size_t lines = 0;
    mpi_assert(read_back(scratch_path(&fixture.scratch, "samples/step-00000005.h5"), "/samples", 6, binary));
    size_t count = read_table(scratch_path(&fixture.scratch, "samples/step-00000005.csv"), text, 7 * VALUES, &lines);
    mpi_assert(count == 6 * VALUES && lines == 6);
    mpi_assert(!is_root() || memcmp(binary, text, sizeof binary) == 0); // nine digits are every bit of a float
    count = read_table(scratch_path(&fixture.scratch, "samples/reconstruction-00000005.csv"), text, 7 * VALUES, &lines);
    mpi_assert(count == 6 * VALUES && lines == 6); // three pairs
    fixture.gallery.pending = NULL;
    elbow_directory_close(&directory);
    evaluation_teardown(&fixture);
}
END_TEST

static bool is_near(double value, const struct elbow_evaluation *evaluation, enum elbow_figure_kind kind)
{
    return fabs(value - elbow_figures_get(&evaluation->figures, kind)) < 1e-12 * fabs(value);
}

START_TEST(encodings_add_up_to_the_evaluation)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    struct elbow_evaluation evaluation = {0};
    setup(&fixture, true);
    fixture.request.importance = 3;
    const char *path = scratch_path(&fixture.scratch, "codes.h5");
    mpi_assert(elbow_evaluate(&fixture.request, &evaluation, &error) == ELBOW_OK);
    mpi_assert(elbow_encode(&fixture.request,
                            &(struct elbow_encode_output){.path = path, .publish = ELBOW_PUBLISH_REPLACE},
                            &error) == ELBOW_OK);
    double recon[SAMPLES], kl[SAMPLES], elbo[SAMPLES], likelihood[SAMPLES], effective[SAMPLES], sums[4] = {0};
    float mean[SAMPLES * LATENT], log_variance[SAMPLES * LATENT];
    mpi_assert(read_back(path, "/recon", SAMPLES, recon) && read_back(path, "/kl", SAMPLES, kl));
    mpi_assert(read_back(path, "/elbo", SAMPLES, elbo) && read_back(path, "/log_likelihood", SAMPLES, likelihood));
    mpi_assert(read_back(path, "/effective_samples", SAMPLES, effective));
    mpi_assert(read_back(path, "/mean", SAMPLES, mean) && read_back(path, "/log_variance", SAMPLES, log_variance));
    bool fits = true;
    for (size_t i = 0; is_root() && i < SAMPLES; ++i) {
        double sum = 0;
        for (size_t j = 0; j < LATENT; ++j) {
            double m = mean[i * LATENT + j], s = log_variance[i * LATENT + j];
            sum += 0.5 * (m * m + exp(s) - 1 - s);
        }
        // The KL terms are floats: some rounding of exp() and of the cancelling sum, at values of about one.
        fits &= fabs(sum - kl[i]) < 1e-5 && elbo[i] == recon[i] - kl[i];
        sums[0] += elbo[i] / SAMPLES;
        sums[1] += kl[i] / SAMPLES;
        sums[2] += likelihood[i] / SAMPLES;
        sums[3] += effective[i] / SAMPLES;
    }
    // Sums of 23 doubles in another order.
    fits &= !is_root() ||
            (is_near(sums[0], &evaluation, ELBOW_FIGURE_ELBO) && is_near(sums[1], &evaluation, ELBOW_FIGURE_KL) &&
             is_near(sums[2], &evaluation, ELBOW_FIGURE_LOG_LIKELIHOOD) &&
             is_near(sums[3], &evaluation, ELBOW_FIGURE_EFFECTIVE_SAMPLES));
    mpi_assert(fits);
    elbow_evaluation_clear(&evaluation);
    evaluation_teardown(&fixture);
}
END_TEST

static enum elbow_status encode_to(struct fixture *fixture, const char *name, enum elbow_publish publish,
                                   struct elbow_error *error)
{
    return elbow_encode(
        &fixture->request,
        &(struct elbow_encode_output){.path = scratch_path(&fixture->scratch, name), .publish = publish}, error);
}

// A file that has taken the name stays, and all ranks get the error; with a request to replace it, they do.
START_TEST(what_is_there_stays_unless_told)
{
    static const char *const names[] = {"a.png", "a.h5", "a.csv", "b.h5"};
    struct fixture fixture;
    struct elbow_error error = {0};
    setup(&fixture, true);
    for (int i = 0; i < 4; ++i) {
        const char *path = scratch_path(&fixture.scratch, names[i]);
        bool encodes = i == 3;
        if (is_root())
            scratch_write(path, "mine", 4);
        for (int force = 0; force < 2; ++force) {
            enum elbow_publish publish = elbow_output_publishing(force == 1);
            fixture.gallery.publish = publish;
            enum elbow_status status = encodes ? encode_to(&fixture, names[i], publish, &error)
                                               : elbow_gallery_samples(&fixture.gallery, path, 3, 1, false, &error);
            mpi_assert(status == (force == 1 ? ELBOW_OK : ELBOW_FILE));
            mpi_assert(force == 1 || strstr(error.message, "another program has made this file meanwhile") != NULL);
            mpi_assert(force == 1 || !is_root() || scratch_holds(path, "mine", 4));
            mpi_assert((!is_root() || scratch_parts(&fixture.scratch) == 0));
        }
        mpi_assert(!is_root() || !scratch_holds(path, "mine", 4));
    }
    evaluation_teardown(&fixture);
}
END_TEST

START_TEST(nothing_is_left_of_what_failed)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    setup(&fixture, true);
    static const char *const names[] = {"missing/a.png", "missing/a.h5", "missing/a.csv"};
    for (size_t i = 0; i < 3; ++i)
        mpi_assert(elbow_gallery_samples(&fixture.gallery, scratch_path(&fixture.scratch, names[i]), 3, 1, false,
                                         &error) == ELBOW_OUTPUT);
    mpi_assert(encode_to(&fixture, names[1], ELBOW_PUBLISH_REPLACE, &error) == ELBOW_OUTPUT);
    mpi_assert(encode_to(&fixture, "a.png", ELBOW_PUBLISH_REPLACE, &error) == ELBOW_USAGE);
    // A directory has the name of the file: the part was written, and must not stay.
    if (is_root()) {
        mkdir(scratch_path(&fixture.scratch, "d.h5"), 0777);
        mkdir(scratch_path(&fixture.scratch, "d.csv"), 0777);
    }
    elbow_comm_barrier(mpi_comm);
    mpi_assert(encode_to(&fixture, "d.h5", ELBOW_PUBLISH_REPLACE, &error) == ELBOW_OUTPUT);
    mpi_assert(elbow_gallery_samples(&fixture.gallery, scratch_path(&fixture.scratch, "d.csv"), 3, 1, false, &error) ==
               ELBOW_OUTPUT);
    mpi_assert((!is_root() || scratch_parts(&fixture.scratch) == 0));
    // A rank without memory: all stop, nothing appears.
    size_t blocks = elbow_memory_count().blocks;
    for (uint64_t nth = 1; nth <= 6; ++nth) {
        struct elbow_place place = elbow_comm_place(mpi_comm);
        elbow_memory_fail_at(place.rank == place.size - 1 ? nth : 0);
        enum elbow_status status =
            elbow_gallery_samples(&fixture.gallery, scratch_path(&fixture.scratch, "m.csv"), 3, 1, false, &error);
        elbow_memory_fail_at(0);
        mpi_assert(status == ELBOW_MEMORY);
        mpi_assert(!exists(&fixture, "m.csv") && (!is_root() || scratch_parts(&fixture.scratch) == 0));
        mpi_assert(elbow_memory_count().blocks == blocks);
    }
    evaluation_teardown(&fixture);
}
END_TEST

MPI_UNIT_MAIN("run/gallery", samples_are_keyed_by_their_number, reconstructions_beside_their_originals,
              pictures_of_a_step, data_that_are_no_images, encodings_add_up_to_the_evaluation,
              what_is_there_stays_unless_told, nothing_is_left_of_what_failed)
