// SPDX-License-Identifier: BSD-3-Clause
// Training runs: their files, resumes, failures.
#include "elbow/base/file.h"
#include "elbow/base/lock.h"

#include "trainer_fixture.h"

START_TEST(a_run_leaves_its_files)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    FILE *screen = fopen("/dev/null", "w");
    fixture.log = elbow_log_open(is_root(), screen);
    size_t before = elbow_memory_count().blocks;
    mpi_assert(start(&fixture) == ELBOW_OK);
    mpi_assert(elbow_memory_count().blocks == before);
    elbow_log_close(&fixture.log);
    fclose(screen);
    static const char *const names[] = {"config.yaml",
                                        "metrics.csv",
                                        "kl.csv",
                                        "log.txt",
                                        "receipt.txt",
                                        "checkpoints/step-00000002.h5",
                                        "checkpoints/step-00000004.h5",
                                        "checkpoints/best.h5",
                                        "samples/step-00000003.png",
                                        "samples/step-00000004.png",
                                        "samples/reconstruction-00000004.png"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        bool is_there = run_has(&fixture, names[i]);
        ck_assert_msg(is_there, "%s is not there", names[i]);
    }
    mpi_assert(!run_has(&fixture, "samples/step-00000002.png"));
    size_t size;
    char *table = run_bytes(&fixture, "metrics.csv", &size);
    size_t lines = 0;
    for (size_t i = 0; i < size; ++i)
        lines += table[i] == '\n';
    mpi_assert(!is_root() || lines == 1 + 2 * 4); // a header; train and valid rows of four steps
    free(table);
    trainer_teardown(&fixture);
}
END_TEST

START_TEST(a_directory_with_a_run_is_respected)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    fixture.request.resume = ELBOW_RESUME_ALWAYS;
    mpi_assert(start(&fixture) == ELBOW_FILE && strstr(fixture.error.message, "no checkpoint") != NULL);
    fixture.request.resume = ELBOW_RESUME_AUTO;
    mpi_assert(start(&fixture) == ELBOW_OK);
    mpi_assert(start(&fixture) == ELBOW_OK); // finished already
    fixture.request.resume = ELBOW_RESUME_NEVER;
    mpi_assert(start(&fixture) == ELBOW_USAGE && strstr(fixture.error.message, "--resume") != NULL);
    mpi_assert(run_has(&fixture, "checkpoints/step-00000004.h5"));
    fixture.request.overwrite = true;
    set(&fixture, "train.epochs=1");
    mpi_assert(start(&fixture) == ELBOW_OK);
    mpi_assert(run_has(&fixture, "checkpoints/step-00000002.h5"));
    mpi_assert(!run_has(&fixture, "checkpoints/step-00000004.h5"));
    mpi_assert(run_has(&fixture, "../run.old-1/checkpoints/step-00000004.h5"));
    trainer_teardown(&fixture);
}
END_TEST

START_TEST(a_stopped_run_goes_on_to_the_same_bytes)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    size_t whole_size, size;
    mpi_assert(start(&fixture) == ELBOW_OK);
    void *whole = run_bytes(&fixture, "checkpoints/step-00000004.h5", &whole_size);
    for (int64_t stop = 1; stop <= 3; ++stop) {
        forget_run(&fixture);
        fixture.request.resume = ELBOW_RESUME_NEVER;
        fixture.config.run.stop_after = stop;
        mpi_assert(start(&fixture) == ELBOW_STOPPED);
        fixture.request.resume = ELBOW_RESUME_ALWAYS;
        fixture.config.run.stop_after = 0;
        mpi_assert(start(&fixture) == ELBOW_OK);
        void *bytes = run_bytes(&fixture, "checkpoints/step-00000004.h5", &size);
        mpi_assert(!is_root() || (size == whole_size && memcmp(bytes, whole, size) == 0));
        free(bytes);
    }
    free(whole);
    trainer_teardown(&fixture);
}
END_TEST

START_TEST(a_damaged_newest_checkpoint_is_passed_over)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    size_t whole_size, size;
    mpi_assert(start(&fixture) == ELBOW_OK);
    unsigned char *whole = run_bytes(&fixture, "checkpoints/step-00000004.h5", &whole_size);
    if (is_root()) {
        char path[400];
        snprintf(path, sizeof path, "%s/checkpoints/step-00000004.h5", fixture.run);
        whole[whole_size / 2] ^= 1;
        scratch_write(path, whole, whole_size);
        whole[whole_size / 2] ^= 1;
    }
    fixture.request.resume = ELBOW_RESUME_ALWAYS;
    mpi_assert(start(&fixture) == ELBOW_OK);
    void *bytes = run_bytes(&fixture, "checkpoints/step-00000004.h5", &size);
    mpi_assert(!is_root() || (size == whole_size && memcmp(bytes, whole, size) == 0));
    free(bytes);
    free(whole);
    trainer_teardown(&fixture);
}
END_TEST

