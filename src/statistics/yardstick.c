// SPDX-License-Identifier: BSD-3-Clause
// The table of measures.
#include "elbow/statistics/detail/yardstick.h"

#include "elbow/base/memory.h"

#include <string.h>

#define ROW(name, word, needs, meaning) [name] = {#word, meaning, needs, elbow_yardstick_##word},
static const struct elbow_yardstick table[] = {ELBOW_YARDSTICK_LIST(ROW)};

const struct elbow_yardstick *elbow_yardstick_row(enum elbow_yardstick_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_YARDSTICKS);
    return &table[kind];
}

static size_t count_known(const struct elbow_yardstick_input *input)
{
    size_t known = 0;
    for (size_t i = 0; i < input->rows; ++i)
        known += input->labels[i] >= 0;
    return known;
}

// Keeps only the rows with a known label.
static enum elbow_status compute_known(const struct elbow_yardstick *row, const struct elbow_yardstick_input *input,
                                       size_t known, struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    double *codes = NULL;
    int64_t *labels = NULL;
    struct elbow_yardstick_input less = *input;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(codes, known * input->width), ELBOW_ARRAY(labels, known)};
    enum elbow_status status = elbow_allocate_all(arrays, 2, "the rows with a label", error);
    less.rows = 0;
    for (size_t i = 0; status == ELBOW_OK && i < input->rows; ++i) {
        if (input->labels[i] < 0)
            continue;
        memcpy(codes + less.rows * input->width, input->codes + i * input->width, input->width * sizeof *codes);
        labels[less.rows++] = input->labels[i];
    }
    less.codes = codes;
    less.labels = labels;
    if (status == ELBOW_OK)
        status = row->compute(&less, figures, error);
    elbow_release(&codes);
    elbow_release(&labels);
    return status;
}

// Refuses labels that make no sense for any measure.
static enum elbow_status check_labels(const struct elbow_yardstick_input *input, size_t known,
                                      struct elbow_error *error)
{
    int64_t first = -1;
    bool differ = false;
    for (size_t i = 0; i < input->rows; ++i) {
        first = first < 0 ? input->labels[i] : first;
        differ = differ || (input->labels[i] >= 0 && input->labels[i] != first);
    }
    if (known < 2)
        return elbow_error_set(error, ELBOW_DATA, "only %zu of %zu rows have a known label", known, input->rows);
    return differ ? ELBOW_OK : elbow_error_set(error, ELBOW_DATA, "all rows have the same label");
}

enum elbow_status elbow_yardstick_compute(enum elbow_yardstick_kind kind, const struct elbow_yardstick_input *input,
                                          struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    const struct elbow_yardstick *row = elbow_yardstick_row(kind);
    ELBOW_CHECK(input->rows >= 2 && input->width >= 1);
    *figures = (struct elbow_yardstick_figures){0};
    enum elbow_status status = ELBOW_OK;
    if ((row->needs & ELBOW_YARDSTICK_NEEDS_LABELS) != 0) {
        size_t known = count_known(input);
        status = check_labels(input, known, error);
        if (status == ELBOW_OK)
            status = known < input->rows ? compute_known(row, input, known, figures, error)
                                         : row->compute(input, figures, error);
    } else {
        status = row->compute(input, figures, error);
    }
    if (status != ELBOW_OK)
        elbow_error_prefix(error, "%s: ", row->word);
    return status;
}
