// SPDX-License-Identifier: BSD-3-Clause
// The command line of elbow-import.
#include "import.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void import_print_help(void)
{
    fputs(
        "usage: elbow-import INPUT... -o FILE.h5 [options]\n"
        "\n"
        "Adds one dataset, rows first, to an HDF5 file, which is created if it does not exist. The content of an "
        "input\n"
        "decides its format. Plain or gzip: IDX (as MNIST), NPY (NumPy), and text with numbers, quoted or not, "
        "separated by\n"
        "commas, semicolons, tabs or spaces (a first line of names without numbers is a header). Plain: NPZ (one "
        "array);\n"
        "PNG, JPEG and TIFF pictures, and folders of them (in natural order; each page of a TIFF file is a row; 16 "
        "bits\n"
        "stay 16 bits; transparent pictures are laid over black; pictures are turned as their orientation tag says).\n"
        "A folder that contains only folders of pictures also gives labels: the names of the folders.\n"
        "Several inputs are appended to each other.\n"
        "\n"
        "  -o, --output FILE      the HDF5 file; after an error it is unchanged\n"
        "  -n, --name NAME        the dataset (/train/images)\n"
        "      --replace          replace a dataset of that name\n"
        "  -s, --shape 28,28      the shape of one row, instead of that in the file\n"
        "      --array NAME       the array of an NPZ file that holds several\n"
        "      --labels NAME      the group for the labels of a folder of folders (labels, beside the dataset)\n"
        "  -c, --columns 1-64     columns of a text file, such as 1-64 or 1,3-5; a single one gives a list (for "
        "labels)\n"
        "      --skip-columns 1   columns of a text file to leave out, such as names of rows\n"
        "      --header yes|no    whether text files begin with a header (yes if their first line has no numbers)\n"
        "  -f, --factor F         the attribute `factor`: value = stored * factor + offset; a number or a fraction\n"
        "                         (1/255 for images of bytes with a maximum above 1, 1/65535 for pictures of 16 bits,\n"
        "                         else 1)\n"
        "      --offset O         the attribute `offset` (0)\n"
        "  -z, --compress LEVEL   deflate with shuffle, 1 to 9 (contiguous, uncompressed)\n"
        "      --chunk-rows N     store chunks of N rows (contiguous; about 1 MB if compressed)\n"
        "  -h, --help             this text\n",
        stdout);
}

static enum elbow_status usage(struct elbow_error *error, const char *text)
{
    return elbow_error_set(error, ELBOW_USAGE, "%s (see elbow-import --help)", text);
}

static bool parse_shape(const char *text, struct import_options *options)
{
    options->rank = 0;
    options->has_shape = true;
    for (const char *at = text;; ++at) {
        char *end;
        if (*at < '1' || *at > '9' || options->rank == IMPORT_RANK_MAX)
            return false;
        options->shape[options->rank++] = strtoull(at, &end, 10);
        if (*end == '\0')
            return true;
        if (*end != ',')
            return false;
        at = end;
    }
}

static bool parse_count(const char *text, uint64_t *count)
{
    char *end;
    errno = 0;
    *count = strtoull(text, &end, 10);
    return *text >= '1' && *text <= '9' && *end == '\0' && errno == 0;
}

// A number or a fraction of two.
static bool parse_number(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    if (end == text)
        return false;
    if (*end == '/') {
        const char *below = end + 1;
        *value /= strtod(below, &end);
        if (end == below)
            return false;
    }
    return *end == '\0' && isfinite(*value);
}