START_TEST(two_runs_in_a_directory_are_refused)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    struct elbow_lock lock = {0};
    struct elbow_error error = {0};
    fixture.config.run.stop_after = 1;
    mpi_assert(start(&fixture) == ELBOW_STOPPED);
    mpi_assert(!run_has(&fixture, "lock"));
    struct elbow_directory directory = {0};
    mpi_assert(!is_root() || (elbow_directory_open(fixture.run, &directory, &error) == ELBOW_OK &&
                              elbow_lock_take(&directory, &fixture.log, &lock, &error) == ELBOW_OK));
    static const enum elbow_resume resumes[] = {ELBOW_RESUME_NEVER, ELBOW_RESUME_ALWAYS, ELBOW_RESUME_AUTO};
    for (size_t i = 0; i < 4; ++i) {
        fixture.request.resume = i < 3 ? resumes[i] : ELBOW_RESUME_NEVER;
        fixture.request.overwrite = i == 3;
        mpi_assert(start(&fixture) == ELBOW_FILE && strstr(fixture.error.message, "another run") != NULL);
    }
    mpi_assert(!run_has(&fixture, "../run.old-1"));
    elbow_lock_release(&lock);
    elbow_directory_close(&directory);
    mpi_assert(start(&fixture) == ELBOW_STOPPED); // moves the former run aside
    mpi_assert(run_has(&fixture, "../run.old-1/checkpoints/step-00000001.h5"));
    mpi_assert(!run_has(&fixture, "../run.old-1/lock"));
    trainer_teardown(&fixture);
}
END_TEST

START_TEST(a_resume_must_fit)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    fixture.config.run.stop_after = 2;
    mpi_assert(start(&fixture) == ELBOW_STOPPED);
    fixture.request.resume = ELBOW_RESUME_ALWAYS;
    size_t before = elbow_memory_count().blocks;
    set(&fixture, "train.rate=0.5");
    mpi_assert(start(&fixture) == ELBOW_CONFIG && strstr(fixture.error.message, "train.rate") != NULL);
    set(&fixture, "train.rate=0.001");
    write_data(&fixture, SAMPLES + 1);
    mpi_assert(start(&fixture) == ELBOW_MISMATCH && strstr(fixture.error.message, "13") != NULL);
    mpi_assert(elbow_memory_count().blocks == before);
    trainer_teardown(&fixture);
}
END_TEST

START_TEST(too_many_ranks_are_told)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    set(&fixture, "train.microbatch=8"); // one microbatch
    bool is_enough = elbow_comm_place(mpi_comm).size == 1;
    mpi_assert(start(&fixture) == (is_enough ? ELBOW_OK : ELBOW_CONFIG));
    mpi_assert(is_enough || strstr(fixture.error.message, "microbatch") != NULL);
    trainer_teardown(&fixture);
}
END_TEST

// Rank zero puts a file, or a folder, into the directory of the run.
static void put(struct fixture *fixture, const char *name, const char *text)
{
    char path[400];
    struct elbow_error error = {0};
    snprintf(path, sizeof path, "%s/%s", fixture->run, name);
    if (is_root() && text == NULL)
        elbow_file_make_directory(path, &error);
    else if (is_root())
        scratch_write(path, text, strlen(text));
    mpi_assert(error.status == ELBOW_OK);
}

START_TEST(output_that_cannot_be_written)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    put(&fixture, ".", NULL);
    put(&fixture, "receipt.txt", "start: of an earlier run\n");
    put(&fixture, "samples/step-00000003.png", NULL); // a folder where a picture will be wanted
    mpi_assert(start(&fixture) == ELBOW_OUTPUT);
    mpi_assert(run_has(&fixture, "samples/step-00000004.png") == false); // it waits behind the other one
    mpi_assert(run_has(&fixture, "checkpoints/step-00000004.h5"));
    trainer_teardown(&fixture);
}
END_TEST

// Errors that can be seen from the start stop the run there.
START_TEST(places_are_looked_at_first)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    put(&fixture, ".", NULL);
    put(&fixture, "checkpoints", "");
    mpi_assert(start(&fixture) == ELBOW_USAGE && strstr(fixture.error.message, "holds checkpoints") != NULL);
    put(&fixture, "receipt.txt", "start: of an earlier run\n");
    mpi_assert(start(&fixture) == ELBOW_FILE && strstr(fixture.error.message, "it is not a directory") != NULL);
    mpi_assert(!run_has(&fixture, "metrics.csv") && !run_has(&fixture, "lock"));
    trainer_teardown(&fixture);
}
END_TEST

