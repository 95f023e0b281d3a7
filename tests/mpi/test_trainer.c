// SPDX-License-Identifier: BSD-3-Clause
// Training runs through the struct interface: what a run leaves, how it goes on, how it fails. Last and foremost: no
// failing allocation on one rank makes the others wait, disagree, or leak.
#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "elbow/run/checkpoint.h"
#include "elbow/run/trainer.h"
#include "mpi_unit.h"
#include "scratch.h"

#include <sys/stat.h>

// A batch of 8 has 4 microbatches, the last one of an epoch 2: fewer than there may be ranks.
enum { HEIGHT = 3, WIDTH = 4, VALUES = HEIGHT * WIDTH, SAMPLES = 12, VALID = 5 };

struct fixture {
    struct scratch scratch; // rank zero's directory, its name known to all
    char run[300];
    char data[300];
    struct elbow_config config;
    struct elbow_log log;
    struct elbow_train_request request;
    struct elbow_error error; // of the last start
};

static bool is_root(void)
{
    return elbow_comm_place(mpi_comm).rank == 0;
}

static void set(struct fixture *fixture, const char *assignment)
{
    struct elbow_error error = {0};
    mpi_assert(elbow_config_set(&fixture->config, assignment, &error) == ELBOW_OK);
}

static void put_images(struct elbow_hdf5 *file, const char *name, uint64_t rows, struct elbow_error *error)
{
    uint64_t shape[] = {rows, HEIGHT, WIDTH};
    uint8_t values[32 * VALUES];
    for (size_t i = 0; i < rows * VALUES; ++i)
        values[i] = (uint8_t)(i * 37 + i / VALUES * 11);
    elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_UINT8, 3, shape, (struct elbow_hdf5_layout){0}, error);
    elbow_hdf5_write_rows(file, name, ELBOW_ELEMENT_UINT8, 0, rows, values, error);
}

// Collective. Rank zero writes the data anew.
static void write_data(struct fixture *fixture, uint64_t samples)
{
    struct elbow_error error = {0};
    if (is_root()) {
        struct elbow_hdf5 *file = NULL;
        elbow_hdf5_create(fixture->data, true, &file, &error);
        put_images(file, "/train", samples, &error);
        put_images(file, "/valid", VALID, &error);
        elbow_hdf5_close(file, &error);
    }
    mpi_assert(error.status == ELBOW_OK);
}

static void setup(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    if (is_root()) {
        if (access("/dev/shm", W_OK) == 0)
            setenv("TMPDIR", "/dev/shm", 0); // hundreds of runs, and each of them syncs
        fixture->scratch = scratch_make();
    }
    elbow_comm_broadcast(mpi_comm, &fixture->scratch, sizeof fixture->scratch);
    snprintf(fixture->run, sizeof fixture->run, "%s/run", fixture->scratch.directory);
    snprintf(fixture->data, sizeof fixture->data, "%s/data.h5", fixture->scratch.directory);
    write_data(fixture, SAMPLES);
    elbow_config_default(&fixture->config);
    snprintf(fixture->config.data.file, sizeof fixture->config.data.file, "%s", fixture->data);
    static const char *const settings[] = {
        "data.train=/train",
        "data.valid=/valid",
        "data.binarize=sample",
        "model.latent=2",
        "model.encoder=[dense: {units: 5}]",
        "model.decoder=[dense: {units: 6}]",
        "train.epochs=2", // 4 steps
        "train.batch=8",
        "train.microbatch=2",
        "eval.every=1",
        "log.every=1",
        "checkpoint.every=2",
        "samples.every=3",
        "samples.count=4",
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; ++i)
        set(fixture, settings[i]);
    struct elbow_error error = {0};
    mpi_assert(elbow_config_finish(&fixture->config, "test", &error) == ELBOW_OK);
    fixture->log = elbow_log_open(false, stdout);
    fixture->request = (struct elbow_train_request){.config = &fixture->config, .run = fixture->run};
}

static void teardown(struct fixture *fixture)
{
    elbow_log_close(&fixture->log);
    elbow_comm_barrier(mpi_comm);
    if (is_root())
        scratch_clear(&fixture->scratch);
}

// Collective. One start. All ranks must come back with the same status, and with a sentence where it is none of OK.
static enum elbow_status start(struct fixture *fixture)
{
    fixture->error = (struct elbow_error){0};
    enum elbow_status status = elbow_train(mpi_comm, &fixture->request, &fixture->log, &fixture->error);
    double smallest = (double)status, largest = (double)status;
    elbow_comm_min(mpi_comm, &smallest, 1);
    elbow_comm_max(mpi_comm, &largest, 1);
    mpi_assert(smallest == largest);
    mpi_assert(status == ELBOW_OK || (fixture->error.status == status && fixture->error.message[0] != 0));
    return status;
}

