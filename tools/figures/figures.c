// SPDX-License-Identifier: BSD-3-Clause
// The command line of elbow-figures.
#include "figures.h"

#include "elbow/base/streams.h"
#include "elbow/base/text.h"
#include "elbow/output/plot.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct figures_kind kinds[] = {
    {"activations", NULL, "the activations of a layer and their derivatives", figures_activations},
    {"convolution", "FILE.h5", "a picture of /train/images and its convolutions with two kernels", figures_convolution},
    {"gradient", NULL, "two estimates of a gradient through a draw, and their spread", figures_gradient},
    {"divergence", "LATENTS.h5", "the two parts of the KL in each dimension of the output of elbow encode",
     figures_divergence},
    {"game", NULL, "a game of two players, its equilibrium, and gradient steps around it", figures_game}};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct options {
    const struct figures_kind *kind;
    const char *input, *output;
    bool force, asks_help;
};

static void print_help(void)
{
    elbow_text_print(stdout, "usage: elbow-figures FIGURE [FILE] -o FILE.png|.svg|.pdf [--force]\n"
                             "\n"
                             "Draws the figures of the tutorial that no command of elbow draws.\n"
                             "\n"
                             "figures:\n");
    for (size_t k = 0; k < KINDS; ++k) {
        char name[40];
        (void)elbow_text_format(name, sizeof name, "%s%s%s", kinds[k].name, kinds[k].input == NULL ? "" : " ",
                                kinds[k].input == NULL ? "" : kinds[k].input);
        elbow_text_print(stdout, "  %-22s  %s\n", name, kinds[k].what);
    }
    elbow_text_print(stdout, "\n"
                             "options:\n"
                             "  -o, --output FILE       the output file: PNG, SVG or PDF, by its ending\n"
                             "      --force             " ELBOW_OUTPUT_FORCE_HELP "\n"
                             "  -h, --help              this text\n");
}

static enum elbow_status usage(struct elbow_error *error, const char *text)
{
    return elbow_error_set(error, ELBOW_USAGE, "%s (see elbow-figures --help)", text);
}

static enum elbow_status take(int option, const char *text, struct options *options, struct elbow_error *error)
{
    switch (option) {
    case 'o':
        options->output = text;
        return ELBOW_OK;
    case 'F':
        options->force = true;
        return ELBOW_OK;
    case 'h':
        options->asks_help = true;
        return ELBOW_OK;
    case ':':
        return elbow_error_set(error, ELBOW_USAGE, "%s: the value is missing (see elbow-figures --help)", text);
    default:
        return elbow_error_set(error, ELBOW_USAGE, "%s: unknown option (see elbow-figures --help)", text);
    }
}

// The words beside the options: the figure, and its file if it has one.
static enum elbow_status take_figure(int count, char **words, struct options *options, struct elbow_error *error)
{
    if (count == 0)
        return usage(error, "a figure is missing");
    for (size_t k = 0; k < KINDS; ++k)
        if (strcmp(words[0], kinds[k].name) == 0)
            options->kind = &kinds[k];
    if (options->kind == NULL)
        return elbow_error_set(error, ELBOW_USAGE, "%s: unknown figure (elbow-figures --help lists them)", words[0]);
    const char *input = options->kind->input;
    if (count != (input == NULL ? 1 : 2))
        return elbow_error_set(error, ELBOW_USAGE, "%s takes %s%s (see elbow-figures --help)", words[0],
                               input == NULL ? "no file" : "one file, ", input == NULL ? "" : input);
    options->input = input == NULL ? NULL : words[1];
    return options->output == NULL ? usage(error, "-o FILE is missing") : ELBOW_OK;
}

static enum elbow_status parse(int argc, char **argv, struct options *options, struct elbow_error *error)
{
    static const struct option LONG[] = {{"output", required_argument, NULL, 'o'},
                                         {"force", no_argument, NULL, 'F'},
                                         {"help", no_argument, NULL, 'h'},
                                         {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, ":o:h", LONG, NULL)) != -1) {
        const char *text = option == ':' || option == '?' ? argv[optind - 1] : optarg;
        enum elbow_status status = take(option, text, options, error);
        if (status == ELBOW_OK && options->asks_help)
            print_help();
        if (status != ELBOW_OK || options->asks_help)
            return status;
    }
    return take_figure(argc - optind, argv + optind, options, error);
}

static enum elbow_status draw(const struct options *options, struct elbow_error *error)
{
    struct figures_target target = {options->output, elbow_output_publishing(options->force)};
    enum elbow_status status = elbow_plot_check(target.path, error);
    if (status == ELBOW_OK)
        status = elbow_output_check(target.path, target.publish, error);
    return status == ELBOW_OK ? options->kind->draw(options->input, target, error) : status;
}

int figures_main(int argc, char **argv)
{
    struct options options = {0};
    struct elbow_error error = {0};
    elbow_streams_start();
    enum elbow_status status = parse(argc, argv, &options, &error);
    if (status == ELBOW_OK && !options.asks_help)
        status = draw(&options, &error);
    if (status == ELBOW_OK)
        return elbow_streams_end("elbow-figures", EXIT_SUCCESS);
    fprintf(stderr, "elbow-figures: %s\n", error.message);
    return status == ELBOW_USAGE ? 2 : EXIT_FAILURE;
}
