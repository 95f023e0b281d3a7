// SPDX-License-Identifier: BSD-3-Clause
// The command line of elbow-shapes.
#include "shapes.h"

#include "elbow/base/output.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static void print_help(void)
{
    fputs(
        "usage: elbow-shapes -o FILE.h5 [options]\n"
        "\n"
        "Writes an HDF5 file of sprites with known factors, similar to dSprites: a square, an ellipse or a heart, in\n"
        "6 scales, 40 rotations and 32 x 32 positions; white (1) on black (0).\n"
        "  /train/images, /test/images    (N, size, size) bytes\n"
        "  /train/factors, /test/factors  (N, 5) shape, scale, rotation, x, y\n"
        "  /train/labels, /test/labels    (N) 0 square, 1 ellipse, 2 heart\n"
        "\n"
        "  -o, --output FILE   the HDF5 file\n"
        "      --force         " ELBOW_OUTPUT_FORCE_HELP "\n"
        "  -n, --count N       training samples (20000)\n"
        "  -t, --test N        test samples (2000)\n"
        "      --size 32|64    height and width of a picture (32)\n"
        "  -s, --seed S        the same seed gives the same bytes (1)\n"
        "  -h, --help          this text\n",
        stdout);
}

static bool parse_count(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 && *value >= least && *value <= most;
}

static enum elbow_status usage(struct elbow_error *error, const char *text)
{
    return elbow_error_set(error, ELBOW_USAGE, "%s (see elbow-shapes --help)", text);
}

static enum elbow_status take(int option, const char *text, struct shapes_options *options, struct elbow_error *error)
{
    uint64_t size;
    switch (option) {
    case 'o':
        options->output = text;
        return ELBOW_OK;
    case 'n':
        return parse_count(text, 1, UINT32_MAX, &options->count) ? ELBOW_OK
                                                                 : usage(error, "--count needs a number from 1");
    case 't':
        return parse_count(text, 1, UINT32_MAX, &options->test_count) ? ELBOW_OK
                                                                      : usage(error, "--test needs a number from 1");
    case 'S':
        if (!parse_count(text, 32, 64, &size) || (size != 32 && size != 64))
            return usage(error, "--size needs 32 or 64");
        options->size = size;
        return ELBOW_OK;
    case 's':
        return parse_count(text, 0, UINT64_MAX, &options->seed) ? ELBOW_OK
                                                                : usage(error, "--seed needs a number from 0");
    case 'F':
        options->force = true;
        return ELBOW_OK;
    case 'h':
        options->asks_help = true;
        return ELBOW_OK;
    case ':':
        return elbow_error_set(error, ELBOW_USAGE, "%s needs a value (see elbow-shapes --help)", text);
    default:
        return elbow_error_set(error, ELBOW_USAGE, "%s: unknown option (see elbow-shapes --help)", text);
    }
}

enum elbow_status shapes_parse(int argc, char **argv, struct shapes_options *options, struct elbow_error *error)
{
    static const struct option LONG[] = {
        {"output", required_argument, NULL, 'o'}, {"count", required_argument, NULL, 'n'},
        {"test", required_argument, NULL, 't'},   {"size", required_argument, NULL, 'S'},
        {"seed", required_argument, NULL, 's'},   {"force", no_argument, NULL, 'F'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    *options = (struct shapes_options){.count = 20000, .test_count = 2000, .seed = 1, .size = 32};
    int option;
    while ((option = getopt_long(argc, argv, ":o:n:t:s:h", LONG, NULL)) != -1) {
        const char *text = option == ':' || option == '?' ? argv[optind - 1] : optarg;
        enum elbow_status status = take(option, text, options, error);
        if (status == ELBOW_OK && options->asks_help)
            print_help();
        if (status != ELBOW_OK || options->asks_help)
            return status;
    }
    if (optind < argc)
        return elbow_error_set(error, ELBOW_USAGE, "%s: only options were expected (see elbow-shapes --help)",
                               argv[optind]);
    return options->output == NULL ? usage(error, "-o FILE.h5 is missing") : ELBOW_OK;
}
