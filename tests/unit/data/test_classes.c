// SPDX-License-Identifier: BSD-3-Clause
// Classes of labels: their numbers, which of the rows keep theirs, and how they come to a microbatch.
#include "elbow/data/classes.h"
#include "elbow/data/collate.h"

#include "unit.h"

#include <string.h>

enum { ROWS = 60, CODES = 3, UNKNOWN_EVERY = 10 };

static const int64_t codes[CODES] = {-7, 2, 30};
static int64_t labels[ROWS];
static struct elbow_selection all;

// Of 60 rows the classes have 30, 18 and 6, and 6 are unknown.
static struct elbow_classes_request make(void)
{
    for (size_t i = 0; i < ROWS; ++i) {
        size_t place = i % UNKNOWN_EVERY;
        labels[i] = place == 9 ? ELBOW_LABEL_UNKNOWN : codes[place < 5 ? 0 : place < 8 ? 1 : 2];
    }
    all = elbow_selection_all(ROWS);
    static const struct elbow_label_names none;
    return (struct elbow_classes_request){.name = "x.h5:/y", .labels = labels, .names = &none, .selection = &all};
}

START_TEST(labels_are_numbered_in_their_order)
{
    struct elbow_classes_request request = make();
    struct elbow_classes classes, others;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_classes_find(&request, &classes, &error), ELBOW_OK);
    ck_assert_uint_eq(elbow_classes_count(&classes.names), CODES);
    ck_assert_str_eq(elbow_class_name(&classes.names, 0), "-7");
    ck_assert_str_eq(elbow_class_name(&classes.names, 2), "30");
    ck_assert_int_eq(elbow_class_of(&classes, 2), 1);
    ck_assert_int_eq(elbow_class_of(&classes, 3), -1);
    ck_assert_int_eq(elbow_class_of(&classes, ELBOW_LABEL_UNKNOWN), -1);
    ck_assert_uint_eq(classes.labels[1].rows, 18);
    ck_assert_uint_eq(classes.labels[2].first, 8);
    // Other data with names: 0 is called 30, 1 something new.
    int64_t few[] = {1, 0, 0, ELBOW_LABEL_UNKNOWN}, named[] = {0, 1};
    const char *names[] = {"30", "new"};
    const struct elbow_label_names given = {.count = 2, .labels = named, .names = names};
    const struct elbow_selection four = elbow_selection_all(4);
    request = (struct elbow_classes_request){"other", few, &given, &four, &classes.names};
    ck_assert_int_eq(elbow_classes_find(&request, &others, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_class_of(&others, 0), 2);
    ck_assert_int_eq(elbow_class_of(&others, 1), -1);
    ck_assert_uint_eq(elbow_classes_count(&others.names), CODES);
    // Codes do not matter, classes do.
    int64_t same[] = {99, 30, 30, 99};
    uint64_t hash = elbow_classes_hash(&others, few, 4);
    ck_assert_uint_eq(elbow_classes_hash(&classes, same, 4), hash);
    same[0] = 2;
    ck_assert_uint_ne(elbow_classes_hash(&classes, same, 4), hash);
    elbow_classes_clear(&others);
    elbow_classes_clear(&classes);
}
END_TEST

