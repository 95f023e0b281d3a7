// SPDX-License-Identifier: BSD-3-Clause
// elbow rechunk: an HDF5 file with chunks of whole rows.
#include "elbow/data/rechunk.h"
#include "elbow/base/child.h"
#include "elbow/base/clock.h"
#include "elbow/base/inputs.h"
#include "elbow/base/memory.h"
#include "elbow/cli/command.h"
#include "elbow/config/config.h"
#include "elbow/data/hdf5.h"
#include "elbow/evaluate/describe.h"
#include "elbow/math/permutation.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

enum { KILOBYTE = 1 << 10, MEGABYTE = 1 << 20 };

// The options on the command line.
struct options {
    const char *source, *output, *filter;
    int64_t rows, chunk, memory; // chunk and memory: bytes; 0: the usual
    bool force;
};

static const struct elbow_flag flags[] = {
    {.kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "FILE[:/dataset]",
     .help = "an HDF5 file, or a dataset or a group of it, if only that is to be written",
     .offset = offsetof(struct options, source)},
    {.name = "output",
     .letter = 'o',
     .kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "FILE",
     .help = "the HDF5 file to be written",
     .offset = offsetof(struct options, output)},
    ELBOW_ROW_FORCE(offsetof(struct options, force)),
    {.name = "rows",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "rows per chunk (as many as fit into --chunk)",
     .offset = offsetof(struct options, rows),
     .least = 1},
    {.name = "chunk",
     .kind = ELBOW_FLAG_BYTES,
     .value = "SIZE",
     .help = "size of a chunk, such as 4MiB; a plain number counts KiB (1024); datasets up to this size are copied "
             "unchanged",
     .offset = offsetof(struct options, chunk),
     .least = KILOBYTE,
     .most = (int64_t)4 << 30,
     .unit = KILOBYTE},
    {.name = "filter",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILTER",
     .help =
         "compression of chunks: keep, none, gzip, gzip:LEVEL, or the number of an HDF5 filter and its values, such as "
         "32015:3 (keep)",
     .offset = offsetof(struct options, filter)},
    {.name = "memory",
     .kind = ELBOW_FLAG_BYTES,
     .value = "SIZE",
     .help = "memory for the rows being copied, such as 500MB or 2GiB; a plain number counts MiB (256)",
     .offset = offsetof(struct options, memory),
     .least = MEGABYTE,
     .most = (int64_t)MEGABYTE << 24,
     .unit = MEGABYTE},
};

// FILE, or FILE:/dataset, into its parts; dataset is empty for the first.
static enum elbow_status read_options(const struct elbow_call *call, struct options *options, elbow_path file,
                                      elbow_path dataset, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, options, error);
    if (status != ELBOW_OK)
        return status;
    bool fits = elbow_config_locate("", options->source, file, dataset);
    if (fits && file[0] == '\0') { // no dataset is named
        fits = elbow_text_format(file, sizeof(elbow_path), "%s", options->source);
        dataset[0] = '\0';
    }
    return fits ? ELBOW_OK
                : elbow_error_set(error, ELBOW_USAGE, "rechunk: %.200s...: the name is too long", options->source);
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = {0};
    struct elbow_error error = {0};
    elbow_path file, dataset;
    if (read_options(call, &options, file, dataset, &error) != ELBOW_OK)
        return;
    elbow_text_format(note, ELBOW_CHILD_NOTE_SIZE, "%s", file);
    elbow_describe_file(file, stdout, &error); // a child prints to nowhere
    note[0] = '\0';
}

// The progress line, not more often than people read.
struct showing {
    struct elbow_log *log;
    bool is_seen; // on a terminal
    double last;
};

static void show(void *user, const char *dataset, uint64_t done, uint64_t rows)
{
    static const double EVERY = 0.5;
    struct showing *showing = user;
    double now = elbow_clock_seconds();
    if (!showing->is_seen || now - showing->last < EVERY)
        return;
    showing->last = now;
    elbow_log_progress(showing->log, "%s: %llu of %llu rows, %.0f %%", dataset, (unsigned long long)done,
                       (unsigned long long)rows, 100.0 * (double)done / (double)rows);
}

// Seconds that reading some pages takes, in an order that no cache foresees. Negative: it could not be done.
static double time_pages(const char *path, const struct elbow_rechunk_result *result, uint64_t pages)
{
    struct elbow_hdf5 *file = NULL;
    void *rows = NULL;
    uint64_t all = (result->rows + result->rows_after - 1) / result->rows_after;
    struct elbow_permutation order = elbow_permutation_create(all, 0, 0);
    bool is_fine = elbow_hdf5_open(path, &file, NULL) == ELBOW_OK &&
                   elbow_allocate(&rows, result->rows_after, 2 * result->row_bytes + sizeof(double), "rows", NULL) ==
                       ELBOW_OK; // floats of two bytes become four
    double start = elbow_clock_seconds();
    for (uint64_t i = 0; i < pages && is_fine; ++i) {
        uint64_t first = elbow_permutation_at(&order, i) * result->rows_after, left = result->rows - first;
        uint64_t count = left < result->rows_after ? left : result->rows_after;
        is_fine = elbow_hdf5_read_rows(file, result->largest, first, count, rows, NULL) == ELBOW_OK;
    }
    double seconds = elbow_clock_seconds() - start;
    elbow_release(&rows);
    elbow_hdf5_close(file, NULL);
    return is_fine ? seconds : -1;
}

