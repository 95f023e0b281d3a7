// SPDX-License-Identifier: BSD-3-Clause
// Keys that select the samples of a dataset: their forms, the keys that they exclude, and the changes that a resume may
// make.
#include "config_support.h"

static void set(struct elbow_config *config, const char *assignment)
{
    memset(&error, 0, sizeof error);
    enum elbow_status status = elbow_config_set(config, assignment, &error);
    ck_assert_msg(status == ELBOW_OK, "%s", error.message);
}

static void not_set(struct elbow_config *config, const char *assignment, const char *message)
{
    struct elbow_config before;
    memcpy(&before, config, sizeof before);
    ck_assert_msg(elbow_config_set(config, assignment, &error) == ELBOW_CONFIG, "not refused: %s", assignment);
    ck_assert_msg(strstr(error.message, message) != NULL, "%s", error.message);
    ck_assert_int_eq(memcmp(&before, config, sizeof before), 0);
}

#define ROWS_ARE ": a dataset of row numbers, or of 0 and 1, such as FILE:/rows"

START_TEST(forms_of_the_keys)
{
    struct elbow_config config = defaults();
    set(&config, "data.valid=/v");
    set(&config, "data.valid=0.1");
    ck_assert(config.data.valid_share == 0.1 && config.data.valid[0] == 0);
    not_set(&config, "data.valid=1.5", "data.valid: '1.5' is out of bounds, expected a number above 0 and below 1");
    not_set(&config, "data.valid=0", "data.valid: '0' is out of bounds, expected a number above 0 and below 1");
    set(&config, "data.valid=/v");
    ck_assert(config.data.valid_share == 0);
    ck_assert_str_eq(config.data.valid, "/v");
    set(&config, "data.rows=/mask");
    ck_assert_str_eq(config.data.rows.dataset, "/mask");
    set(&config, "data.rows=[100, 199]");
    ck_assert(config.data.rows.is_range && config.data.rows.low == 100 && config.data.rows.high == 199);
    ck_assert_str_eq(config.data.rows.dataset, "");
    set(&config, "data.rows.1=150");
    ck_assert_int_eq(config.data.rows.high, 150);
    not_set(&config, "data.rows=[5, 4]",
            "data.rows: the range ends before it begins; give the first row and the last one");
    not_set(&config, "data.rows=[5]",
            "data.rows: found a list, expected [first, last], or a text of at most 1023 bytes" ROWS_ARE);
    not_set(&config, "data.rows=[0, 3, 5]",
            "data.rows: found a list, expected [first, last], or a text of at most 1023 bytes" ROWS_ARE);
    not_set(&config, "data.rows=[[0, 3], [5, 9]]",
            "data.rows: found a list, expected [first, last], or a text of at most 1023 bytes" ROWS_ARE);
    not_set(&config, "data.rows=[-1, 4]", "data.rows.0: '-1' is out of bounds, expected a whole number of at least 0");
    not_set(&config, "data.rows=[0, 99999999999999999999]",
            "data.rows.1: '99999999999999999999' is out of bounds, expected a whole number of at least 0");
    not_set(&config, "data.rows=5",
            "data.rows: found '5', expected [first, last], or a text of at most 1023 bytes" ROWS_ARE);
    not_set(&config, "data.rows={a: 5}",
            "data.rows: found a map, expected [first, last], or a text of at most 1023 bytes" ROWS_ARE);
    set(&config, "data.rows=");
    ck_assert(!config.data.rows.is_range && config.data.rows.low == 0);
    not_set(&config, "data.series.step=3",
            "data.series: length is missing, expected a whole number from 1 to 2147483647");
    set(&config, "data.series.length=256");
    ck_assert(config.data.series.length == 256 && config.data.series.step == 0);
    set(&config, "data.series.step=128");
    set(&config, "data.series.length=200");
    ck_assert(config.data.series.length == 200 && config.data.series.step == 128);
    set(&config, "data.series={length: 7}");
    ck_assert(config.data.series.length == 7 && config.data.series.step == 0);
    not_set(&config, "data.series=7", "data.series: found '7', expected a map such as {length: ...}, or null");
    not_set(&config, "data.series={length: 7, stop: 3}",
            "data.series.stop: unknown key; did you mean data.series.step?");
    set(&config, "data.series=null");
    ck_assert(config.data.series.length == 0);
}
END_TEST

