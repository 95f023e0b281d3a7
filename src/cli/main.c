// SPDX-License-Identifier: BSD-3-Clause
// The program: checks the processor, finds the subcommand, starts MPI, and ends with the status that all ranks agree
// on. This file is compiled for the baseline of the architecture: it must run anywhere up to elbow_processor_fits.
#include "elbow/base/build.h"
#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/base/restart.h"
#include "elbow/base/signals.h"
#include "elbow/base/streams.h"
#include "elbow/base/text.h"
#include "elbow/cli/command.h"
#include "elbow/cli/early.h"
#include "elbow/cli/help.h"
#include "elbow/cli/launcher.h"
#include "elbow/cli/preflight.h"
#include "elbow/cli/processor.h"
#include "elbow/data/hdf5.h"
#include "elbow/math/blas.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

// Memory that MPI, a buffer of OpenBLAS (128 MB on some processors) and HDF5 need before there is any model or data.
// With less they crash or hang.
static const size_t MEMORY_LEAST = 450000000;

// Seconds of the processor that the constructors of all libraries never need, by far.
enum { CONSTRUCTORS_SECONDS = 3 };

// A signal's: system calls only.
static void end_constructors(int signal)
{
    static const char sentence[] = "elbow: not enough memory to start: ulimit -v allows less address space than "
                                   "OpenBLAS needs; raise this limit\n";
    (void)signal;
    if (elbow_launcher_is_first() && write(STDERR_FILENO, sentence, sizeof sentence - 1) < 0)
        _exit(elbow_status_exit(ELBOW_OUTPUT));
    _exit(elbow_status_exit(ELBOW_MEMORY));
}

static bool is_limited; // the timer is ours: a profiler's is left alone

static void limit_constructors(int seconds)
{
    struct itimerval timer = {.it_value = {.tv_sec = seconds}};
    struct sigaction action = {.sa_handler = seconds > 0 ? end_constructors : SIG_DFL};
    if (seconds == 0)
        setitimer(ITIMER_PROF, &timer, NULL);
    sigaction(SIGPROF, &action, NULL);
    if (seconds > 0)
        setitimer(ITIMER_PROF, &timer, NULL);
}

// Runs before the constructors of the libraries: with little address space, that of OpenBLAS may never end (0.3.29).
// Nothing is set up yet, so it makes only system calls, and has no code of a sanitizer.
__attribute__((no_sanitize("address"), no_sanitize("undefined"), no_sanitize("thread"))) static void
watch_constructors(int count, char **words, char **variables)
{
    struct rlimit limit;
    (void)count, (void)words;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= MEMORY_LEAST)
        return;
    environ = variables; // which the C library does later
    is_limited = true;
    limit_constructors(CONSTRUCTORS_SECONDS);
}

typedef void (*initializer)(int, char **, char **);
__attribute__((section(".preinit_array"), used)) static const initializer before_libraries = watch_constructors;

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static bool asks_for_help(int count, char **words)
{
    for (int i = 0; i < count; ++i)
        if (is_help(words[i]))
            return true;
    return false;
}

static void print_version(void)
{
    printf("elbow %s (%s)\n%s\n%s\n", elbow_build_version(), elbow_build_id(), elbow_build_flags(),
           elbow_blas_describe());
}

// Executes the part of the command that needs no ranks, if the arguments request it.
static bool works_alone(const struct elbow_command *command, int count, char **words, struct elbow_error *error)
{
    if (command == NULL || command->alone == NULL)
        return false;
    bool is_asked = command->run == NULL;
    for (int i = 0; i < count && !is_asked; ++i)
        is_asked = strcmp(words[i], "--check") == 0;
    struct elbow_call call = {.command = command, .count = count, .words = words};
    if (is_asked)
        command->alone(&call, error);
    return is_asked;
}

// Local. Handles requests that need no ranks: help, the version, an unknown command, a configuration, the check of a
// command line. Login nodes often cannot start MPI. Returns NULL if the request is done, with or without an error;
// otherwise the command to run.
static const struct elbow_command *find_work(int count, char **words, struct elbow_error *error)
{
    bool speaks = elbow_launcher_is_first();
    if (count == 0) {
        elbow_error_set(error, ELBOW_USAGE, "no command given; elbow --help lists the commands");
        return NULL;
    }
    if (strcmp(words[0], "--version") == 0) {
        if (speaks)
            print_version();
        return NULL;
    }
    bool is_topic = is_help(words[0]) || strcmp(words[0], "help") == 0;
    const char *name = !is_topic ? words[0] : count > 1 && !is_help(words[1]) ? words[1] : NULL;
    const struct elbow_command *command = name != NULL ? elbow_command_find(name, error) : NULL;
    if (!is_topic && (command == NULL || !asks_for_help(count - 1, words + 1)))
        return works_alone(command, count - 1, words + 1, error) ? NULL : command;
    if (speaks && command != NULL)
        elbow_help_command(command, stdout);
    else if (speaks && name == NULL)
        elbow_help_program(stdout);
    return NULL;
}