// Rows that lie one after another are read without their neighbours, and chunks can only add to that.
static void warn_of_no_gain(struct elbow_log *log, const struct elbow_rechunk_result *result)
{
    static const double SMALLER = 0.9; // of the old size: worth a new file
    if (result->was_contiguous && (double)result->stored_new > SMALLER * (double)result->stored)
        elbow_log_warn(log,
                       "%s: had no chunks, so reading a row unpacked nothing, and the new one is hardly smaller: "
                       "training gains nothing from it; use the old file",
                       result->largest);
}

// Reports the gain for the largest dataset.
static void report_gain(struct elbow_log *log, const char *source, const char *target,
                        const struct elbow_rechunk_result *result)
{
    enum { PAGES = 8 };
    if (result->largest[0] == '\0')
        return;
    char before[160];
    if (result->touched > 0)
        elbow_text_format(before, sizeof before, "chunks of %llu rows, and reading one row unpacked %s",
                          (unsigned long long)result->rows_before, elbow_text_bytes(result->touched).text);
    else
        elbow_text_format(before, sizeof before, "no chunks");
    elbow_log_say(log, "%s: before, %s; now, chunks of %llu rows, and reading one row unpacks %s", result->largest,
                  before, (unsigned long long)result->rows_after,
                  elbow_text_bytes(result->rows_after * result->row_bytes).text);
    elbow_log_say(log, "%s: %s in the file before, %s now", result->largest, elbow_text_bytes(result->stored).text,
                  elbow_text_bytes(result->stored_new).text);
    uint64_t all = (result->rows + result->rows_after - 1) / result->rows_after, pages = all < PAGES ? all : PAGES;
    double old_time = time_pages(source, result, pages), new_time = time_pages(target, result, pages);
    if (old_time >= 0 && new_time >= 0)
        elbow_log_say(
            log, "%s: reading a random chunk takes %.3g ms (mean of %llu); its rows took %.3g ms in the old file",
            result->largest, 1e3 * new_time / (double)pages, (unsigned long long)pages, 1e3 * old_time / (double)pages);
    warn_of_no_gain(log, result);
}

static void report(struct elbow_log *log, const struct options *options, const char *source,
                   const struct elbow_rechunk_result *result)
{
    elbow_log_say(log, "%s: %s rewritten, %llu copied", options->output,
                  elbow_text_count(result->rewritten, "dataset").text, (unsigned long long)result->copied);
    report_gain(log, source, options->output, result);
    if (result->references > 0)
        elbow_log_warn(log,
                       "%s: %s of references to objects that are not in the new file, or to parts of datasets, left "
                       "out",
                       options->output, elbow_text_count(result->references, "attribute or dataset").text);
    if (result->repeated > 0)
        elbow_log_say(log,
                      "old chunks were unpacked up to %llu times, because too few of them fit into --memory; "
                      "with %s each is unpacked once",
                      (unsigned long long)result->repeats, elbow_text_bytes(result->band).text);
}

// Rank zero. The new file appears complete, or not at all.
static enum elbow_status write_file(struct elbow_call *call, const struct options *options, const char *file,
                                    const char *dataset, struct elbow_error *error)
{
    enum elbow_publish publish = elbow_output_publishing(options->force);
    struct elbow_rechunk_result result;
    struct elbow_part part = {0};
    struct showing showing = {
        .log = call->log, .is_seen = isatty(fileno(call->log->screen)) != 0, .last = elbow_clock_seconds()};
    struct elbow_rechunk_request request = {.source = file,
                                            .dataset = dataset,
                                            .chunk_rows = (uint64_t)options->rows,
                                            .chunk_bytes =
                                                options->chunk > 0 ? (uint64_t)options->chunk : KILOBYTE * KILOBYTE,
                                            .memory = options->memory > 0 ? (uint64_t)options->memory : 256 * MEGABYTE,
                                            .user = &showing,
                                            .progress = show};
    enum elbow_status status =
        elbow_rechunk_read_filter(options->filter != NULL ? options->filter : "keep", &request.filter, error);
    if (status == ELBOW_OK)
        status = elbow_inputs_note(file, error);
    if (status == ELBOW_OK)
        status = elbow_output_check(options->output, publish, error);
    if (status == ELBOW_OK)
        status = elbow_part_begin(NULL, options->output, &part, NULL, error);
    if (status != ELBOW_OK)
        return status;
    request.target = part.part;
    status = elbow_rechunk(&request, &result, error);
    if (status == ELBOW_OK)
        status = elbow_output_publish(&part, publish, error);
    else
        elbow_part_abandon(&part);
    if (status == ELBOW_OK)
        report(call->log, options, file, &result);
    return status;
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {0};
    elbow_path file, dataset;
    enum elbow_status status = read_options(call, &options, file, dataset, error);
    if (status != ELBOW_OK)
        return status;
    if (elbow_comm_place(call->comm).rank == 0)
        write_file(call, &options, file, dataset, error);
    elbow_comm_broadcast(call->comm, error, sizeof *error);
    return error->status;
}

const struct elbow_command elbow_command_rechunk = {
    .name = "rechunk",
    .summary = "rewrite an HDF5 file in chunks of whole rows",
    .text =
        "Reading a row of an HDF5 dataset unpacks every chunk that the row touches. This command rewrites a file,\n"
        "with its datasets of numbers in chunks of whole rows of about 1 MB, in bounded memory, and reports the gain\n"
        "in reading. Values, types, attributes, groups, links and dimension scales stay; small datasets, texts and\n"
        "tables are copied unchanged; virtual datasets, and those with values in other files, become ordinary\n"
        "datasets. One rank does the work.\n",
    .examples = "elbow rechunk data/shapes.h5 -o shapes-rows.h5\n"
                "elbow rechunk climate.nc:/t2m -o t2m.h5 --filter gzip:6 --memory 2GiB\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
    .preview = preview,
};