static enum elbow_status take(int option, const char *text, struct import_options *options, struct elbow_error *error)
{
    switch (option) {
    case 'o':
        options->output = text;
        return ELBOW_OK;
    case 'n':
        options->name = text;
        return text[0] == '/' && text[1] != '\0' ? ELBOW_OK
                                                 : usage(error, "--name must begin with /, for example /train/images");
    case 'a':
        options->reading.array = text;
        return text[0] != '\0' ? ELBOW_OK : usage(error, "--array needs the name of an array");
    case 'l':
        options->labels = text;
        return text[0] == '/' && text[1] != '\0'
                   ? ELBOW_OK
                   : usage(error, "--labels must begin with /, for example /train/labels");
    case 'C':
        return parse_count(text, &options->chunk_rows) ? ELBOW_OK : usage(error, "--chunk-rows needs a number of rows");
    case 's':
        return parse_shape(text, options) ? ELBOW_OK : usage(error, "--shape needs sizes, for example 28,28");
    case 'c':
        return import_columns_parse(text, &options->reading.columns)
                   ? ELBOW_OK
                   : usage(error, "--columns needs columns, for example 1-64 or 1,3-5");
    case 'S':
        return import_columns_parse(text, &options->reading.skipped)
                   ? ELBOW_OK
                   : usage(error, "--skip-columns needs columns, for example 1 or 1,3-5");
    case 'H':
        options->reading.header = strcmp(text, "yes") == 0 ? IMPORT_HEADER_GIVEN : IMPORT_HEADER_NONE;
        return strcmp(text, "yes") == 0 || strcmp(text, "no") == 0 ? ELBOW_OK
                                                                   : usage(error, "--header needs yes or no");
    case 'f':
        options->has_factor = true;
        return parse_number(text, &options->factor) && options->factor != 0
                   ? ELBOW_OK
                   : usage(error, "--factor needs a number or a fraction other than 0, for example 1/255");
    case 'O':
        return parse_number(text, &options->offset) ? ELBOW_OK : usage(error, "--offset needs a number");
    case 'z':
        options->compression = text[0] - '0';
        return text[0] >= '1' && text[0] <= '9' && text[1] == '\0'
                   ? ELBOW_OK
                   : usage(error, "--compress needs a level from 1 to 9");
    case 'r':
        options->replace = true;
        return ELBOW_OK;
    case 'h':
        options->asks_help = true;
        return ELBOW_OK;
    case ':':
        return elbow_error_set(error, ELBOW_USAGE, "%s needs a value (see elbow-import --help)", text);
    default:
        return elbow_error_set(error, ELBOW_USAGE, "%s: unknown option (see elbow-import --help)", text);
    }
}

enum elbow_status import_parse(int argc, char **argv, struct import_options *options, struct elbow_error *error)
{
    static const struct option LONG[] = {{"output", required_argument, NULL, 'o'},
                                         {"name", required_argument, NULL, 'n'},
                                         {"array", required_argument, NULL, 'a'},
                                         {"labels", required_argument, NULL, 'l'},
                                         {"chunk-rows", required_argument, NULL, 'C'},
                                         {"shape", required_argument, NULL, 's'},
                                         {"columns", required_argument, NULL, 'c'},
                                         {"skip-columns", required_argument, NULL, 'S'},
                                         {"header", required_argument, NULL, 'H'},
                                         {"factor", required_argument, NULL, 'f'},
                                         {"offset", required_argument, NULL, 'O'},
                                         {"compress", required_argument, NULL, 'z'},
                                         {"replace", no_argument, NULL, 'r'},
                                         {"help", no_argument, NULL, 'h'},
                                         {NULL, 0, NULL, 0}};
    *options = (struct import_options){.name = "/train/images"};
    int option;
    while ((option = getopt_long(argc, argv, ":o:n:s:c:f:z:h", LONG, NULL)) != -1) {
        const char *text = option == ':' || option == '?' ? argv[optind - 1] : optarg;
        enum elbow_status status = take(option, text, options, error);
        if (status != ELBOW_OK || options->asks_help)
            return status;
    }
    options->inputs = (const char *const *)argv + optind;
    options->input_count = (size_t)(argc - optind);
    if (options->input_count == 0)
        return usage(error, "there is no input");
    if (options->output == NULL)
        return usage(error, "-o FILE.h5 is missing");
    return ELBOW_OK;
}
