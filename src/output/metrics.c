// SPDX-License-Identifier: BSD-3-Clause
// The rows of metrics.csv and kl.csv.
#include "elbow/output/metrics.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// Bytes: of a number, or a name, and its comma; of a row or header of metrics.csv. Rows, and bytes, that may wait.
enum {
    NUMBER_SIZE = 32,
    ROW_SIZE = 512 + (ELBOW_FIGURES + ELBOW_PART_FIGURES) * NUMBER_SIZE,
    WAITING_ROWS = 64,
    WAITING_SIZE = 1 << 18
};

// A row being written into a buffer that is large enough.
struct row_text {
    char *text;
    size_t length, size;
};

static void add_text(struct row_text *row, const char *text)
{
    size_t length = strlen(text);
    ELBOW_CHECK(row->length + length < row->size);
    memcpy(row->text + row->length, text, length + 1);
    row->length += length;
}

static void add_integer(struct row_text *row, uint64_t value)
{
    char text[NUMBER_SIZE];
    snprintf(text, sizeof text, "%" PRIu64, value);
    add_text(row, text);
}

// A comma and the number; a NaN is an empty field.
static void add_number(struct row_text *row, double value)
{
    char text[NUMBER_SIZE] = ",";
    if (!isnan(value))
        snprintf(text, sizeof text, ",%.17g", value);
    add_text(row, text);
}

static void add_place(struct row_text *row, const struct elbow_metrics_row *metrics)
{
    add_integer(row, metrics->step);
    add_text(row, ",");
    add_integer(row, metrics->epoch);
    add_text(row, ",");
    add_text(row, elbow_split_words[metrics->split]);
}

// own: figures that not every run has.
static bool is_column(const struct elbow_metrics *metrics, const struct elbow_figures *own, enum elbow_figure_kind kind)
{
    unsigned where = elbow_figure_row(kind)->where;
    if ((where & ELBOW_FIGURE_OF_SOME) != 0 && !own->is_given[kind])
        return false;
    if (metrics->latent > 0)
        return (where & ELBOW_FIGURE_IN_TABLE) != 0;
    return (where & ELBOW_FIGURE_IN_PLAIN_TABLE) != 0 ||
           ((where & ELBOW_FIGURE_IN_TABLE) != 0 && (where & ELBOW_FIGURE_OF_KL) == 0);
}

static void add_metrics(struct row_text *text, const struct elbow_metrics *metrics, const struct elbow_metrics_row *row)
{
    add_place(text, row);
    for (size_t i = 0; i < metrics->column_count; ++i) {
        const struct elbow_metrics_column *column = &metrics->columns[i];
        add_number(text, column->is_of_part ? elbow_figures_get_part(&row->figures, column->kind, column->part)
                                            : elbow_figures_get(&row->figures, column->kind));
    }
    add_text(text, "\n");
}

// Columns of parts come last.
static void add_header(struct row_text *row, const struct elbow_metrics *metrics, const struct elbow_figures *own)
{
    add_text(row, ELBOW_TABLE_PLACE);
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind)
        if (is_column(metrics, own, kind)) {
            add_text(row, ",");
            add_text(row, elbow_figure_row(kind)->name);
        }
    for (size_t i = 0; i < own->part_count; ++i) {
        char name[ELBOW_FIGURE_NAME];
        add_text(row, ",");
        add_text(row, elbow_figure_name_part(own->parts[i].kind, own->parts[i].part, name));
    }
    add_text(row, "\n");
}

// A column for each latent dimension.
static void add_kl_header(struct row_text *row, size_t latent)
{
    add_text(row, ELBOW_TABLE_PLACE);
    for (size_t j = 0; j < latent; ++j) {
        add_text(row, ",");
        add_text(row, elbow_figure_row(ELBOW_FIGURE_KL)->name);
        add_text(row, "_");
        add_integer(row, j);
    }
    add_text(row, "\n");
}

static size_t kl_row_size(size_t latent)
{
    return ROW_SIZE + latent * NUMBER_SIZE;
}

