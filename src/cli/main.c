// SPDX-License-Identifier: BSD-3-Clause
// The program: looks its processor over, starts MPI, finds the subcommand, and ends with the status that all ranks
// agree on. This file is compiled for the plainest processor: what it does before elbow_processor_fits must run
// anywhere.
#include "elbow/base/build.h"
#include "elbow/base/clock.h"
#include "elbow/base/signals.h"
#include "elbow/cli/command.h"
#include "elbow/cli/help.h"
#include "elbow/cli/preflight.h"
#include "elbow/cli/processor.h"
#include "elbow/data/hdf5.h"
#include "elbow/math/blas.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

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

// The help of the program, or with `help COMMAND` of the command.
static enum elbow_status print_help(bool is_root, int count, char **words, struct elbow_error *error)
{
    bool has_name = count > 1 && !is_help(words[1]);
    const struct elbow_command *command = has_name ? elbow_command_find(words[1], error) : NULL;
    if (has_name && command == NULL)
        return error->status;
    if (is_root && has_name)
        elbow_help_command(command, stdout);
    else if (is_root)
        elbow_help_program(stdout);
    return ELBOW_OK;
}

// Collective. The command of the words behind the program's name.
static enum elbow_status run(struct elbow_comm *comm, int count, char **words, double started,
                             struct elbow_error *error)
{
    bool is_root = elbow_comm_place(comm).rank == 0;
    if (count == 0)
        return elbow_error_set(error, ELBOW_USAGE, "no command given; elbow --help lists them");
    if (strcmp(words[0], "--version") == 0) {
        if (is_root)
            printf("elbow %s (%s)\n%s\n%s\n", elbow_build_version(), elbow_build_id(), elbow_build_flags(),
                   elbow_blas_describe());
        return ELBOW_OK;
    }
    if (is_help(words[0]) || strcmp(words[0], "help") == 0)
        return print_help(is_root, count, words, error);
    const struct elbow_command *command = elbow_command_find(words[0], error);
    if (command == NULL)
        return error->status;
    if (asks_for_help(count - 1, words + 1)) {
        if (is_root)
            elbow_help_command(command, stdout);
        return ELBOW_OK;
    }
    if (is_root)
        elbow_signals_keep_text(": elbow %s was not finished; what it was to write is not there, start it again",
                                command->name);
    if (!command->stops_with_checkpoint)
        elbow_signals_refuse_stop();
    struct elbow_log log = elbow_log_open(is_root, command->result_on_stdout ? stderr : stdout);
    struct elbow_call call = {
        .command = command, .comm = comm, .log = &log, .count = count - 1, .words = words + 1, .started = started};
    enum elbow_status status = command->run(&call, error);
    elbow_log_close(&log);
    elbow_signals_keep_text(NULL);
    return status;
}

// Local. What a child process of this rank found out about the files to be read.
static void look_ahead(int count, char **words, struct elbow_error *verdict)
{
    const struct elbow_command *command = count > 0 ? elbow_command_find(words[0], NULL) : NULL;
    struct elbow_call call = {.command = command, .count = count - 1, .words = words + 1};
    if (command != NULL && !asks_for_help(count - 1, words + 1))
        elbow_preflight(command, &call, ELBOW_PREFLIGHT_SECONDS, verdict);
}

int main(int argc, char **argv)
{
    struct elbow_comm *comm = NULL;
    struct elbow_error error = {0};
    if (!elbow_processor_fits("elbow"))
        return 1;
    double started = elbow_clock_seconds();
    elbow_signals_catch();    // before MPI starts: none of them may end a rank that has not agreed
    signal(SIGXFSZ, SIG_IGN); // a file at its size limit is a full disk, not a crash
    elbow_blas_start();
    look_ahead(argc - 1, argv + 1, &error);
    if (!elbow_hdf5_start()) {
        fprintf(stderr, "elbow: the HDF5 library does not start; is another version of it loaded?\n");
        return 1;
    }
    struct elbow_error trouble = {0};
    if (elbow_comm_open(&argc, &argv, &comm, &trouble) != ELBOW_OK)
        return 1;
    enum elbow_status status = elbow_comm_agree(comm, &error);
    if (status == ELBOW_OK)
        status = run(comm, argc - 1, argv + 1, started, &error);
    if (status == ELBOW_OK) {
        error = (struct elbow_error){0};
        if (elbow_comm_place(comm).rank == 0 && fflush(stdout) != 0)
            elbow_error_set(&error, ELBOW_OUTPUT, "the result could not be written to standard output");
        status = elbow_comm_agree_root(comm, &error);
    }
    if (status != ELBOW_OK && elbow_comm_place(comm).rank == 0)
        fprintf(stderr, "elbow: %s\n", error.message);
    elbow_comm_close(comm);
    return elbow_status_exit(status);
}
