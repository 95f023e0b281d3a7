// SPDX-License-Identifier: BSD-3-Clause
// The command line of elbow-scaling.
#include "scaling.h"

#include "elbow/base/output.h"
#include "elbow/base/streams.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void scaling_print_help(void)
{
    fputs(
        "usage: elbow-scaling run CONFIG -o DIR [options]      measures\n"
        "       elbow-scaling report DIR                       writes DIR/scaling.csv and explains it\n"
        "       elbow-scaling model DIR [options]              predicts: writes DIR/prediction.csv, DIR/model.txt\n"
        "       elbow-scaling plot DIR                         draws DIR/*.png and *.svg\n"
        "\n"
        "Runs scaling experiments with `elbow bench`. Each measurement is one file in DIR; existing ones are kept, so\n"
        "an interrupted run can be started again.\n"
        "\n"
        "run:\n"
        "  -o, --output DIR           the directory of the measurements\n"
        "      --set KEY=VALUE        changes a key of the configuration, as for elbow\n"
        "      --ranks \"1 2 4\"        numbers of ranks (powers of two up to the cores; with --nodes: P on each "
        "node)\n"
        "      --nodes \"1 2\"          numbers of nodes, with the same number of ranks on each\n"
        "      --per-node P           ranks per node (SLURM_NTASKS_PER_NODE, else the number of cores)\n"
        "      --mode MODE            strong: the configured batch; weak: train.batch grows with the ranks, and is "
        "the\n"
        "                             configured one for the fewest; both; exchange: small batches of models of\n"
        "                             several sizes, for `model`; all (both)\n"
        "      --launcher NAME        mpirun or srun (mpirun)\n"
        "      --launcher-options \"...\"  replaces the built-in options (binding and placement)\n"
        "      --repeats N            passes over all points, alternately forward and backward (3)\n"
        "      --warm-up N            passes before these, not kept (1)\n"
        "      --rounds N             rounds of each elbow bench (15)\n"
        "      --elbow FILE           the program elbow (the one beside this program, else that in the PATH)\n"
        "\n"
        "all but run:\n"
        "      --force                " ELBOW_OUTPUT_FORCE_HELP " (not needed if the content is the same)\n"
        "\n"
        "model:\n"
        "      --ranks \"...\"          numbers of ranks to predict (powers of two up to 4096)\n"
        "      --per-node P           ranks per node (the largest measured number)\n"
        "      --latency SECONDS      latency of a message between nodes (fitted; 1.5e-6 if only one node was "
        "measured)\n"
        "      --bandwidth BYTES      bytes per second of a node's link, each way (fitted; else 12.5e9)\n"
        "\n"
        "  -h, --help\n",
        stdout);
}

static enum elbow_status usage(struct elbow_error *error, const char *text)
{
    return elbow_error_set(error, ELBOW_USAGE, "%s (see elbow-scaling --help)", text);
}

// A whole number from `least` on, and the text behind it.
static bool parse_number(const char *text, long least, int *value, const char **end)
{
    char *stop;
    errno = 0;
    long number = strtol(text, &stop, 10);
    *end = stop;
    if (stop == text || errno != 0 || number < least || number > INT_MAX)
        return false;
    *value = (int)number;
    return true;
}

// Rising or not, separated by spaces or commas; at least one.
static bool parse_list(const char *text, struct scaling_list *list)
{
    *list = (struct scaling_list){0};
    const char *at = text + strspn(text, " ,");
    while (*at != '\0') {
        if (list->count == SCALING_LIST_MAX || !parse_number(at, 1, &list->values[list->count], &at))
            return false;
        list->count += 1;
        if (*at != '\0' && strchr(" ,", *at) == NULL)
            return false;
        at += strspn(at, " ,");
    }
    return list->count > 0;
}

static bool parse_positive(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*value) && *value > 0;
}