// A file below the directory of the run; rank zero's opinion is everybody's.
static bool run_has(struct fixture *fixture, const char *name)
{
    char path[400];
    bool is_there = true;
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", fixture->run, name);
    if (is_root())
        is_there = lstat(path, &about) == 0;
    elbow_comm_broadcast(mpi_comm, &is_there, sizeof is_there);
    return is_there;
}

// The bytes of a file of the run, on rank zero; to be freed.
static void *run_bytes(struct fixture *fixture, const char *name, size_t *size)
{
    char path[400];
    *size = 0;
    snprintf(path, sizeof path, "%s/%s", fixture->run, name);
    return is_root() ? scratch_read(path, size) : NULL;
}

// Collective. Removes the run.
static void forget_run(struct fixture *fixture)
{
    struct scratch run;
    snprintf(run.directory, sizeof run.directory, "%s", fixture->run);
    elbow_comm_barrier(mpi_comm);
    if (is_root())
        scratch_clear(&run);
    elbow_comm_barrier(mpi_comm);
}

// Collective. A run directory with nothing but this checkpoint of step 2.
static void plant_run(struct fixture *fixture, const void *bytes, size_t size)
{
    char path[400];
    struct elbow_error error = {0};
    forget_run(fixture);
    if (is_root() && bytes != NULL) {
        snprintf(path, sizeof path, "%s/checkpoints", fixture->run);
        elbow_text_make_directory(path, &error);
        snprintf(path, sizeof path, "%s/checkpoints/step-00000002.h5", fixture->run);
        scratch_write(path, bytes, size);
    }
    mpi_assert(error.status == ELBOW_OK);
}

START_TEST(a_run_leaves_its_files)
{
    struct fixture fixture;
    setup(&fixture);
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
    teardown(&fixture);
}
END_TEST

START_TEST(a_directory_with_a_run_is_respected)
{
    struct fixture fixture;
    setup(&fixture);
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
    teardown(&fixture);
}
END_TEST

START_TEST(a_stopped_run_goes_on_to_the_same_bytes)
{
    struct fixture fixture;
    setup(&fixture);
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
    teardown(&fixture);
}
END_TEST

START_TEST(a_damaged_newest_checkpoint_is_passed_over)
{
    struct fixture fixture;
    setup(&fixture);
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
    teardown(&fixture);
}
END_TEST

START_TEST(a_resume_must_fit)
{
    struct fixture fixture;
    setup(&fixture);
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
    teardown(&fixture);
}
END_TEST

START_TEST(too_many_ranks_are_told)
{
    struct fixture fixture;
    setup(&fixture);
    set(&fixture, "train.microbatch=8"); // one microbatch
    bool is_enough = elbow_comm_place(mpi_comm).size == 1;
    mpi_assert(start(&fixture) == (is_enough ? ELBOW_OK : ELBOW_CONFIG));
    mpi_assert(is_enough || strstr(fixture.error.message, "microbatch") != NULL);
    teardown(&fixture);
}
END_TEST

START_TEST(output_that_cannot_be_written)
{
    struct fixture fixture;
    setup(&fixture);
    char path[400];
    snprintf(path, sizeof path, "%s/checkpoints", fixture.run);
    struct elbow_error error = {0};
    if (is_root()) { // a file where a directory is wanted: root would not be stopped by permissions
        elbow_text_make_directory(fixture.run, &error);
        scratch_write(path, "", 0);
    }
    mpi_assert(error.status == ELBOW_OK);
    mpi_assert(start(&fixture) == ELBOW_OUTPUT);
    mpi_assert(run_has(&fixture, "samples/step-00000004.png"));
    fixture.config.run.stop_after = 1; // nothing to go on from: this start was in vain
    mpi_assert(start(&fixture) == ELBOW_FILE);
    teardown(&fixture);
}
END_TEST

START_TEST(numbers_that_are_not_finite_stop_all)
{
    struct fixture fixture;
    setup(&fixture);
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
    teardown(&fixture);
}
END_TEST

