// SPDX-License-Identifier: BSD-3-Clause
// A map as a table.
#include "elbow/evaluate/detail/origin.h"
#include "elbow/evaluate/map.h"

#include "elbow/base/memory.h"
#include "elbow/output/sink.h"

#include <string.h>

enum { COLUMNS_MAX = 3 + ELBOW_MAP_AXES_MAX + ELBOW_ORIGIN_COLUMNS };

struct table {
    const struct elbow_map *map;
    const struct elbow_dataset *dataset;
    struct elbow_sink_column columns[COLUMNS_MAX];
    size_t count;
    bool has_labels, has_row;
    struct elbow_origin origin;
    struct elbow_sink sink;
};

static void add_column(struct table *table, struct elbow_sink_column column)
{
    table->columns[table->count++] = column;
}

// The number of the row is the first column, unless the rows' origin contains it.
static void add_columns(struct table *table, const struct elbow_map_request *request)
{
    const struct elbow_map *map = table->map;
    table->has_row = !table->origin.has_rows;
    table->has_labels = table->dataset->has_labels;
    if (table->has_row)
        add_column(table, (struct elbow_sink_column){.name = "row", .element = ELBOW_ELEMENT_INT64});
    for (size_t a = 0; a < map->axes; ++a)
        add_column(table, (struct elbow_sink_column){.name = map->along[a].name, .element = ELBOW_ELEMENT_FLOAT64});
    if (map->values != NULL)
        add_column(table, (struct elbow_sink_column){.name = request->colour == ELBOW_MAP_DENSITY ? "density" : "value",
                                                     .element = ELBOW_ELEMENT_FLOAT64});
    if (table->has_labels)
        add_column(table, (struct elbow_sink_column){.name = "labels",
                                                     .element = ELBOW_ELEMENT_INT64,
                                                     .names = &table->dataset->label_names,
                                                     .named = "label"});
    table->count += elbow_origin_columns(&table->origin, table->columns + table->count);
}

static char *put(char *at, const void *value)
{
    memcpy(at, value, 8);
    return at + 8;
}

static void pack_row(const struct table *table, size_t i, char *at)
{
    const struct elbow_map *map = table->map;
    int64_t row = (int64_t)i;
    if (table->has_row)
        at = put(at, &row);
    for (size_t a = 0; a < map->axes; ++a)
        at = put(at, &map->places[a * map->rows + i]);
    if (map->values != NULL)
        at = put(at, &map->values[i]);
    if (table->has_labels) {
        int64_t label = elbow_dataset_label(table->dataset, i);
        at = put(at, &label);
    }
    elbow_origin_pack(&table->origin, i, at);
}

static enum elbow_status put_rows(struct table *table, struct elbow_error *error)
{
    char *rows = NULL;
    size_t bytes = 8 * table->count;
    enum elbow_status status = elbow_allocate(&rows, table->map->rows, bytes, "the rows of a map", error);
    for (size_t i = 0; i < table->map->rows && status == ELBOW_OK; ++i)
        pack_row(table, i, rows + i * bytes);
    if (status == ELBOW_OK)
        elbow_sink_put(&table->sink, 0, table->map->rows, rows, error);
    elbow_release(&rows);
    return error->status;
}

enum elbow_status elbow_map_write_table(const struct elbow_map *map, const struct elbow_map_request *request,
                                        const char *path, enum elbow_publish publish, struct elbow_error *error)
{
    struct table table = {.map = map, .dataset = request->evaluation->dataset};
    *error = (struct elbow_error){0};
    if (elbow_origin_create(table.dataset, &table.origin, error) == ELBOW_OK) {
        add_columns(&table, request);
        const struct elbow_sink_plan plan = {.path = path,
                                             .columns = table.columns,
                                             .column_count = table.count,
                                             .rows = map->rows,
                                             .at_once = map->rows,
                                             .publish = publish};
        if (elbow_sink_check(&plan, error) == ELBOW_OK && elbow_sink_open(&plan, &table.sink, error) == ELBOW_OK) {
            put_rows(&table, error);
            elbow_sink_close(&table.sink, error);
        }
    }
    elbow_origin_clear(&table.origin);
    return error->status;
}