START_TEST(numbers_that_are_not_finite_stop_all)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    size_t before = elbow_memory_count().blocks;
    set(&fixture, "model.likelihood=gaussian");
    set(&fixture, "train.optimizer=sgd");
    set(&fixture, "train.epochs=40");
    fixture.config.train.rate = 1e30;
    mpi_assert(start(&fixture) == ELBOW_NUMBERS);
    forget_run(&fixture);
    set(&fixture, "train.on_nan=skip");
    mpi_assert(start(&fixture) == ELBOW_NUMBERS && strstr(fixture.error.message, "in a row") != NULL);
    mpi_assert(elbow_memory_count().blocks == before);
    trainer_teardown(&fixture);
}
END_TEST

// Rank zero writes a weight of each sample: that of one is above 0.
static void write_weights(struct fixture *fixture, const char *name, uint64_t only)
{
    struct elbow_error error = {0};
    uint64_t shape[] = {SAMPLES};
    double weights[SAMPLES] = {0};
    weights[only] = 3;
    if (is_root()) {
        char path[400];
        struct elbow_hdf5 *file = NULL;
        snprintf(path, sizeof path, "%s/%s", fixture->scratch.directory, name);
        elbow_hdf5_create(path, true, &file, &error);
        elbow_hdf5_create_dataset(file, "/w", ELBOW_ELEMENT_FLOAT64, 1, shape, (struct elbow_hdf5_layout){0}, &error);
        elbow_hdf5_write_rows(file, "/w", ELBOW_ELEMENT_FLOAT64, 0, SAMPLES, weights, &error);
        elbow_hdf5_close(file, &error);
    }
    mpi_assert(error.status == ELBOW_OK);
}

// The figure `variance` of each row of training.
struct variances {
    size_t count;
    double of[16];
};

static struct variances read_variances(const char *table, size_t size)
{
    struct variances variances = {0};
    int column = -1;
    char *text = calloc(size + 1, 1); // the bytes read are not zero-terminated
    ck_assert_ptr_nonnull(text);
    memcpy(text, table, size);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
        bool is_header = column < 0, is_train = strstr(line, ",train,") != NULL;
        char *cell;
        for (int i = 0; (cell = strsep(&line, ",")) != NULL; ++i) {
            if (is_header && strcmp(cell, "variance") == 0)
                column = i;
            if (!is_header && is_train && i == column)
                variances.of[variances.count++] = strtod(cell, NULL);
        }
    }
    free(text);
    return variances;
}

// A batch in which nothing counts says nothing of the variance: it is that of the batch before, or of the data.
START_TEST(batches_of_no_weight_leave_an_optimal_variance)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    write_weights(&fixture, "weights.h5", 5);
    char text[400];
    snprintf(text, sizeof text, "data.weights=%s/weights.h5:/w", fixture.scratch.directory);
    set(&fixture, text);
    set(&fixture, "model.likelihood={gaussian: {variance: optimal}}");
    set(&fixture, "data.binarize=none");
    set(&fixture, "train.batch=4");
    set(&fixture, "train.microbatch=1"); // enough of them for several ranks
    mpi_assert(start(&fixture) == ELBOW_OK);
    size_t size;
    char *table = run_bytes(&fixture, "metrics.csv", &size);
    struct variances variances = is_root() ? read_variances(table, size) : (struct variances){0};
    free(table);
    mpi_assert(!is_root() || variances.count == 6);
    // Of three batches an epoch the sample is in one, so that the variance moves behind that one alone.
    size_t moves = 0, collapsed = 0;
    for (size_t i = 1; i < variances.count; ++i) {
        moves += variances.of[i] != variances.of[i - 1];
        collapsed += !(variances.of[i] > 1e-3);
    }
    mpi_assert(!is_root() || (moves >= 1 && moves <= 2));
    mpi_assert(collapsed == 0);
    trainer_teardown(&fixture);
}
END_TEST

// No factor makes other counts of counts.
START_TEST(counts_that_overflow_get_advice_for_counts)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    set(&fixture, "data.binarize=none");
    set(&fixture, "model.likelihood=poisson");
    set(&fixture, "model.decoder=[dense: {units: 6, activation: exp}, dense: {units: 6, activation: exp}]");
    mpi_assert(start(&fixture) == ELBOW_NUMBERS);
    mpi_assert(strstr(fixture.error.message, "model.input.transform: log1p") != NULL);
    mpi_assert(strstr(fixture.error.message, "data.factor") == NULL);
    trainer_teardown(&fixture);
}
END_TEST

MPI_UNIT_MAIN("run/trainer", a_run_leaves_its_files, a_directory_with_a_run_is_respected,
              a_stopped_run_goes_on_to_the_same_bytes, a_damaged_newest_checkpoint_is_passed_over,
              two_runs_in_a_directory_are_refused, a_resume_must_fit, too_many_ranks_are_told,
              output_that_cannot_be_written, places_are_looked_at_first, numbers_that_are_not_finite_stop_all,
              batches_of_no_weight_leave_an_optimal_variance, counts_that_overflow_get_advice_for_counts)