START_TEST(forms_of_the_order)
{
    struct elbow_config config = defaults();
    ck_assert_int_eq(config.data.order, ELBOW_ORDER_FULL);
    ck_assert_int_eq(config.data.access, ELBOW_ACCESS_AUTO);
    set(&config, "data.order=windows");
    ck_assert_int_eq(config.data.order, ELBOW_ORDER_WINDOWS);
    set(&config, "data.memory=8GB");
    ck_assert_int_eq(config.data.memory, 8000000000);
    set(&config, "data.memory='1.5 GiB'");
    ck_assert_int_eq(config.data.memory, 1610612736);
    set(&config, "data.memory=4096");
    ck_assert_int_eq(config.data.memory, 4096);
    not_set(&config, "data.memory=8G",
            "data.memory: found '8G', expected a whole number of bytes, or a size such as 500MB, 8GB or 8GiB");
    not_set(&config, "data.window_pages=0", "data.window_pages: '0' is out of bounds");
    not_set(&config, "data.order=random", "data.order: found 'random', expected one of full, segments, windows");
}
END_TEST

static void does_not_finish(const char *text, const char *message)
{
    struct elbow_config config = defaults();
    accepted(&config, text);
    ck_assert_msg(elbow_config_finish(&config, "run.yaml", &error) == ELBOW_CONFIG, "not refused: %s", text);
    ck_assert_str_eq(error.message, message);
}

START_TEST(orders_and_places_that_do_not_go_together)
{
    does_not_finish("data: {file: x.h5, window_pages: 9}",
                    "run.yaml: data.window_pages with data.order: full, which has no windows; set data.order: "
                    "windows, or remove it");
    does_not_finish("data: {file: x.h5, order: segments, window_pages: 9}",
                    "run.yaml: data.window_pages with data.order: segments, which has no windows; set data.order: "
                    "windows, or remove it");
    does_not_finish("data: {file: x.h5, page_rows: 9}",
                    "run.yaml: data.page_rows with data.order: full, which has no pages; set data.order: segments or "
                    "windows, or remove it");
    does_not_finish("data: {file: x.h5, access: shard}",
                    "run.yaml: data.access: shard with data.order: full, which takes rows from anywhere in the set; "
                    "set data.order: windows or segments (other bits), or data.access: resident");
    does_not_finish("data: {file: x.h5, access: stream}",
                    "run.yaml: data.access: stream with data.order: full, which takes rows from anywhere in the set; "
                    "set data.order: windows (other bits), or data.access: resident");
    does_not_finish("data: {file: x.h5, order: segments, access: stream}",
                    "run.yaml: data.access: stream with data.order: segments, which takes rows from anywhere in a "
                    "segment; set data.order: windows (other bits), or data.access: shard");
    does_not_finish("data: {synthetic: 5, order: windows, access: stream}",
                    "run.yaml: data.access: stream with data.synthetic, whose rows are in the memory of each node; "
                    "remove it");
}
END_TEST

