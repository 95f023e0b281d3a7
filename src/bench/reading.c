// SPDX-License-Identifier: BSD-3-Clause
// Times the reading of pages, as in a run that streams its rows, and its floor: reading the same share of the file's
// bytes in one piece. After the first pass both read from the kernel's cache.
#include "elbow/bench/detail/bench.h"

#include "elbow/base/memory.h"
#include "elbow/data/configured.h"
#include "elbow/data/pages.h"
#include "elbow/math/permutation.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The first file of the training set.
static enum elbow_status open_file(const struct elbow_config *config, struct elbow_bench_reading *reading,
                                   struct elbow_error *error)
{
    struct elbow_configured configured = {0};
    struct stat found = {0};
    enum elbow_status status = elbow_configured_find(NULL, config, false, NULL, &configured, error);
    if (status == ELBOW_OK) {
        const char *path = configured.found[ELBOW_CONFIGURED_ROWS].paths[0];
        reading->file = open(path, O_RDONLY | O_CLOEXEC);
        if (reading->file < 0 || fstat(reading->file, &found) != 0) {
            status = elbow_error_set(error, ELBOW_FILE, "%s: cannot be read: %s", path, strerror(errno));
            if (reading->file >= 0)
                close(reading->file);
        }
        reading->file_bytes = (uint64_t)found.st_size;
    }
    elbow_configured_clear(&configured);
    return status;
}

// The bytes of the file that correspond to a page: the same share as that of its rows. At most the bytes of the page in
// memory, as the file may hold other datasets, too.
static uint64_t stored_bytes(const struct elbow_dataset *dataset, const struct elbow_bench_reading *reading)
{
    const struct elbow_page_table *table = &dataset->page_table;
    uint64_t rows = dataset->files > 0 ? dataset->file_rows[0] : dataset->selection.stored;
    double share = (double)table->page_rows / (double)(rows > table->page_rows ? rows : table->page_rows);
    uint64_t stored = (uint64_t)(share * (double)reading->file_bytes);
    stored = stored < reading->bytes ? stored : reading->bytes;
    return stored > 0 ? stored : 1;
}

enum elbow_status elbow_bench_reading_open(struct elbow_bench_run *bench, struct elbow_error *error)
{
    struct elbow_bench_reading *reading = &bench->reading;
    const struct elbow_dataset *train = &bench->plan.train;
    const struct elbow_dataset *dataset = train->stored != NULL ? train->stored : train;
    const struct elbow_config *config = bench->plan.frozen != NULL ? &bench->plan.frozen->config : &bench->plan.config;
    if (dataset->pages == NULL)
        return ELBOW_OK;
    enum elbow_status status = elbow_pages_read_apart(dataset->pages, 0, &reading->bytes, error);
    if (status == ELBOW_OK)
        status = open_file(config, reading, error);
    if (status != ELBOW_OK)
        return status;
    reading->pages = dataset->pages;
    reading->count = dataset->page_table.count;
    reading->stored = stored_bytes(dataset, reading);
    return elbow_allocate(&reading->buffer, reading->stored, 1, "the bytes of a page", error);
}

void elbow_bench_reading_close(struct elbow_bench_reading *reading)
{
    if (reading->pages != NULL)
        close(reading->file);
    elbow_release(&reading->buffer);
    *reading = (struct elbow_bench_reading){0};
}

// Pages in a random order, so that the kernel's read-ahead does not help.
static uint64_t next_page(struct elbow_bench_reading *reading)
{
    struct elbow_permutation order = elbow_permutation_create(reading->count, 0, 0);
    return elbow_permutation_at(&order, reading->next++ % reading->count);
}

enum elbow_status elbow_bench_read_page(struct elbow_bench_reading *reading, double *seen, struct elbow_error *error)
{
    uint64_t bytes = 0;
    enum elbow_status status = ELBOW_OK;
    if (reading->pages != NULL)
        status = elbow_pages_read_apart(reading->pages, next_page(reading), &bytes, error);
    *seen = (double)bytes;
    return status;
}

void elbow_bench_read_bytes(struct elbow_bench_run *bench)
{
    struct elbow_bench_reading *reading = &bench->reading;
    if (reading->pages == NULL)
        return;
    uint64_t places = reading->file_bytes / reading->stored, at = next_page(reading) % (places > 0 ? places : 1);
    ssize_t got = pread(reading->file, reading->buffer, reading->stored, (off_t)(at * reading->stored));
    bench->seen = (double)got;
}