static bool parse_mode(const char *text, bool does[SCALING_MODES])
{
    bool all = strcmp(text, "all") == 0, both = all || strcmp(text, "both") == 0;
    does[SCALING_STRONG] = both || strcmp(text, "strong") == 0;
    does[SCALING_WEAK] = both || strcmp(text, "weak") == 0;
    does[SCALING_EXCHANGE] = all || strcmp(text, "exchange") == 0;
    return does[SCALING_STRONG] || does[SCALING_WEAK] || does[SCALING_EXCHANGE];
}

static enum elbow_status take_number(const char *name, const char *text, long least, int *value,
                                     struct elbow_error *error)
{
    const char *end;
    if (parse_number(text, least, value, &end) && *end == '\0')
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "--%s: found '%s', expected a whole number of at least %ld", name, text,
                           least);
}

static enum elbow_status take_list(const char *name, const char *text, struct scaling_list *list,
                                   struct elbow_error *error)
{
    if (parse_list(text, list))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE,
                           "--%s: found '%s', expected up to %d whole numbers of at least 1, such as \"1 2 4\"", name,
                           text, SCALING_LIST_MAX);
}

static enum elbow_status take(int option, const char *text, struct scaling_options *options, struct elbow_error *error)
{
    switch (option) {
    case 'o':
        options->directory = text;
        return ELBOW_OK;
    case 's':
        if (options->set_count == SCALING_SETS_MAX)
            return usage(error, "--set is given too often");
        options->sets[options->set_count++] = text;
        return ELBOW_OK;
    case 'r':
        return take_list("ranks", text, &options->ranks, error);
    case 'n':
        return take_list("nodes", text, &options->nodes, error);
    case 'p':
        return take_number("per-node", text, 1, &options->per_node, error);
    case 'm':
        return parse_mode(text, options->does) ? ELBOW_OK
                                               : usage(error, "--mode must be strong, weak, both, exchange or all");
    case 'l':
        options->launcher = text;
        return strcmp(text, "mpirun") == 0 || strcmp(text, "srun") == 0
                   ? ELBOW_OK
                   : usage(error, "--launcher must be mpirun or srun");
    case 'O':
        options->launcher_options = text;
        return ELBOW_OK;
    case 'R':
        return take_number("repeats", text, 1, &options->repeats, error);
    case 'w':
        return take_number("warm-up", text, 0, &options->warm_ups, error);
    case 'q':
        return take_number("rounds", text, 1, &options->rounds, error);
    case 'e':
        options->elbow = text;
        return ELBOW_OK;
    case 'a':
        return parse_positive(text, &options->latency) ? ELBOW_OK
                                                       : usage(error, "--latency: expected seconds, such as 1.5e-6");
    case 'b':
        return parse_positive(text, &options->bandwidth)
                   ? ELBOW_OK
                   : usage(error, "--bandwidth: expected bytes/s, such as 12.5e9");
    case 'F':
        options->force = true;
        return ELBOW_OK;
    case 'h':
        options->command = SCALING_HELP;
        return ELBOW_OK;
    case ':':
        return elbow_error_set(error, ELBOW_USAGE, "%s: the value is missing (see elbow-scaling --help)", text);
    default:
        return elbow_error_set(error, ELBOW_USAGE, "%s: unknown option (see elbow-scaling --help)", text);
    }
}

// Refuses an option that the command does not use.
static bool belongs(int option, int command)
{
    const char *known = command == SCALING_RUN ? "osrnpmlORwqe" : command == SCALING_MODEL ? "rpabF" : "F";
    return strchr(known, option) != NULL || strchr("h:?", option) != NULL;
}

static enum elbow_status take_command(const char *word, struct scaling_options *options, struct elbow_error *error)
{
    static const char *const names[] = {"run", "report", "model", "plot"};
    for (int i = 0; i < SCALING_HELP; ++i)
        if (word != NULL && strcmp(word, names[i]) == 0) {
            options->command = i;
            return ELBOW_OK;
        }
    if (word != NULL && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
        options->command = SCALING_HELP;
        return ELBOW_OK;
    }
    return elbow_error_set(error, ELBOW_USAGE, "%s: expected run, report, model or plot as the first word",
                           word == NULL ? "no command given" : word);
}