// Collective. Runs again and again, with the n-th allocation failing on rank `culprit` alone, for every n.
static void fail_everywhere(struct fixture *fixture, const char *what, int culprit, const void *checkpoint, size_t size)
{
    bool is_culprit = elbow_comm_place(mpi_comm).rank == culprit;
    int failed = 0, tried = 0;
    for (uint64_t n = 0, count = 0; n <= count; ++n) {
        if (fixture->request.resume == ELBOW_RESUME_ALWAYS)
            plant_run(fixture, checkpoint, size);
        else
            forget_run(fixture);
        struct elbow_memory_counts before = elbow_memory_count();
        if (is_culprit)
            elbow_memory_fail_at(n);
        enum elbow_status status = start(fixture);
        elbow_memory_fail_at(0);
        struct elbow_memory_counts after = elbow_memory_count();
        if (after.blocks != before.blocks)
            fprintf(stderr, "%s: allocation %llu of rank %d failing: rank %d keeps %lld blocks (%s)\n", what,
                    (unsigned long long)n, culprit, elbow_comm_place(mpi_comm).rank,
                    (long long)(after.blocks - before.blocks), fixture->error.message);
        mpi_assert(after.blocks == before.blocks);
        if (n == 0) { // the run without a failure
            mpi_assert(status == ELBOW_OK);
            double allocations = is_culprit ? (double)(after.allocations - before.allocations) : 0;
            elbow_comm_max(mpi_comm, &allocations, 1);
            count = (uint64_t)allocations;
            continue;
        }
        mpi_assert(status == ELBOW_OK || status == ELBOW_MEMORY || status == ELBOW_OUTPUT);
        ++tried;
        failed += status != ELBOW_OK;
    }
    if (is_root())
        printf("%s: %d failing allocations of rank %d tried, %d of them ended the run or its output\n", what, tried,
               culprit, failed);
    mpi_assert(tried > 20 && failed > tried / 2);
}

static void fail_on_ranks(struct fixture *fixture, const char *what, const void *checkpoint, size_t size)
{
    int last = elbow_comm_place(mpi_comm).size - 1;
    fail_everywhere(fixture, what, 0, checkpoint, size);
    if (last > 0)
        fail_everywhere(fixture, what, last, checkpoint, size);
}

// Collective. Few steps, each with all that can happen at a step; the bytes of the checkpoint of step 2 on rank zero.
static void *prepare_failures(struct fixture *fixture, size_t *size)
{
    setup(fixture);
    set(fixture, "train.epochs=1");
    mpi_assert(start(fixture) == ELBOW_OK);
    return run_bytes(fixture, "checkpoints/step-00000002.h5", size);
}

START_TEST(no_allocation_fails_a_new_run_badly)
{
    struct fixture fixture;
    size_t size;
    free(prepare_failures(&fixture, &size));
    fail_on_ranks(&fixture, "a new run", NULL, 0);
    teardown(&fixture);
}
END_TEST

// Every rank on a node of its own: gradients and parameters travel as messages.
START_TEST(no_allocation_fails_a_run_on_many_nodes_badly)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    size_t size, ranks = (size_t)elbow_comm_place(mpi_comm).size;
    int64_t nodes[] = {0, 1, 2, 3}, one[] = {0, 0, 0, 0};
    mpi_assert(ranks <= 4 && elbow_comm_pretend(mpi_comm, nodes, ranks, &error) == ELBOW_OK);
    free(prepare_failures(&fixture, &size));
    fail_everywhere(&fixture, "a new run on many nodes", (int)ranks - 1, NULL, 0);
    teardown(&fixture);
    mpi_assert(elbow_comm_pretend(mpi_comm, one, ranks, &error) == ELBOW_OK);
}
END_TEST

START_TEST(no_allocation_fails_a_warm_start_badly)
{
    struct fixture fixture;
    size_t size;
    char path[400];
    void *checkpoint = prepare_failures(&fixture, &size);
    snprintf(path, sizeof path, "%s/init.h5", fixture.scratch.directory);
    if (is_root())
        scratch_write(path, checkpoint, size);
    elbow_comm_barrier(mpi_comm);
    free(checkpoint);
    fixture.request.init = path;
    set(&fixture, "model.output_bias=data");
    fail_on_ranks(&fixture, "a warm start", NULL, 0);
    teardown(&fixture);
}
END_TEST

START_TEST(no_allocation_fails_a_resume_badly)
{
    struct fixture fixture;
    size_t size;
    void *checkpoint = prepare_failures(&fixture, &size);
    set(&fixture, "train.epochs=2");
    set(&fixture, "train.steps=3");
    fixture.request.resume = ELBOW_RESUME_ALWAYS;
    fail_on_ranks(&fixture, "a resumed run", checkpoint, size);
    free(checkpoint);
    teardown(&fixture);
}
END_TEST

MPI_UNIT_MAIN("run/trainer", a_run_leaves_its_files, a_directory_with_a_run_is_respected,
              a_stopped_run_goes_on_to_the_same_bytes, a_damaged_newest_checkpoint_is_passed_over, a_resume_must_fit,
              too_many_ranks_are_told, output_that_cannot_be_written, numbers_that_are_not_finite_stop_all,
              no_allocation_fails_a_new_run_badly, no_allocation_fails_a_run_on_many_nodes_badly,
              no_allocation_fails_a_warm_start_badly, no_allocation_fails_a_resume_badly)
