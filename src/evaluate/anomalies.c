// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/anomalies.h"

#include "elbow/base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// Labels that are given as normal, and how many rows have each.
struct normal {
    size_t count;
    int64_t *labels; // (count)
    uint64_t *rows;  // (count)
};

// The label of a class, by its name or as a number.
static bool find_label(const struct elbow_label_names *names, const char *class, int64_t *label)
{
    char *end = NULL;
    for (size_t i = 0; i < names->count; ++i)
        if (strcmp(names->names[i], class) == 0) {
            *label = names->labels[i];
            return true;
        }
    errno = 0;
    *label = strtoll(class, &end, 10);
    return errno == 0 && end != class && *end == '\0';
}

static void name_label(const struct elbow_dataset *dataset, int64_t label, char *text, size_t size)
{
    const char *name = elbow_label_name(&dataset->label_names, label);
    if (name != NULL)
        elbow_text_format(text, size, "%s", name);
    else
        elbow_text_format(text, size, "%" PRId64, label);
}

// A class that no row has; the error gives the first row's label as an example.
static enum elbow_status refuse_class(const struct elbow_dataset *dataset, const char *class, struct elbow_error *error)
{
    char first[60];
    uint64_t i = 0;
    while (i + 1 < dataset->samples && elbow_dataset_label(dataset, i) == ELBOW_LABEL_UNKNOWN)
        ++i;
    name_label(dataset, elbow_dataset_label(dataset, i), first, sizeof first);
    return elbow_error_set(error, ELBOW_USAGE,
                           "--normal %.200s: no row of %.500s has this label (that of row %" PRIu64 " is %s)", class,
                           dataset->name, i, first);
}

static enum elbow_status refuse_label(const struct elbow_dataset *dataset, uint64_t row, struct elbow_error *error)
{
    char label[60];
    name_label(dataset, elbow_dataset_label(dataset, row), label, sizeof label);
    return elbow_error_set(
        error, ELBOW_USAGE,
        "%.500s: the label of row %" PRIu64
        " is %s, but anomalies have the label 1 and normal rows 0; name the normal class with --normal CLASS",
        dataset->name, row, label);
}

// The kind of a row; false if no class is declared normal and its label is neither 0 nor 1.
static bool judge(const struct elbow_dataset *dataset, const struct normal *normal, uint64_t row,
                  enum elbow_anomaly *anomaly)
{
    int64_t label = elbow_dataset_label(dataset, row);
    *anomaly = label == ELBOW_LABEL_UNKNOWN ? ELBOW_ANOMALY_UNKNOWN
               : normal->count > 0          ? ELBOW_ANOMALY_YES
                                            : (enum elbow_anomaly)label;
    if (label == ELBOW_LABEL_UNKNOWN)
        return true;
    for (size_t k = 0; k < normal->count; ++k)
        if (label == normal->labels[k]) {
            *anomaly = ELBOW_ANOMALY_NO;
            ++normal->rows[k];
        }
    return normal->count > 0 || label == ELBOW_ANOMALY_NO || label == ELBOW_ANOMALY_YES;
}

static enum elbow_status judge_all(const struct elbow_dataset *dataset, const struct normal *normal,
                                   struct elbow_anomalies *anomalies, struct elbow_error *error)
{
    for (uint64_t i = 0; i < dataset->samples; ++i) {
        enum elbow_anomaly anomaly;
        if (!judge(dataset, normal, i, &anomaly))
            return refuse_label(dataset, i, error);
        anomalies->is[i] = (int8_t)anomaly;
        ++anomalies->rows[anomaly - ELBOW_ANOMALY_UNKNOWN];
    }
    return ELBOW_OK;
}

enum elbow_status elbow_anomalies_find(const struct elbow_dataset *dataset, size_t class_count,
                                       const char *const *classes, struct elbow_anomalies *anomalies,
                                       struct elbow_error *error)
{
    struct normal normal = {.count = class_count};
    *anomalies = (struct elbow_anomalies){0};
    const struct elbow_array arrays[] = {ELBOW_ARRAY(normal.labels, class_count), ELBOW_ARRAY(normal.rows, class_count),
                                         ELBOW_ARRAY(anomalies->is, dataset->samples)};
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "which rows are anomalies", error);
    for (size_t k = 0; k < class_count && status == ELBOW_OK; ++k)
        if (!find_label(&dataset->label_names, classes[k], &normal.labels[k]))
            status = refuse_class(dataset, classes[k], error);
    if (status == ELBOW_OK)
        status = judge_all(dataset, &normal, anomalies, error);
    for (size_t k = 0; k < class_count && status == ELBOW_OK; ++k)
        if (normal.rows[k] == 0)
            status = refuse_class(dataset, classes[k], error);
    elbow_release(&normal.labels);
    elbow_release(&normal.rows);
    if (status != ELBOW_OK)
        elbow_anomalies_clear(anomalies);
    return status;
}

void elbow_anomalies_clear(struct elbow_anomalies *anomalies)
{
    elbow_release(&anomalies->is);
    *anomalies = (struct elbow_anomalies){0};
}