// Local. MEMORY if there is so little that the libraries would crash or hang before Elbow could report it.
static enum elbow_status take_memory(struct elbow_error *error)
{
    elbow_memory_start();
    if (!elbow_memory_has(MEMORY_LEAST))
        return elbow_error_set(
            error, ELBOW_MEMORY,
            "not enough memory to start: MPI, OpenBLAS and HDF5 need %s of address space (see ulimit -v)",
            elbow_text_bytes(MEMORY_LEAST).text);
    return elbow_blas_reserve(error);
}

// Rank zero, or the only process. True if the result was written to standard output. A reader of a pipe that has ended
// is no error: it has read enough.
static enum elbow_status finish_result(struct elbow_error *error)
{
    int reason = elbow_streams_finish(stdout);
    if (reason == 0 || reason == EPIPE)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FILE, "the result cannot be written to standard output: %s", strerror(reason));
}

// Local. The end of a program that needed no ranks.
static int end_alone(struct elbow_error *error)
{
    if (error->status == ELBOW_OK)
        finish_result(error);
    if (error->status != ELBOW_OK && elbow_launcher_is_first())
        fprintf(stderr, "elbow: %s\n", error->message);
    return elbow_status_exit(error->status);
}

// Rank zero. True if the output of a finished command was written.
static enum elbow_status finish_screen(const struct elbow_call *call, const struct elbow_log *log,
                                       struct elbow_error *error)
{
    char what[256];
    const struct elbow_command *command = call->command;
    if (command->result_on_stdout || call->has_result)
        return finish_result(error);
    if (!elbow_log_lost_screen(log, what, sizeof what))
        return ELBOW_OK;
    if (command->minds_screen)
        return elbow_error_set(error, ELBOW_OUTPUT, "%s; everything else is finished, and log.txt has all lines", what);
    if (log->lost_reason == EPIPE)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_OUTPUT, "%s; everything else is finished", what);
}

// Collective. `begun` lacks communicator and log.
static enum elbow_status run(const struct elbow_call *begun, struct elbow_comm *comm, struct elbow_error *error)
{
    const struct elbow_command *command = begun->command;
    bool is_root = elbow_comm_place(comm).rank == 0;
    if (is_root)
        elbow_signals_keep_text(": elbow %s was not finished, and its output is missing; start it again",
                                command->name);
    else
        elbow_signals_give_way(); // rank zero has the sentence
    if (!command->stops_with_checkpoint)
        elbow_signals_refuse_stop();
    struct elbow_log log = elbow_log_open(is_root, command->result_on_stdout ? stderr : stdout);
    log.minds_screen = command->minds_screen;
    struct elbow_call call = *begun;
    call.comm = comm;
    call.log = &log;
    enum elbow_status status = command->run(&call, error);
    if (status != ELBOW_OK)
        elbow_log_end(&log, error->message);
    elbow_log_close(&log);
    elbow_signals_keep_text(NULL);
    if (status != ELBOW_OK)
        return status;
    *error = (struct elbow_error){0};
    if (is_root)
        finish_screen(&call, &log, error);
    return elbow_comm_agree_root(comm, error);
}

int main(int argc, char **argv)
{
    struct elbow_comm *comm = NULL;
    struct elbow_error error = {0};
    if (is_limited)
        limit_constructors(0);
    if (!elbow_processor_fits("elbow"))
        return 1;
    elbow_streams_start();
    double started = elbow_clock_seconds();
    if (elbow_blas_has_threads())
        elbow_restart_with("OPENBLAS_NUM_THREADS", "1", argv);
    elbow_signals_catch();    // before MPI starts: none of them may end a rank that has not agreed
    signal(SIGXFSZ, SIG_IGN); // a file at its size limit is a full disk, not a crash
    elbow_restart_settle();
    elbow_blas_start();
    const struct elbow_command *command = find_work(argc - 1, argv + 1, &error);
    if (command == NULL)
        return end_alone(&error);
    if (take_memory(&error) != ELBOW_OK)
        return end_alone(&error);
    struct elbow_call call = {.command = command, .count = argc - 2, .words = argv + 2, .started = started};
    elbow_preflight(command, &call, ELBOW_PREFLIGHT_SECONDS, &error);
    if (!elbow_hdf5_start()) {
        fprintf(stderr, "elbow: the HDF5 library does not start; is another version of it loaded?\n");
        return 1;
    }
    struct elbow_error trouble = {0};
    if (elbow_comm_open(&argc, &argv, &comm, &trouble) != ELBOW_OK)
        return 1;
    call.count = argc - 2; // MPI may have taken words of its own
    call.words = argv + 2;
    enum elbow_status status = elbow_comm_agree(comm, &error);
    if (status == ELBOW_OK)
        status = run(&call, comm, &error);
    elbow_early_close(&call.early);
    if (status != ELBOW_OK && elbow_comm_place(comm).rank == 0)
        fprintf(stderr, "elbow: %s\n", error.message);
    elbow_comm_close(comm);
    return elbow_status_exit(status);
}
