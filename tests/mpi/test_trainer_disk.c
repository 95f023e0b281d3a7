// SPDX-License-Identifier: BSD-3-Clause
// A disk that fails at any call of a run: all ranks agree, nothing leaks, the run continues. A later start on an intact
// disk leaves the files of an undisturbed run, to the last bit.
#include "elbow/base/file.h"
#include "elbow/config/figures.h"

#include "trainer_fixture.h"

#include <signal.h>
#include <sys/resource.h>

// Strides are this much longer where a sanitizer makes all that slow.
#ifdef __SANITIZE_ADDRESS__
enum { SLOW = 7 };
#else
enum { SLOW = 1 };
#endif

static const char *const files[] = {"checkpoints/step-00000004.h5", "kl.csv",
                                    "samples/step-00000003.png",    "samples/reconstruction-00000003.png",
                                    "samples/step-00000004.png",    "samples/reconstruction-00000004.png"};
enum { FILES = sizeof files / sizeof *files };

// The files of an undisturbed run.
struct outcome {
    void *bytes[FILES];
    size_t size[FILES];
    char *metrics; // without the timing columns
};

// The columns of a table that are clocks, by the names in its header.
static uint64_t find_clocks(const char *header)
{
    uint64_t clocks = 0;
    for (int column = 0; *header != '\0' && *header != '\n'; ++column) {
        size_t length = strcspn(header, ",\n");
        for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind) {
            const struct elbow_figure *figure = elbow_figure_row(kind);
            if (figure->is_clock && strlen(figure->name) == length && strncmp(header, figure->name, length) == 0)
                clocks |= UINT64_C(1) << column;
        }
        header += length + (header[length] == ',');
    }
    return clocks;
}

// metrics.csv without its clocks, on rank zero.
static char *columns(struct fixture *fixture)
{
    size_t size, kept = 0;
    char *text = run_bytes(fixture, "metrics.csv", &size);
    if (text == NULL)
        return NULL;
    text[size] = 0;
    uint64_t clocks = find_clocks(text);
    if (clocks == 0) {
        free(text);
        return NULL; // no table
    }
    for (size_t i = 0, column = 0; i < size; ++i) {
        column = text[i] == '\n' ? 0 : column + (text[i] == ',');
        if ((clocks >> column & 1) == 0)
            text[kept++] = text[i];
    }
    text[kept] = 0;
    return text;
}

static struct outcome take_outcome(struct fixture *fixture)
{
    struct outcome outcome = {.metrics = columns(fixture)};
    for (size_t i = 0; i < FILES; ++i)
        outcome.bytes[i] = run_bytes(fixture, files[i], &outcome.size[i]);
    return outcome;
}

static void clear_outcome(struct outcome *outcome)
{
    for (size_t i = 0; i < FILES; ++i)
        free(outcome->bytes[i]);
    free(outcome->metrics);
}

static bool is_same(const struct outcome *a, const struct outcome *b, const char *when)
{
    bool same = a->metrics != NULL && b->metrics != NULL && strcmp(a->metrics, b->metrics) == 0;
    if (!same)
        fprintf(stderr, "%s: metrics.csv differs: %s\n", when, b->metrics == NULL ? "not there" : b->metrics);
    for (size_t i = 0; i < FILES; ++i) {
        bool is_equal = a->bytes[i] != NULL && b->bytes[i] != NULL && a->size[i] == b->size[i] &&
                        memcmp(a->bytes[i], b->bytes[i], a->size[i]) == 0;
        if (!is_equal)
            fprintf(stderr, "%s: %s differs\n", when, files[i]);
        same = same && is_equal;
    }
    return same;
}