START_TEST(keys_that_exclude_each_other)
{
    does_not_finish("data: {file: x.h5, valid: 0.1, valid_labels: /y}",
                    "run.yaml: data.valid_labels with data.valid: 0.1, a share of the training rows, whose labels are "
                    "data.labels; remove data.valid_labels");
    does_not_finish("data: {file: x.h5, valid_names: /y}",
                    "run.yaml: data.valid_names without data.valid; set data.valid, too");
    does_not_finish("data: {file: x.h5, valid: /v, groups: /g}",
                    "run.yaml: data.groups without a share to hold back; set data.valid: 0.1, or remove it");
    does_not_finish("data: {file: x.h5, valid: /v, split_seed: 1}",
                    "run.yaml: data.split_seed without a share to hold back; set data.valid: 0.1, or remove it");
    does_not_finish("data: {file: x.h5, through: runs/m1, binarize: sample}\nmodel: {likelihood: gaussian}",
                    "run.yaml: data.binarize with data.through: rows are read as that model reads them; remove "
                    "data.binarize");
    does_not_finish("data: {file: x.h5, through: runs/m1}",
                    "run.yaml: model.likelihood: bernoulli with data.through, whose samples are latents, any real "
                    "numbers; set gaussian, laplace or student_t");
    does_not_finish("data: {synthetic: 9, through: runs/m1}",
                    "run.yaml: data.through with data.synthetic: noise is not stored; remove one of them");
    does_not_finish(
        "data: {file: x.h5, through: runs/m1}\nmodel: {likelihood: gaussian, input: {corrupt: {drop: 0.1}}}",
        "run.yaml: model.input with data.through: the encoder sees the latents as they are; remove "
        "model.input");
    does_not_finish(
        "data: {file: x.h5, labels: /y, labelled: 100}",
        "run.yaml: data.labelled: 100 without model.classifier, the only part that is trained with labels; set "
        "model.classifier, or remove it");
    does_not_finish(
        "data: {file: x.h5, series: {length: 9}, layout: image}",
        "run.yaml: data.series with data.layout: image, which has no axis of time; set data.layout: series, "
        "or remove one of them");
    does_not_finish("data: {file: x.h5, series: {length: 9}, shape: [20, 2]}",
                    "run.yaml: data.series with data.shape: series are stored as (rows, time) or (rows, time, "
                    "channels), not flat; remove one of them");
    does_not_finish("data: {synthetic: 5, valid: 0.1}",
                    "run.yaml: data.synthetic: 5 together with data.valid; noise has no files, remove one of them");
    does_not_finish("data: {file: x.h5, weights: w}",
                    "run.yaml: data.weights: found 'w', expected a dataset such as /train/images or "
                    "FILE:/train/images");
    struct elbow_config config = defaults();
    accepted(&config,
             "data: {file: x.h5, valid: 0.1, groups: /g, rows: /i, series: {length: 9}}\ntrain: {patience: 3}");
    ck_assert_int_eq(elbow_config_finish(&config, "run.yaml", &error), ELBOW_OK);
    ck_assert_int_eq(config.data.layout, ELBOW_LAYOUT_SERIES);
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
    static const char *const texts[] = {
        "data: {valid: 0.1, split_seed: 9223372036854775807, groups: 'a b.h5:/g', rows: [0, 9223372036854775807]}",
        "data: {valid: 1.0e-300, rows: '[1, 2]', series: {length: 2147483647, step: 1}}",
        "data: {valid: '0.5', rows: '/true', weights: /w, names: '~n', valid_names: '0.5', series: {length: 1}}",
        "data: {rows: 'null', series: null}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        struct elbow_config config = defaults(), again = defaults();
        char *text = NULL;
        accepted(&config, texts[i]);
        ck_assert_int_eq(elbow_config_dump(&config, &text, &error), ELBOW_OK);
        accepted(&again, text);
        ck_assert_msg(memcmp(&config, &again, sizeof config) == 0, "another configuration was read back from:\n%s",
                      text);
        elbow_release(&text);
    }
}
END_TEST

START_TEST(what_a_resume_may_change)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"data: {valid: 0.1}", "data.valid: the checkpoint was made with \"\", now it is 0.1"},
        {"data: {split_seed: 1}", "data.split_seed: the checkpoint was made with 0, now it is 1"},
        {"data: {rows: [0, 9]}", "data.rows: the checkpoint was made with \"\", now it is [0, 9]"},
        {"data: {rows: /i}", "data.rows: the checkpoint was made with \"\", now it is /i"},
        {"data: {series: {length: 4}}",
         "data.series: the checkpoint was made with null, now it is {length: 4, step: 0}"},
    };
    struct elbow_config old = defaults(), new;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        new = defaults();
        accepted(&new, cases[i].text);
        ck_assert_int_eq(elbow_config_resumable(&old, &new, &error), ELBOW_CONFIG);
        ck_assert_msg(strncmp(error.message, cases[i].message, strlen(cases[i].message)) == 0, "%s", error.message);
    }
    elbow_config_default(&old);
    elbow_config_default(&new);
    accepted(&old, "data: {rows: /i, groups: /g, weights: /w, names: /n}");
    accepted(&new, "data: {rows: 'b.h5:/i', groups: 'b.h5:/g', weights: 'b.h5:/w', names: 'b.h5:/n'}");
    ck_assert_int_eq(elbow_config_resumable(&old, &new, &error), ELBOW_OK); // they only lie elsewhere
    accepted(&old, "data: {valid: 0.1}");
    accepted(&new, "data: {valid: 0.2}");
    ck_assert_int_eq(elbow_config_resumable(&old, &new, &error), ELBOW_CONFIG);
}
END_TEST

UNIT_MAIN("config/selection", forms_of_the_keys, forms_of_the_order, orders_and_places_that_do_not_go_together,
          keys_that_exclude_each_other, what_is_written_is_read_again, what_a_resume_may_change)
