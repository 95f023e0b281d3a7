// SPDX-License-Identifier: BSD-3-Clause
// Lists of a file in words.
#include "elbow/evaluate/detail/lists.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/data/companion.h"
#include "elbow/data/labels.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { UNIQUE_MOST = 100000 }; // texts that are examined for that

static void print_count(const struct elbow_list *list, uint64_t count, const char *noun)
{
    fprintf(list->out, "    %" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}

void elbow_list_print_key(const struct elbow_list *list, const char *key)
{
    fprintf(list->out, "        data:\n");
    elbow_text_print(list->out, "          %s: \"%s:%s\"\n", key, list->path, list->name);
}

// In place of the key before.
static void print_other(const struct elbow_list *list, const char *key)
{
    fprintf(list->out, "        or\n");
    elbow_text_print(list->out, "          %s: \"%s:%s\"\n", key, list->path, list->name);
}

static int compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

// True if all texts differ: they are names of rows rather than of classes.
static bool are_unique(const struct elbow_list *list, uint64_t count)
{
    struct elbow_names names = {0};
    const char **sorted = NULL;
    const struct elbow_companion where = {
        .file = list->path, .dataset = list->name, .key = "data.names", .rows_name = list->path, .rows = count};
    bool is_so = count > 1 && count <= UNIQUE_MOST &&
                 elbow_names_read(&where, &names, &(struct elbow_error){0}) == ELBOW_OK &&
                 elbow_allocate(&sorted, count, sizeof *sorted, "names", NULL) == ELBOW_OK;
    for (uint64_t i = 0; is_so && i < count; ++i)
        sorted[i] = elbow_names_at(&names, i);
    if (is_so)
        qsort(sorted, count, sizeof *sorted, compare);
    for (uint64_t i = 1; is_so && i < count; ++i)
        is_so = strcmp(sorted[i - 1], sorted[i]) != 0;
    elbow_release(&sorted);
    elbow_names_clear(&names);
    return is_so;
}

static bool are_whole(const struct elbow_look *values)
{
    return values != NULL && values->rows > 0 && values->fractions + values->infinite + values->nan == 0 &&
           values->min <= values->max;
}

// Entries that belong to no rows may be numbers of rows.
static void print_refused(const struct elbow_list *list, uint64_t count, const char *noun, const char *reason,
                          const struct elbow_look *values)
{
    print_count(list, count, noun);
    if (elbow_serves_is_index(list->file, list->name) && elbow_serves_has_rows(list->serves, count)) {
        fprintf(list->out, ": usable as data.names, the names of rows\n");
        elbow_list_print_key(list, "names");
        return;
    }
    fprintf(list->out, ", not usable as data.labels: %s\n", reason);
    if (!are_whole(values) || values->min < 0 || !elbow_serves_has_row(list->serves, values->max, count))
        return;
    fprintf(list->out, "    usable as data.rows, if they are numbers of rows\n");
    elbow_list_print_key(list, "rows");
}

bool elbow_list_print_labels(const struct elbow_list *list, const char *noun, const struct elbow_look *values,
                             struct elbow_error *error)
{
    uint64_t count = 0;
    if (elbow_labels_count(list->path, list->name, &count, error) != ELBOW_OK || count == 0)
        return false;
    const char *reason = elbow_serves_reason(list->serves, list->file, list->name, count);
    if (reason != NULL) {
        print_refused(list, count, noun, reason, values);
        return true;
    }
    bool is_mask = are_whole(values) && values->min == 0 && values->max == 1;
    bool has_names = values == NULL && are_unique(list, count);
    print_count(list, count, noun);
    fprintf(list->out, ": usable as data.labels, data.groups or data.condition%s%s\n",
            is_mask ? ", or as a mask in data.rows" : "",
            has_names ? "; since all are different, better as data.names" : "");
    elbow_list_print_key(list, "labels");
    if (has_names)
        print_other(list, "names");
    return true;
}

// A name for a condition: that of its dataset, if it is a plain word.
static const char *condition_name(const char *name)
{
    const char *last = strrchr(name, '/');
    last = last != NULL ? last + 1 : name;
    for (const char *at = last; *at != '\0'; ++at)
        if (!isalnum((unsigned char)*at) && *at != '_')
            return "value";
    return isalpha((unsigned char)*last) && strlen(last) < 32 ? last : "value";
}

bool elbow_list_print_numbers(const struct elbow_list *list, const struct elbow_hdf5_info *info,
                              const struct elbow_look *values)
{
    uint64_t row = elbow_hdf5_row_values(info);
    bool has_one_row = info->rank > 1 && info->shape[0] == 1 && row > 1;
    bool is_list = info->rank == 1 || (info->rank > 1 && row == 1) || has_one_row;
    uint64_t count = has_one_row ? row : is_list ? info->shape[0] : 0;
    if (!is_list || !elbow_element_is_float(info->element) || values->infinite > 0 || values->min > values->max ||
        !elbow_serves_has_rows(list->serves, count))
        return false;
    bool may_weigh = values->min >= 0 && values->nan + values->missing == 0;
    print_count(list, count, "number");
    fprintf(list->out, ": usable as data.condition%s\n        data:\n", may_weigh ? " or data.weights" : "");
    elbow_text_print(list->out, "          condition: {%s: \"%s:%s\"}\n", condition_name(list->name), list->path,
                     list->name);
    if (may_weigh)
        print_other(list, "weights");
    return true;
}