bool elbow_metrics_is_table(const char *text)
{
    static const char *const heads[] = {"step,epoch,split,objective,elbo,", "step,epoch,split,objective,recon,",
                                        "step,epoch,split,kl_0"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; ++i)
        if (strncmp(text, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

bool elbow_metrics_has_rows(const struct elbow_directory *directory, const char *name)
{
    char *text = NULL;
    size_t size = 0;
    bool is_read =
        elbow_file_read(directory, name, (size_t)1 << ELBOW_TABLE_BYTES_LOG2, &text, &size, NULL) == ELBOW_OK;
    const char *end = is_read && elbow_metrics_is_table(text) ? memchr(text, '\n', size) : NULL;
    bool has_rows = end != NULL && (size_t)(end - text) + 1 < size;
    elbow_release(&text);
    return has_rows;
}

static bool is_named(const char *wanted, const char *name, size_t length)
{
    return strlen(wanted) == length && memcmp(wanted, name, length) == 0;
}

static struct elbow_metrics_column column_named(const struct elbow_metrics *metrics, const struct elbow_figures *own,
                                                const char *name, size_t length)
{
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind)
        if (is_column(metrics, own, kind) && is_named(elbow_figure_row(kind)->name, name, length))
            return (struct elbow_metrics_column){.kind = kind};
    for (size_t i = 0; i < own->part_count; ++i) {
        char of_part[ELBOW_FIGURE_NAME];
        const struct elbow_part_figure *part = &own->parts[i];
        if (is_named(elbow_figure_name_part(part->kind, part->part, of_part), name, length))
            return (struct elbow_metrics_column){part->kind, part->part, true};
    }
    return (struct elbow_metrics_column){.kind = ELBOW_FIGURES};
}

// The columns of the table that is there.
static void find_columns(struct elbow_metrics *metrics, const struct elbow_figures *own)
{
    const char *at = metrics->metrics.header + strlen(ELBOW_TABLE_PLACE);
    while (*at == ',') {
        size_t length = strcspn(at + 1, ",\n");
        struct elbow_metrics_column column = column_named(metrics, own, at + 1, length);
        ELBOW_CHECK(column.kind < ELBOW_FIGURES && metrics->column_count < ELBOW_METRICS_COLUMNS);
        metrics->columns[metrics->column_count++] = column;
        at += 1 + length;
    }
}

static enum elbow_status open_table(const struct elbow_metrics *metrics, const char *name, const char *header,
                                    uint64_t step, struct elbow_table *table, struct elbow_error *error)
{
    size_t rows = WAITING_ROWS * kl_row_size(metrics->latent);
    struct elbow_table_request request = {.directory = metrics->directory,
                                          .log = metrics->log,
                                          .name = name,
                                          .header = header,
                                          .may_lack_columns = table == &metrics->metrics,
                                          .capacity = rows > WAITING_SIZE ? rows : WAITING_SIZE};
    return elbow_table_open(&request, step, table, error);
}

enum elbow_status elbow_metrics_open(const struct elbow_directory *directory, size_t latent,
                                     const struct elbow_figures *own, uint64_t step, struct elbow_log *log,
                                     struct elbow_metrics *metrics, struct elbow_error *error)
{
    *metrics = (struct elbow_metrics){.latent = latent, .directory = directory, .log = log};
    struct row_text header = {.size = kl_row_size(latent)};
    enum elbow_status status = elbow_allocate(&metrics->row, header.size, 1, "a row", error);
    header.text = metrics->row;
    if (status == ELBOW_OK) {
        add_header(&header, metrics, own);
        status = open_table(metrics, "metrics.csv", header.text, step, &metrics->metrics, error);
    }
    header.length = 0;
    if (status == ELBOW_OK)
        find_columns(metrics, own);
    if (status == ELBOW_OK && latent > 0) {
        add_kl_header(&header, latent);
        status = open_table(metrics, "kl.csv", header.text, step, &metrics->kl, error);
    }
    if (status != ELBOW_OK)
        elbow_metrics_close(metrics);
    return status;
}

enum elbow_status elbow_metrics_append(struct elbow_metrics *metrics, const struct elbow_metrics_row *row,
                                       const double *kl, struct elbow_error *error)
{
    ELBOW_CHECK(metrics->metrics.is_open && (metrics->latent == 0 || (metrics->kl.is_open && kl != NULL)));
    struct elbow_error trouble = {0};
    struct row_text text = {.text = metrics->row, .size = kl_row_size(metrics->latent)};
    add_metrics(&text, metrics, row);
    elbow_table_append(&metrics->metrics, text.text, text.length, &trouble);
    if (metrics->latent > 0) {
        text.length = 0;
        add_place(&text, row);
        for (size_t j = 0; j < metrics->latent; ++j)
            add_number(&text, kl[j]);
        add_text(&text, "\n");
        elbow_table_append(&metrics->kl, text.text, text.length, &trouble);
    }
    if (trouble.status != ELBOW_OK && error != NULL)
        *error = trouble;
    return trouble.status;
}

enum elbow_status elbow_metrics_flush(struct elbow_metrics *metrics, struct elbow_error *error)
{
    enum elbow_status first = elbow_table_flush(&metrics->metrics, error);
    enum elbow_status second = ELBOW_OK;
    if (metrics->latent > 0)
        second = elbow_table_flush(&metrics->kl, first == ELBOW_OK ? error : NULL);
    return first != ELBOW_OK ? first : second;
}

bool elbow_metrics_waits_for_space(const struct elbow_metrics *metrics)
{
    return elbow_table_waits_for_space(&metrics->metrics) || elbow_table_waits_for_space(&metrics->kl);
}

void elbow_metrics_descriptors(const struct elbow_metrics *metrics, int descriptors[2])
{
    descriptors[0] = metrics->metrics.is_open ? metrics->metrics.file : -1;
    descriptors[1] = metrics->kl.is_open ? metrics->kl.file : -1;
}

void elbow_metrics_close(struct elbow_metrics *metrics)
{
    elbow_table_close(&metrics->metrics);
    elbow_table_close(&metrics->kl);
    elbow_release(&metrics->row);
    *metrics = (struct elbow_metrics){0};
}
