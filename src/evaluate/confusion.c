// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/confusion.h"

#include "elbow/output/sink.h"

enum { LABEL, CLASS, ROWS, COLUMNS };

static enum elbow_status put_rows(const struct elbow_evaluation *evaluation, const int64_t *values,
                                  struct elbow_sink *sink, struct elbow_error *error)
{
    size_t classes = evaluation->confusion_classes;
    enum elbow_status status = ELBOW_OK;
    for (size_t n = 0; n < classes * classes && status == ELBOW_OK; ++n) {
        const int64_t row[COLUMNS] = {
            [LABEL] = values[n / classes], [CLASS] = values[n % classes], [ROWS] = (int64_t)evaluation->confusion[n]};
        status = elbow_sink_put(sink, n, 1, row, error);
    }
    return status;
}

enum elbow_status elbow_confusion_write(const struct elbow_evaluation *evaluation, const struct elbow_conditions *names,
                                        const char *path, enum elbow_publish publish, struct elbow_error *error)
{
    struct elbow_class_table table;
    struct elbow_sink sink;
    size_t classes = evaluation->confusion_classes;
    enum elbow_status status = elbow_class_table_make(names, &table, error);
    const struct elbow_sink_column columns[COLUMNS] = {
        [LABEL] = {.name = "label", .element = ELBOW_ELEMENT_INT64, .names = &table.names, .named = "label"},
        [CLASS] = {.name = "class", .element = ELBOW_ELEMENT_INT64, .names = &table.names, .named = "class"},
        [ROWS] = {.name = "rows", .element = ELBOW_ELEMENT_INT64}};
    const struct elbow_sink_plan plan = {.path = path,
                                         .columns = columns,
                                         .column_count = COLUMNS,
                                         .rows = classes * classes,
                                         .at_once = 1,
                                         .publish = publish};
    if (status == ELBOW_OK)
        status = elbow_sink_check(&plan, error);
    if (status == ELBOW_OK)
        status = elbow_sink_open(&plan, &sink, error);
    if (status == ELBOW_OK) {
        put_rows(evaluation, table.values, &sink, error);
        status = elbow_sink_close(&sink, error);
    }
    elbow_class_table_clear(&table);
    return status;
}
