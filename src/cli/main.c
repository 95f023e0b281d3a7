// SPDX-License-Identifier: BSD-3-Clause
// The program: looks its processor over, starts MPI, finds the subcommand, and ends with the status that all ranks
// agree on. This file is compiled for the plainest processor: what it does before elbow_processor_fits must run
// anywhere.
#include "elbow/base/build.h"
#include "elbow/base/signals.h"
#include "elbow/base/text.h"
#include "elbow/cli/command.h"
#include "elbow/cli/preflight.h"
#include "elbow/cli/processor.h"
#include "elbow/data/hdf5.h"
#include "elbow/math/blas.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct elbow_command commands[] = {
    {"train", "CONFIG [--set KEY=VALUE]... [--run-dir DIR] [--resume[=auto]] [--overwrite] [--init CHECKPOINT]",
     "Trains the configuration. --resume goes on with the run in the run directory, --resume=auto starts or goes on,\n"
     "--overwrite moves an earlier run aside, --init starts from the tensors of another checkpoint.\n",
     false, true, elbow_command_train, elbow_preview_train},
    {"eval", "CHECKPOINT [--data FILE[:/dataset]] [--labels FILE:/dataset] [--importance K] [--best] [--json]",
     "The ELBO and its parts in nats per sample, per class where there are labels; with --importance also the\n"
     "importance-sampled log-likelihood of K samples.\n",
     true, false, elbow_command_eval, elbow_preview_eval},
    {"encode", "CHECKPOINT -o FILE.h5 [--data FILE[:/dataset]] [--labels FILE:/dataset] [--importance K] [--best]",
     "Writes mean, log_variance, recon, kl and elbo of every row, in input order.\n", false, false,
     elbow_command_encode, elbow_preview_encode},
    {"sample", "CHECKPOINT -o FILE.png|FILE.h5|FILE.csv [-n N] [--seed S] [--draw] [--best]",
     "Samples from the prior, decoded: means of p(x|z), with --draw draws from it.\n", false, false,
     elbow_command_sample, NULL},
    {"reconstruct",
     "CHECKPOINT -o FILE.png|FILE.h5|FILE.csv [--data FILE[:/dataset]] [-n N] [--first ROW] [--seed S] [--draw] "
     "[--best]",
     "Rows of a dataset beside their reconstructions.\n", false, false, elbow_command_reconstruct,
     elbow_preview_reconstruct},
    {"info", "FILE", "Tells in words what a dataset file, a checkpoint or a run directory holds.\n", true, false,
     elbow_command_info, elbow_preview_info},
    {"config", "CONFIG [--set KEY=VALUE]... | --explain",
     "Prints the resolved configuration; --explain tells every key with its type, bounds, default and meaning.\n", true,
     false, elbow_command_config, NULL},
    {"bench", "[CONFIG] [--set KEY=VALUE]... [--rounds N] [--json]",
     "Times a training step of the configuration (by default 784-512-256-20 on noise) against the floor of its matrix\n"
     "products and one pass of the optimiser, and every part of it; nothing is written.\n",
     true, false, elbow_command_bench, elbow_preview_bench},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void)
{
    printf("elbow %s: trains variational autoencoders on MPI ranks\n\n"
           "usage: [mpirun -n RANKS] elbow COMMAND ...\n\n",
           elbow_build_version());
    for (int i = 0; i < COMMANDS; ++i)
        printf("  %-12s %s\n", commands[i].name, commands[i].synopsis);
    printf("\nelbow COMMAND --help tells more. CHECKPOINT is a file or a run directory (its latest).\n"
           "exit status: 0 done, 1 failed, 2 wrong usage or configuration, 3 done but some output could not be\n"
           "written, 75 stopped early with a checkpoint: start again with --resume to go on\n");
}

static const struct elbow_command *find_command(const char *name, struct elbow_error *error)
{
    const struct elbow_command *nearest = &commands[0];
    for (int i = 0; i < COMMANDS; ++i) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
        if (elbow_text_distance(name, commands[i].name) < elbow_text_distance(name, nearest->name))
            nearest = &commands[i];
    }
    elbow_error_set(error, ELBOW_USAGE, "%s: unknown command; did you mean %s? (elbow --help lists all)", name,
                    nearest->name);
    return NULL;
}

static bool asks_for_help(int count, char **words)
{
    for (int i = 0; i < count; ++i)
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0)
            return true;
    return false;
}

// Collective. The command of the words behind the program's name.
static enum elbow_status run(struct elbow_comm *comm, int count, char **words, struct elbow_error *error)
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
    if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0 || strcmp(words[0], "help") == 0) {
        if (is_root)
            print_help();
        return ELBOW_OK;
    }
    const struct elbow_command *command = find_command(words[0], error);
    if (command == NULL)
        return error->status;
    if (asks_for_help(count - 1, words + 1)) {
        if (is_root)
            printf("usage: elbow %s %s\n\n%s", command->name, command->synopsis, command->help);
        return ELBOW_OK;
    }
    if (is_root)
        elbow_signals_keep_text(": elbow %s was not finished; what it was to write is not there, start it again",
                                command->name);
    if (!command->stops_with_checkpoint)
        elbow_signals_refuse_stop();
    struct elbow_log log = elbow_log_open(is_root, command->result_on_stdout ? stderr : stdout);
    struct elbow_call call = {.comm = comm, .log = &log, .count = count - 1, .words = words + 1};
    enum elbow_status status = command->run(&call, error);
    elbow_log_close(&log);
    elbow_signals_keep_text(NULL);
    return status;
}

// Local. What a child process of this rank found out about the files to be read.
static void look_ahead(int count, char **words, struct elbow_error *verdict)
{
    const struct elbow_command *command = count > 0 ? find_command(words[0], NULL) : NULL;
    struct elbow_call call = {.count = count - 1, .words = words + 1};
    if (command != NULL && !asks_for_help(count - 1, words + 1))
        elbow_preflight(command, &call, ELBOW_PREFLIGHT_SECONDS, verdict);
}

int main(int argc, char **argv)
{
    struct elbow_comm *comm = NULL;
    struct elbow_error error = {0};
    if (!elbow_processor_fits("elbow"))
        return 1;
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
        status = run(comm, argc - 1, argv + 1, &error);
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
