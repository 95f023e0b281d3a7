// SPDX-License-Identifier: BSD-3-Clause
// Messages of a run outside of its log: the text that a signal would write is true as soon as a checkpoint is on disk,
// the start reports the memory of checkpoints, and a time limit counts from the start of the program.
#include "trainer_fixture.h"

#include "elbow/base/clock.h"
#include "elbow/base/signals.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// A screen for the log, which looks for a line and has a copy of this process ended there.
struct watcher {
    const char *line, *path; // of the file that gets the output of the copy
    int copies;
    bool was_ended; // all of them by SIGTERM
};

static ssize_t watch(void *cookie, const char *bytes, size_t size)
{
    struct watcher *watcher = cookie;
    if (memmem(bytes, size, watcher->line, strlen(watcher->line)) == NULL)
        return (ssize_t)size;
    pid_t child = fork();
    if (child == 0) {
        if (freopen(watcher->path, "w", stderr) != NULL)
            raise(SIGTERM);
        _exit(99);
    }
    int status = 0;
    waitpid(child, &status, 0);
    watcher->copies += 1;
    watcher->was_ended = WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
    return (ssize_t)size;
}

// The end is reported after the last step's checkpoint is complete; until then a thread writes it.
START_TEST(the_text_of_a_signal_knows_the_last_checkpoint)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    char path[400];
    snprintf(path, sizeof path, "%s/said", fixture.scratch.directory);
    struct watcher watcher = {.line = "finished step 4", .path = path};
    FILE *screen = fopencookie(&watcher, "w", (cookie_io_functions_t){.write = watch});
    setvbuf(screen, NULL, _IOLBF, 4096);
    fixture.log = elbow_log_open(is_root(), screen);
    elbow_signals_catch();
    mpi_assert(start(&fixture) == ELBOW_OK);
    signal(SIGTERM, SIG_DFL);
    elbow_signals_keep_text(NULL);
    elbow_log_close(&fixture.log);
    fclose(screen);
    mpi_assert(watcher.copies == (is_root() ? 1 : 0) && watcher.was_ended == is_root());
    static const char expected[] = "elbow: ended by SIGTERM after step 4: nothing is lost";
    size_t size = 0;
    char *said = is_root() ? scratch_read(path, &size) : NULL;
    mpi_assert(!is_root() || (size > sizeof expected && memcmp(said, expected, sizeof expected - 1) == 0));
    free(said);
    trainer_teardown(&fixture);
}
END_TEST

START_TEST(the_start_tells_what_checkpoints_take)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    FILE *screen = fopen("/dev/null", "w");
    fixture.log = elbow_log_open(is_root(), screen);
    mpi_assert(start(&fixture) == ELBOW_OK);
    elbow_log_close(&fixture.log);
    fclose(screen);
    size_t size;
    char *log = run_bytes(&fixture, "log.txt", &size);
    mpi_assert(!is_root() || memmem(log, size, "memory of rank zero in addition: ", 33) != NULL);
    free(log);
    trainer_teardown(&fixture);
}
END_TEST

// A machine that was started just now: the clock is the system's, less `clock_offset`.
static double clock_offset;

static double fresh_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec - clock_offset;
}

START_TEST(a_time_limit_counts_from_the_programs_beginning)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    set(&fixture, "run.time_limit=1h");
    // An hour was spent before the run was set up; on one machine the clock begins then, on another one later.
    static const double began[] = {-3600, 0, 3600};
    for (size_t i = 0; i < sizeof began / sizeof *began; ++i) {
        fixture.request.has_started = true;
        fixture.request.started = began[i];
        clock_offset = elbow_clock_seconds() - began[i] - 3600;
        elbow_clock_replace(fresh_clock);
        enum elbow_status status = start(&fixture);
        elbow_clock_replace(NULL);
        mpi_assert(status == ELBOW_STOPPED);
        mpi_assert(strstr(fixture.error.message, "stopped after step 1 because run.time_limit (3600 s) is near"));
        forget_run(&fixture);
    }
    fixture.request.has_started = false; // that is now
    mpi_assert(start(&fixture) == ELBOW_OK);
    trainer_teardown(&fixture);
}
END_TEST

MPI_UNIT_MAIN("run/trainer (what it tells)", the_text_of_a_signal_knows_the_last_checkpoint,
              the_start_tells_what_checkpoints_take, a_time_limit_counts_from_the_programs_beginning)
