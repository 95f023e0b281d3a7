// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/score_table.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/detail/origin.h"
#include "elbow/output/sink.h"

#include <string.h>

enum { ROWS_AT_ONCE = 1024 };
enum { COLUMNS_MAX = 6 + ELBOW_SCORE_FIGURES + ELBOW_ORIGIN_COLUMNS };

struct writing {
    const struct elbow_score_table *table;
    struct elbow_origin origin;
    struct elbow_sink_column columns[COLUMNS_MAX];
    size_t column_count, row_bytes;
    char *packed; // (ROWS_AT_ONCE, row_bytes)
};

static void add(struct writing *writing, const char *name, enum elbow_element element)
{
    const struct elbow_sink_column column = {.name = name, .element = element};
    writing->columns[writing->column_count++] = column;
}

static bool has_figure(const struct elbow_row_scores *own, enum elbow_score_figure figure)
{
    switch (figure) {
    case ELBOW_SCORE_RECON:
        return true;
    case ELBOW_SCORE_KL:
    case ELBOW_SCORE_ELBO:
        return own->has_kl;
    case ELBOW_SCORE_DEVIANCE:
        return own->has_deviance;
    case ELBOW_SCORE_LOG_LIKELIHOOD:
    case ELBOW_SCORE_EFFECTIVE:
        return own->has_importance;
    case ELBOW_SCORE_FIGURES:
        break;
    }
    return false;
}

static void add_figures(struct writing *writing)
{
    static const char *const names[ELBOW_SCORE_FIGURES] = {
        [ELBOW_SCORE_RECON] = "recon",
        [ELBOW_SCORE_KL] = "kl",
        [ELBOW_SCORE_ELBO] = "elbo",
        [ELBOW_SCORE_DEVIANCE] = "deviance",
        [ELBOW_SCORE_LOG_LIKELIHOOD] = "log_likelihood",
        [ELBOW_SCORE_EFFECTIVE] = "effective_samples",
    };
    for (enum elbow_score_figure figure = 0; figure < ELBOW_SCORE_FIGURES; ++figure) {
        if (!has_figure(writing->table->own, figure))
            continue;
        add(writing, names[figure], ELBOW_ELEMENT_FLOAT64);
        if (figure != ELBOW_SCORE_LOG_LIKELIHOOD)
            continue;
        writing->columns[writing->column_count - 1].note = "importance";
        writing->columns[writing->column_count - 1].note_value = writing->table->importance;
    }
}

static void add_columns(struct writing *writing)
{
    const struct elbow_score_table *table = writing->table;
    add(writing, "score", ELBOW_ELEMENT_FLOAT64);
    if (table->p_values != NULL)
        add(writing, "p_value", ELBOW_ELEMENT_FLOAT64);
    if (table->is_selected != NULL)
        add(writing, "selected", ELBOW_ELEMENT_INT64);
    add_figures(writing);
    if (table->against != NULL)
        add(writing, "against", ELBOW_ELEMENT_FLOAT64);
    if (table->dataset->has_labels) {
        add(writing, "labels", ELBOW_ELEMENT_INT64);
        writing->columns[writing->column_count - 1].names = &table->dataset->label_names;
        writing->columns[writing->column_count - 1].named = "label";
    }
    if (table->anomalies != NULL)
        add(writing, "anomaly", ELBOW_ELEMENT_INT64);
    writing->column_count += elbow_origin_columns(&writing->origin, writing->columns + writing->column_count);
    ELBOW_CHECK(writing->column_count <= COLUMNS_MAX);
    for (size_t i = 0; i < writing->column_count; ++i)
        writing->row_bytes += elbow_sink_column_bytes(&writing->columns[i]);
}

static char *put_number(char *at, double number)
{
    memcpy(at, &number, sizeof number);
    return at + sizeof number;
}

static char *put_integer(char *at, int64_t number)
{
    memcpy(at, &number, sizeof number);
    return at + sizeof number;
}

static void pack(const struct writing *writing, uint64_t i, char *at)
{
    const struct elbow_score_table *table = writing->table;
    at = put_number(at, table->scores[i]);
    if (table->p_values != NULL)
        at = put_number(at, table->p_values[i]);
    if (table->is_selected != NULL)
        at = put_integer(at, table->is_selected[i]);
    for (enum elbow_score_figure figure = 0; figure < ELBOW_SCORE_FIGURES; ++figure)
        if (has_figure(table->own, figure))
            at = put_number(at, table->own->figures[i * ELBOW_SCORE_FIGURES + figure]);
    if (table->against != NULL)
        at = put_number(at, table->against[i]);
    if (table->dataset->has_labels)
        at = put_integer(at, elbow_dataset_label(table->dataset, i));
    if (table->anomalies != NULL)
        at = put_integer(at, table->anomalies[i]);
    elbow_origin_pack(&writing->origin, i, at);
}

static enum elbow_status put_rows(const struct writing *writing, struct elbow_sink *sink, struct elbow_error *error)
{
    uint64_t rows = writing->table->own->rows;
    for (uint64_t first = 0; first < rows; first += ROWS_AT_ONCE) {
        uint64_t count = rows - first < ROWS_AT_ONCE ? rows - first : ROWS_AT_ONCE;
        for (uint64_t i = 0; i < count; ++i)
            pack(writing, first + i, writing->packed + i * writing->row_bytes);
        if (elbow_sink_put(sink, first, count, writing->packed, error) != ELBOW_OK)
            break;
    }
    return error->status;
}

enum elbow_status elbow_score_table_write(const struct elbow_score_table *table, const char *path,
                                          enum elbow_publish publish, struct elbow_error *error)
{
    struct writing writing = {.table = table};
    struct elbow_sink sink;
    enum elbow_status status = elbow_origin_create(table->dataset, &writing.origin, error);
    add_columns(&writing);
    const struct elbow_sink_plan plan = {.path = path,
                                         .columns = writing.columns,
                                         .column_count = writing.column_count,
                                         .rows = table->own->rows,
                                         .at_once = ROWS_AT_ONCE,
                                         .publish = publish};
    if (status == ELBOW_OK)
        status = elbow_sink_check(&plan, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&writing.packed, ROWS_AT_ONCE, writing.row_bytes, "rows of scores", error);
    if (status == ELBOW_OK)
        status = elbow_sink_open(&plan, &sink, error);
    if (status == ELBOW_OK) {
        put_rows(&writing, &sink, error);
        status = elbow_sink_close(&sink, error);
    }
    elbow_release(&writing.packed);
    elbow_origin_clear(&writing.origin);
    return status;
}