// Collective. After a failure: the run is started once more, where it stopped or from the beginning, and must end as
// `whole` did.
static void heal(struct fixture *fixture, const struct outcome *whole, const char *when)
{
    fixture->request.resume = ELBOW_RESUME_AUTO;
    enum elbow_status status = start(fixture);
    fixture->request.resume = ELBOW_RESUME_NEVER;
    if (status != ELBOW_OK && is_root())
        fprintf(stderr, "%s: started again: %s\n", when, fixture->error.message);
    mpi_assert(status == ELBOW_OK);
    struct outcome now = take_outcome(fixture);
    mpi_assert(!is_root() || is_same(whole, &now, when));
    clear_outcome(&now);
}

// Collective. One run with the calls [n, n + times) of rank zero failing. Its status; nothing is kept.
static enum elbow_status run_failing(struct fixture *fixture, uint64_t n, uint64_t times, uint64_t *calls)
{
    forget_run(fixture);
    size_t blocks = elbow_memory_count().blocks;
    uint64_t before = elbow_file_count();
    if (is_root())
        elbow_file_fail_at(n, times);
    enum elbow_status status = start(fixture);
    elbow_file_fail_at(0, 0);
    *calls = elbow_file_count() - before;
    mpi_assert(elbow_memory_count().blocks == blocks);
    return status;
}

static void fail_everywhere(uint64_t times, uint64_t stride, const char *what)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    uint64_t count = 0, calls;
    mpi_assert(run_failing(&fixture, 0, 0, &count) == ELBOW_OK);
    struct outcome whole = take_outcome(&fixture);
    elbow_comm_broadcast(mpi_comm, &count, sizeof count);
    int told = 0, tried = 0;
    for (uint64_t n = 1; n <= count; n += stride * SLOW, ++tried) {
        char when[80];
        snprintf(when, sizeof when, "%s from call %d on", what, (int)n);
        enum elbow_status status = run_failing(&fixture, n, times, &calls);
        mpi_assert(status == ELBOW_OK || status == ELBOW_OUTPUT || status == ELBOW_FILE);
        told += status != ELBOW_OK;
        heal(&fixture, &whole, when);
    }
    if (is_root())
        printf("%s: %d calls that bring bytes to disk made to fail, %d of them told by the status\n", what, tried,
               told);
    mpi_assert(count > 50 && told > tried * 3 / 4); // a line of the log may be lost: the screen has it
    clear_outcome(&whole);
    trainer_teardown(&fixture);
}

START_TEST(any_one_call_may_fail)
{
    fail_everywhere(1, 1, "one call fails");
}
END_TEST

START_TEST(a_disk_that_is_full_for_a_while)
{
    fail_everywhere(25, 9, "25 calls fail");
}
END_TEST

START_TEST(a_disk_that_stays_full)
{
    fail_everywhere(UINT64_MAX / 2, 9, "all calls fail");
}
END_TEST

// A limit of the size of files: some outputs fit, others do not.
START_TEST(limits_of_the_size_of_files)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    struct rlimit before, limit;
    mpi_assert(start(&fixture) == ELBOW_OK);
    struct outcome whole = take_outcome(&fixture);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    int told = 0;
    static const rlim_t limits[] = {700, 1200, 2000, 4000, 8000, 12000, 16000};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; ++i) {
        char when[80];
        snprintf(when, sizeof when, "files of at most %d bytes", (int)limits[i]);
        forget_run(&fixture);
        limit = before;
        limit.rlim_cur = limits[i];
        if (is_root())
            setrlimit(RLIMIT_FSIZE, &limit);
        enum elbow_status status = start(&fixture);
        setrlimit(RLIMIT_FSIZE, &before);
        mpi_assert(status == ELBOW_OK || status == ELBOW_OUTPUT || status == ELBOW_FILE);
        told += status == ELBOW_OUTPUT;
        heal(&fixture, &whole, when);
    }
    mpi_assert(told >= 3);
    clear_outcome(&whole);
    trainer_teardown(&fixture);
}
END_TEST

MPI_UNIT_MAIN("run/trainer, disk", any_one_call_may_fail, a_disk_that_is_full_for_a_while, a_disk_that_stays_full,
              limits_of_the_size_of_files)