static enum elbow_status take_words(char **words, int count, struct scaling_options *options, struct elbow_error *error)
{
    if (options->command == SCALING_RUN) {
        if (count != 1)
            return usage(error, count == 0 ? "run: the configuration is missing" : "run: expected one configuration");
        options->config = words[0];
        if (options->directory == NULL)
            return usage(error, "-o DIR is missing");
        return ELBOW_OK;
    }
    if (count != 1)
        return usage(error, "report, model and plot need one directory, which run has filled");
    options->directory = words[0];
    return ELBOW_OK;
}

enum elbow_status scaling_parse(int argc, char **argv, struct scaling_options *options, struct elbow_error *error)
{
    static const struct option LONG[] = {{"output", required_argument, NULL, 'o'},
                                         {"set", required_argument, NULL, 's'},
                                         {"ranks", required_argument, NULL, 'r'},
                                         {"nodes", required_argument, NULL, 'n'},
                                         {"per-node", required_argument, NULL, 'p'},
                                         {"mode", required_argument, NULL, 'm'},
                                         {"launcher", required_argument, NULL, 'l'},
                                         {"launcher-options", required_argument, NULL, 'O'},
                                         {"repeats", required_argument, NULL, 'R'},
                                         {"warm-up", required_argument, NULL, 'w'},
                                         {"rounds", required_argument, NULL, 'q'},
                                         {"elbow", required_argument, NULL, 'e'},
                                         {"latency", required_argument, NULL, 'a'},
                                         {"bandwidth", required_argument, NULL, 'b'},
                                         {"force", no_argument, NULL, 'F'},
                                         {"help", no_argument, NULL, 'h'},
                                         {NULL, 0, NULL, 0}};
    *options = (struct scaling_options){.launcher = "mpirun", .repeats = 3, .warm_ups = 1, .rounds = 15};
    options->does[SCALING_STRONG] = options->does[SCALING_WEAK] = true;
    enum elbow_status status = take_command(argc > 1 ? argv[1] : NULL, options, error);
    if (status != ELBOW_OK || options->command == SCALING_HELP)
        return status;
    int option, command = options->command;
    optind = 0; // the words behind the command, from their beginning
    while ((option = getopt_long(argc - 1, argv + 1, ":o:h", LONG, NULL)) != -1) {
        const char *text = option == ':' || option == '?' ? argv[optind] : optarg;
        if (!belongs(option, command))
            return elbow_error_set(error, ELBOW_USAGE, "%s does not take '%s' (see elbow-scaling --help)", argv[1],
                                   text);
        status = take(option, text, options, error);
        if (status != ELBOW_OK || options->command == SCALING_HELP)
            return status;
    }
    return take_words(argv + 1 + optind, argc - 1 - optind, options, error);
}

int scaling_main(int argc, char **argv)
{
    struct scaling_options options;
    struct elbow_error error = {0};
    elbow_streams_start();
    setvbuf(stdout, NULL, _IOLBF, 0); // so that the output of a batch job shows its progress
    enum elbow_status status = scaling_parse(argc, argv, &options, &error);
    static enum elbow_status (*const commands[])(const struct scaling_options *options, struct elbow_error *error) = {
        scaling_run, scaling_report, scaling_model, scaling_plot};
    if (status == ELBOW_OK && options.command == SCALING_HELP)
        scaling_print_help();
    else if (status == ELBOW_OK)
        status = commands[options.command](&options, &error);
    if (status == ELBOW_OK)
        return elbow_streams_end("elbow-scaling", EXIT_SUCCESS);
    fflush(stdout);
    fprintf(stderr, "elbow-scaling: %s\n", error.message);
    return status == ELBOW_USAGE || status == ELBOW_CONFIG ? 2 : EXIT_FAILURE;
}
