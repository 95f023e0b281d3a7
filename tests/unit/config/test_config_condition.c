// SPDX-License-Identifier: BSD-3-Clause
// data.condition, data.valid_condition, model.condition: their forms, their requirements, and the changes that a resume
// may make.
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

START_TEST(forms_of_the_keys)
{
    struct elbow_config config = defaults();
    ck_assert(config.model.condition.encoder && config.model.condition.decoder && !config.model.condition.prior);
    set(&config, "data.condition={label: /y, age: other.h5:/a}");
    ck_assert_uint_eq(config.data.condition.count, 2);
    ck_assert_str_eq(config.data.condition.entries[1].name, "age");
    ck_assert_str_eq(config.data.condition.entries[1].dataset, "other.h5:/a");
    set(&config, "data.condition.label=/z");
    set(&config, "data.condition.batch-1=/b");
    ck_assert_uint_eq(config.data.condition.count, 3);
    ck_assert_str_eq(config.data.condition.entries[0].dataset, "/z");
    not_set(&config, "data.condition=/y", "found '/y', expected a map of up to 8 names and datasets");
    not_set(&config, "data.condition={none: /y}", "data.condition: 'none' is not a valid name; use up to 31 letters");
    not_set(&config, "data.condition={1st: /y}", "'1st' is not a valid name");
    not_set(&config, "data.condition={a b: /y}", "'a b' is not a valid name");
    not_set(&config, "data.condition={label: [/y]}", "data.condition.label: found a list");
    not_set(&config, "data.condition={label: }", "data.condition.label: found nothing, expected a dataset");
    not_set(&config, "data.condition={a: /1, b: /1, c: /1, d: /1, e: /1, f: /1, g: /1, h: /1, i: /1}",
            "more than 8 names; use fewer");
    set(&config, "model.condition.prior=true");
    set(&config, "model.condition={dropout: 0.25, encoder: false}");
    ck_assert(config.model.condition.dropout == 0.25 && !config.model.condition.encoder);
    ck_assert(config.model.condition.decoder && !config.model.condition.prior);
    not_set(&config, "model.condition.dropout=1", "model.condition.dropout: '1' is out of bounds");
    not_set(&config, "model.condition.dropout=-0.1", "model.condition.dropout: '-0.1' is out of bounds");
    not_set(&config, "model.condition.prior=linear", "model.condition.prior: found 'linear', expected true or false");
    not_set(&config, "model.condition.layers=2", "unknown key");
    not_set(&config, "model.condition=true", "model.condition: found 'true', expected a map such as {encoder: ...}");
    set(&config, "model.condition=null");
    ck_assert(config.model.condition.encoder && config.model.condition.dropout == 0);
}
END_TEST

static void refused(const char *const *assignments, const char *message)
{
    struct elbow_config config = defaults();
    set(&config, "data.file=d.h5");
    for (; *assignments; ++assignments)
        set(&config, *assignments);
    ck_assert_int_eq(elbow_config_finish(&config, "c.yaml", &error), message ? ELBOW_CONFIG : ELBOW_OK);
    ck_assert_msg(!message || strstr(error.message, message) != NULL, "%s", error.message);
}

#define REFUSED(message, ...) refused((const char *const[]){__VA_ARGS__, NULL}, message)

START_TEST(what_the_keys_need)
{
    REFUSED(NULL, "data.condition={y: /y}");
    REFUSED(NULL, "data.condition={y: /y}", "data.valid=0.1");
    REFUSED(NULL, "data.condition={y: /y, t: /t}", "data.valid=/v", "data.valid_condition={t: /vt, y: /vy}");
    REFUSED(NULL, "data.condition={y: /y}", "model.condition={encoder: false, decoder: false, prior: true}");
    REFUSED("data.condition.y: found 'y', expected a dataset", "data.condition={y: y}");
    REFUSED("data.valid_condition lacks t, which", "data.condition={y: /y, t: /t}", "data.valid=/v",
            "data.valid_condition={y: /vy}");
    REFUSED("data.valid_condition.u is not in data.condition", "data.condition={y: /y}", "data.valid=/v",
            "data.valid_condition={y: /vy, u: /u}");
    REFUSED("data.valid_condition without a dataset as data.valid", "data.condition={y: /y}",
            "data.valid_condition={y: /vy}");
    REFUSED("a share has the conditions of data.condition", "data.condition={y: /y}", "data.valid=0.1",
            "data.valid_condition={y: /vy}");
    REFUSED("model.condition without data.condition", "model.condition.prior=true");
    REFUSED("neither encoder, decoder nor prior takes data.condition", "data.condition={y: /y}",
            "model.condition={encoder: false, decoder: false}");
    REFUSED("every_layer: true with neither encoder nor decoder", "data.condition={y: /y}",
            "model.condition={encoder: false, decoder: false, prior: true, every_layer: true}");
    REFUSED("model.condition.prior: true with model.posterior: deterministic, which has no prior",
            "data.condition={y: /y}", "model.condition.prior=true", "model.posterior=deterministic");
    REFUSED("together with data.condition; noise has no files", "data.condition={y: /y}",
            "data.file=", "data.train=/train/images", "data.synthetic=10");
}
END_TEST

START_TEST(a_resume_finds_them_elsewhere)
{
    struct elbow_config old = defaults(), now = defaults();
    set(&old, "data.condition={y: /y}");
    set(&now, "data.condition={y: other.h5:/y}");
    ck_assert_int_eq(elbow_config_resumable(&old, &now, &error), ELBOW_OK);
    set(&now, "data.condition={t: /y}");
    ck_assert_int_eq(elbow_config_resumable(&old, &now, &error), ELBOW_CONFIG);
    ck_assert_msg(strstr(error.message, "data.condition: the checkpoint was made with {y: /y}") != NULL, "%s",
                  error.message);
    set(&now, "data.condition={y: /y}");
    set(&now, "model.condition.dropout=0.1");
    ck_assert_int_eq(elbow_config_resumable(&old, &now, &error), ELBOW_CONFIG);
}
END_TEST

// An unset value is not written.
START_TEST(a_dump_reads_back)
{
    struct elbow_config config = defaults(), back = defaults();
    char *text = NULL;
    ck_assert_int_eq(elbow_config_dump(&config, &text, &error), ELBOW_OK);
    ck_assert_ptr_null(strstr(text, "condition"));
    elbow_release(&text);
    set(&config, "data.condition={y: \"/a b: c\", t: /t}");
    set(&config, "model.condition={prior: true, dropout: 0.1}");
    ck_assert_int_eq(elbow_config_dump(&config, &text, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_config_parse(&back, "dump", text, strlen(text), &error), ELBOW_OK);
    ck_assert_int_eq(memcmp(&config, &back, sizeof back), 0);
    elbow_release(&text);
}
END_TEST

UNIT_MAIN("config/config_condition", forms_of_the_keys, what_the_keys_need, a_resume_finds_them_elsewhere,
          a_dump_reads_back)