START_TEST(as_many_of_each_class_keep_their_labels)
{
    struct elbow_classes_request request = make();
    struct elbow_classes classes;
    struct elbow_error error = {0};
    uint64_t chosen[ROWS], fewer[ROWS], others[ROWS], first[CODES] = {0};
    ck_assert_int_eq(elbow_classes_find(&request, &classes, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_classes_draw(&request, &classes, 14, 5, chosen, &error), ELBOW_OK);
    for (size_t i = 0; i < 14; ++i) {
        ck_assert(i == 0 || chosen[i] > chosen[i - 1]);
        first[elbow_class_of(&classes, labels[chosen[i]])] += 1;
    }
    ck_assert(first[0] == 5 && first[1] == 5 && first[2] == 4);
    ck_assert_int_eq(elbow_classes_draw(&request, &classes, 6, 5, fewer, &error), ELBOW_OK);
    for (size_t i = 0, k = 0; i < 6; ++i, ++k) {
        while (k < 14 && chosen[k] != fewer[i])
            ++k;
        ck_assert_msg(k < 14, "row %llu is not among more", (unsigned long long)fewer[i]);
    }
    ck_assert_int_eq(elbow_classes_draw(&request, &classes, 14, 6, others, &error), ELBOW_OK);
    ck_assert(memcmp(chosen, others, 14 * sizeof *chosen) != 0);
    elbow_classes_clear(&classes);
    // Of the rows that are selected alone.
    struct elbow_selection half = elbow_selection_all(ROWS);
    ck_assert_int_eq(elbow_selection_take_range(&half, 30, 59, "x", &error), ELBOW_OK);
    request.selection = &half;
    ck_assert_int_eq(elbow_classes_find(&request, &classes, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_classes_draw(&request, &classes, 9, 5, chosen, &error), ELBOW_OK);
    ck_assert(chosen[0] >= 30);
    elbow_classes_clear(&classes);
}
END_TEST

static void refused(struct elbow_classes_request request, uint64_t wanted, const char *sentence)
{
    struct elbow_classes classes;
    struct elbow_error error = {0};
    uint64_t chosen[ROWS];
    if (elbow_classes_find(&request, &classes, &error) == ELBOW_OK)
        elbow_classes_draw(&request, &classes, wanted, 0, chosen, &error);
    ck_assert_int_eq(error.status, ELBOW_DATA);
    ck_assert_str_eq(error.message, sentence);
    elbow_classes_clear(&classes);
}

START_TEST(what_cannot_be_drawn_is_refused)
{
    struct elbow_classes_request request = make();
    refused(request, 2, "data.labelled: 2 rows are fewer than the 3 classes of x.h5:/y; set it to 3 or more");
    refused(request, 21,
            "data.labelled: 21 needs 7 rows of class 30, but x.h5:/y has only 6 among the training rows; "
            "set it to 18 or less");
    for (size_t i = 0; i < ROWS; ++i)
        labels[i] = 4;
    refused(request, 0,
            "x.h5:/y: all labels are the same; a classifier needs rows of at least two classes "
            "(model.classifier)");
    for (size_t i = 0; i < ROWS; ++i)
        labels[i] = ELBOW_LABEL_UNKNOWN;
    refused(request, 0,
            "x.h5:/y: no training row has a label; a classifier needs rows of at least two classes "
            "(model.classifier)");
}
END_TEST

START_TEST(microbatches_have_classes)
{
    static float stored[ROWS];
    struct elbow_classes_request request = make();
    struct elbow_dataset dataset = {.samples = ROWS,
                                    .values = 1,
                                    .element = ELBOW_ELEMENT_FLOAT32,
                                    .scale = {.factor = 1},
                                    .rows = {.base = stored},
                                    .labels = {.base = labels},
                                    .has_labels = true};
    struct elbow_collation collation = {.dataset = &dataset, .noise = ELBOW_PURPOSE_EVAL_NOISE, .latent = 1};
    struct elbow_collated collated;
    struct elbow_error error = {0};
    for (int has_classes = 0; has_classes < 2; ++has_classes) {
        if (has_classes)
            ck_assert_int_eq(elbow_classes_find(&request, &dataset.classes, &error), ELBOW_OK);
        collation.inputs.dataset = &dataset;
        ck_assert_int_eq(elbow_collated_create(&collation, ROWS, &collated, &error), ELBOW_OK);
        for (size_t i = 0; i < ROWS; ++i)
            collated.ids[i] = ROWS - 1 - i;
        struct elbow_microbatch microbatch = elbow_collate(&collation, 0, ROWS, &collated);
        ck_assert((microbatch.labels != NULL) == has_classes);
        for (size_t i = 0; has_classes && i < ROWS; ++i)
            ck_assert_int_eq(microbatch.labels[i], elbow_class_of(&dataset.classes, labels[ROWS - 1 - i]));
        elbow_collated_destroy(&collated);
    }
    elbow_classes_clear(&dataset.classes);
}
END_TEST

UNIT_MAIN("data/classes", labels_are_numbered_in_their_order, as_many_of_each_class_keep_their_labels,
          what_cannot_be_drawn_is_refused, microbatches_have_classes)
