// SPDX-License-Identifier: BSD-3-Clause
// Options of a kind that are no keys of version 0.1, by a table of the test's own: read, set, written back, explained,
// compared.
#include "elbow/config/detail/keys.h"
#include "elbow/config/detail/rows.h"
#include "elbow/config/detail/value.h"

#include "config_support.h"

enum { PLAIN, DROP, MANY, NEEDY, FLAT, GRADED, BARE };

struct toy {
    int noise;
    double share, width, weight, old;
    double grade;
    int grade_from;
    bool share_is_learned, deep;
    int64_t parts;
    int mode;
    struct elbow_integers span;
    int64_t after;
};

static const char *const modes[] = {"fast", "exact", NULL};

#define TOY(member) .offset = offsetof(struct toy, member)

// clang-format off: one row a key reads best as a table
static const struct elbow_key drop_keys[] = {
    {"", "share", .type = ELBOW_KEY_LEARNED, TOY(share), SHARE, .present = offsetof(struct toy, share_is_learned),
     .preset = "0.5", .help = "The share that is left out."},
};
static const struct elbow_key many_keys[] = {
    {"", "parts", INTEGER, TOY(parts), FROM(1, 9), .preset = "3", .help = "How many."},
    {"", "mode", CHOICE(modes), TOY(mode), .preset = "exact", .help = "How."},
    {"", "deep", BOOLEAN, TOY(deep), .preset = "false", .help = "How far."},
    {"", "span", .type = ELBOW_KEY_INTEGERS, TOY(span), FROM(0, 99), .count_least = 2, .count_most = 2, .preset = "[]",
     .is_later = true, .help = "From where to where."},
    {"", "width", REAL, TOY(width), ABOVE_ZERO, .preset = "2.0", .is_later = true, .help = "How wide."},
};
static const struct elbow_key needy_keys[] = {
    {"", "parts", INTEGER, TOY(parts), FROM(1, 9), .help = "How many."},
    {"", "width", REAL, TOY(width), ABOVE_ZERO, .preset = "7.0", .help = "How wide."},
};
static const struct elbow_key flat_keys[] = {
    {"", "old", REAL, TOY(old), ANY, .preset = "1.0", .is_flat = true, .help = "See noise.old."},
    {"", "weight", REAL, TOY(weight), ANY, .preset = "4.0", .help = "How heavy."},
};
static const char *const grade_words[] = {"learned", "predicted", NULL}, *const other_words[] = {"optimal", NULL};
static const struct elbow_key graded_keys[] = {
    {"", "grade", NUMBER(grade_words, 0), TOY(grade), ABOVE_ZERO, .present = offsetof(struct toy, grade_from),
     .preset = "learned", .help = "How steep."},
    {"", "deep", BOOLEAN, TOY(deep), .preset = "false", .help = "How far."},
};
static const struct elbow_key bare_keys[] = {
    {"", "grade", NUMBER(other_words, 0), TOY(grade), ABOVE_ZERO, .present = offsetof(struct toy, grade_from),
     .preset = "2.0", .help = "How steep."},
};
#define KEYS(rows)                                                                                                     \
    {                                                                                                                  \
        rows, sizeof(rows) / sizeof *(rows)                                                                            \
    }
static const struct elbow_kind_schema noises[] = {
    {"plain", {NULL, 0}},      {"drop", KEYS(drop_keys)},     {"many", KEYS(many_keys)}, {"needy", KEYS(needy_keys)},
    {"flat", KEYS(flat_keys)}, {"graded", KEYS(graded_keys)}, {"bare", KEYS(bare_keys)}, {NULL, {NULL, 0}},
};
static const struct elbow_key toy_keys[] = {
    {"toy", "noise", KIND(noises), TOY(noise), .preset = "plain", .help = "What is added."},
    {"toy", "old", REAL, TOY(old), ANY, .preset = "1.0", .help = "Of version 0.1."},
    {"toy", "after", INTEGER, TOY(after), FROM_ZERO, .preset = "0", .help = "Something else."},
};
// clang-format on
static const struct elbow_keys table = KEYS(toy_keys);

static struct toy fresh(void)
{
    struct toy toy;
    memset(&toy, 0, sizeof toy);
    elbow_keys_default(table, &toy);
    return toy;
}

static struct toy read_toy(const char *text)
{
    struct toy toy = fresh();
    memset(&error, 0, sizeof error);
    ck_assert_msg(elbow_keys_parse(table, &toy, "toy.yaml", text, strlen(text), &error) == ELBOW_OK, "%s: %s", text,
                  error.message);
    return toy;
}

static void set_toy(struct toy *toy, const char *assignment)
{
    memset(&error, 0, sizeof error);
    ck_assert_msg(elbow_keys_set(table, toy, assignment, &error) == ELBOW_OK, "%s", error.message);
}

// The written text, and a round trip.
static void check_written(const struct toy *toy, const char *noise)
{
    char expected[300], *text = NULL, *again = NULL;
    snprintf(expected, sizeof expected, "toy:\n  noise: %s\n  old: ", noise);
    ck_assert_int_eq(elbow_keys_dump(table, toy, &text, &error), ELBOW_OK);
    ck_assert_msg(strncmp(text, expected, strlen(expected)) == 0, "wrote %s", text);
    struct toy back = read_toy(text);
    ck_assert_int_eq(elbow_keys_dump(table, &back, &again, &error), ELBOW_OK);
    ck_assert_str_eq(again, text);
    ck_assert_int_eq(elbow_keys_resumable(table, toy, &back, &error), ELBOW_OK);
    elbow_release(&text);
    elbow_release(&again);
}

static void reads_as(const char *noise, const char *written)
{
    char text[300];
    snprintf(text, sizeof text, "toy: {noise: %s}", noise);
    struct toy toy = read_toy(text);
    check_written(&toy, written);
}

START_TEST(options_are_written_back)
{
    reads_as("plain", "plain");
    reads_as("{plain: {}}", "plain");
    reads_as("drop", "{drop: {share: 0.5}}");
    reads_as("{drop: }", "{drop: {share: 0.5}}");
    reads_as("{drop: {}}", "{drop: {share: 0.5}}");
    reads_as("{drop: {share: 0.25}}", "{drop: {share: 0.25}}");
    reads_as("{drop: 0.25}", "{drop: {share: 0.25}}");
    reads_as("{drop: learned}", "{drop: {share: {learned: 0.5}}}");
    reads_as("{drop: {learned: 0.75}}", "{drop: {share: {learned: 0.75}}}");
    reads_as("{drop: {share: {learned: 0.75}}}", "{drop: {share: {learned: 0.75}}}");
    reads_as("many", "{many: {parts: 3, mode: exact, deep: false}}");
    reads_as("{many: {deep: true, mode: fast}}", "{many: {parts: 3, mode: fast, deep: true}}");
    reads_as("{many: {width: 2}}", "{many: {parts: 3, mode: exact, deep: false}}");
    reads_as("{many: {width: 2.5}}", "{many: {parts: 3, mode: exact, deep: false, width: 2.5}}");
    reads_as("{many: {span: [1, 5]}}", "{many: {parts: 3, mode: exact, deep: false, span: [1, 5]}}");
    reads_as("{needy: {parts: 2}}", "{needy: {parts: 2, width: 7.0}}");
    reads_as("{flat: {old: 3}}", "{flat: {weight: 4.0}}");
    reads_as("graded", "{graded: {grade: learned, deep: false}}");
    reads_as("{graded: {grade: 3}}", "{graded: {grade: 3.0, deep: false}}");
    reads_as("{graded: {grade: predicted}}", "{graded: {grade: predicted, deep: false}}");
    reads_as("{graded: {grade: {learned: 3}}}", "{graded: {grade: {learned: 3.0}, deep: false}}");
    reads_as("bare", "{bare: {grade: 2.0}}");
    reads_as("{bare: 3}", "{bare: {grade: 3.0}}");
    reads_as("{bare: optimal}", "{bare: {grade: optimal}}");
}
END_TEST

START_TEST(nothing_written_is_later_than_its_preset)
{
    struct toy toy = fresh();
    ck_assert(elbow_value_is_preset(&toy_keys[0], &toy));
    set_toy(&toy, "toy.noise=drop");
    ck_assert(!elbow_value_is_preset(&toy_keys[0], &toy));
}
END_TEST

// The dump has its own way to spell a number: 1.0e-08 for a default of 1.0e-8.
START_TEST(presets_are_compared_by_value)
{
    struct toy toy = {.old = 1e-8, .width = 60};
    const struct elbow_key small = {
        "", "old", REAL, TOY(old), ANY, .preset = "1.0e-8", .is_later = true, .help = "A small number."};
    const struct elbow_key plain = {"", "old", REAL, TOY(old), ANY, .preset = "1e-8", .help = "Likewise."};
    const struct elbow_key whole = {"", "width", REAL, TOY(width), ANY, .preset = "60", .help = "Without a point."};
    const struct elbow_key given = {"", "parts", INTEGER, TOY(parts), FROM_ZERO, .help = "It must be given."};
    ck_assert(elbow_value_is_preset(&small, &toy));
    ck_assert(elbow_value_is_preset(&plain, &toy));
    ck_assert(elbow_value_is_preset(&whole, &toy));
    ck_assert(!elbow_value_is_preset(&given, &toy)); // 0, which is no default
    toy.old = 1.0000000000000002e-8;
    ck_assert(!elbow_value_is_preset(&small, &toy));
    struct elbow_keys keys = {&small, 1};
    char *dump = NULL;
    toy.old = 1e-8;
    ck_assert_int_eq(elbow_keys_dump(keys, &toy, &dump, NULL), ELBOW_OK);
    ck_assert_str_eq(dump, "");
    elbow_release(&dump);
}
END_TEST

// The bare word is the kind with its defaults, for any previous value; keys of version 0.1 keep their values.
START_TEST(word_alone_means_the_defaults)
{
    struct toy toy = read_toy("toy: {noise: {many: {parts: 5, width: 9.0, span: [3, 4]}}}");
    set_toy(&toy, "toy.noise=many");
    check_written(&toy, "{many: {parts: 3, mode: exact, deep: false}}");
    toy = read_toy("toy: {noise: {flat: {old: 3, weight: 5}}}");
    set_toy(&toy, "toy.noise=flat");
    ck_assert(toy.old == 3 && toy.weight == 4);
    set_toy(&toy, "toy.noise={flat: {weight: 6}}");
    ck_assert(toy.old == 1 && toy.weight == 6);
    // two kinds that share a number, each with a default of its own
    set_toy(&toy, "toy.noise={needy: {parts: 1}}");
    ck_assert(toy.width == 7);
    set_toy(&toy, "toy.noise=many");
    ck_assert(toy.width == 2 && toy.parts == 3);
}
END_TEST

START_TEST(options_can_be_set_one_by_one)
{
    struct toy toy = fresh();
    set_toy(&toy, "toy.noise.many.parts=7"); // chooses the kind
    set_toy(&toy, "toy.noise.many.mode=fast");
    check_written(&toy, "{many: {parts: 7, mode: fast, deep: false}}");
    set_toy(&toy, "toy.noise.many.span=[1, 2]");
    set_toy(&toy, "toy.noise.many.span.1=8");
    check_written(&toy, "{many: {parts: 7, mode: fast, deep: false, span: [1, 8]}}");
    set_toy(&toy, "toy.noise.drop=0.125");
    check_written(&toy, "{drop: {share: 0.125}}");
    set_toy(&toy, "toy.noise.drop.share=learned");
    check_written(&toy, "{drop: {share: {learned: 0.5}}}");
    set_toy(&toy, "toy.noise.graded.grade=predicted");
    check_written(&toy, "{graded: {grade: predicted, deep: false}}");
    ck_assert(toy.grade_from == ELBOW_NUMBER_PREDICTED);
    set_toy(&toy, "toy.noise.graded.grade=0.5");
    ck_assert(toy.grade_from == ELBOW_NUMBER_FIXED && toy.grade == 0.5);
    set_toy(&toy, "toy.noise.needy.parts=4");
    check_written(&toy, "{needy: {parts: 4, width: 7.0}}");
}
END_TEST

// In either order: a kind sets all its options, and a key of version 0.1 one of them.
START_TEST(keys_of_both_sorts_go_together)
{
    struct toy toy = read_toy("toy: {noise: {flat: {weight: 6}}, old: 2}");
    ck_assert(toy.weight == 6 && toy.old == 2);
    toy = read_toy("toy: {old: 2, noise: {flat: {weight: 6}}}");
    ck_assert(toy.weight == 6 && toy.old == 2);
    const char *twice = "toy: {noise: {flat: {old: 1}}, old: 2}";
    ck_assert_int_eq(elbow_keys_parse(table, &toy, "toy.yaml", twice, strlen(twice), &error), ELBOW_CONFIG);
    ck_assert_str_eq(error.message, "toy.yaml:1:32: toy.old: given twice, also by toy.noise; remove it here");
}
END_TEST

static void not_read(const char *noise, const char *message)
{
    char text[300];
    struct toy toy = read_toy("toy: {noise: {many: {parts: 5, span: [3, 4]}}}"), before;
    memcpy(&before, &toy, sizeof toy);
    snprintf(text, sizeof text, "toy: {noise: %s}", noise);
    ck_assert_int_eq(elbow_keys_parse(table, &toy, "toy.yaml", text, strlen(text), &error), ELBOW_CONFIG);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(memcmp(&before, &toy, sizeof toy), 0);
}

START_TEST(wrong_options_are_refused)
{
    not_read("{many: {pats: 5}}",
             "toy.yaml:1:22: toy.noise.many.pats: unknown key; did you mean toy.noise.many.parts?");
    not_read("{many: {quantity: 5}}", "toy.yaml:1:22: toy.noise.many.quantity: unknown key; toy.noise.many has: parts, "
                                      "mode, deep, span, width");
    not_read("{many: {deep: true, parts: 50}}",
             "toy.yaml:1:41: toy.noise.many.parts: '50' is out of bounds, expected a whole number from 1 to 9");
    not_read("{many: {mode: fast, mode: fast}}",
             "toy.yaml:1:34: toy.noise.many.mode: given twice, first in line 1; remove one of them");
    not_read("{many: 5}", "toy.yaml:1:21: toy.noise.many: found '5', expected a map of its keys; `elbow config "
                          "--explain` lists them");
    not_read("{drop: [1]}", "toy.yaml:1:21: toy.noise.drop: found a list, expected a number of at least 0 and at most "
                            "1, learned, or {learned: START}");
    not_read("{drop: 1.5}", "toy.yaml:1:21: toy.noise.drop: '1.5' is out of bounds, expected a number of at least 0 "
                            "and at most 1, learned, or {learned: START}");
    not_read("{graded: {grade: {learned: -1}}}",
             "toy.yaml:1:41: toy.noise.graded.grade: '-1' is out of bounds, expected a number above 0, learned, "
             "{learned: START}, predicted");
    not_read("{graded: {grade: optimal}}", "toy.yaml:1:31: toy.noise.graded.grade: found 'optimal', expected a number "
                                           "above 0, learned, {learned: START}, predicted");
    not_read("{graded: {grade: predicted, dep: true}}",
             "toy.yaml:1:42: toy.noise.graded.dep: unknown key; did you mean toy.noise.graded.deep?");
    not_read("{bare: {grade: {learned: 1}}}",
             "toy.yaml:1:29: toy.noise.bare.grade: found a map, expected a number above 0, optimal");
    not_read("needy", "toy.yaml:1:14: toy.noise.needy: parts is missing, expected a whole number from 1 to 9");
    not_read("{needy: }", "toy.yaml:1:15: toy.noise.needy: parts is missing, expected a whole number from 1 to 9");
    not_read("{needy: {width: 1}}",
             "toy.yaml:1:15: toy.noise.needy: parts is missing, expected a whole number from 1 to 9");
    not_read("{plain: {parts: 1}}", "toy.yaml:1:15: toy.noise.plain: has no options; write plain alone");
}
END_TEST

START_TEST(options_are_explained)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    elbow_keys_explain(table, out);
    fclose(out);
    const char *const lines[] = {
        "toy.noise: one of plain, drop, many, needy, flat, graded, bare; default plain\n    What is added.\n",
        ("toy.noise.drop.share: a number of at least 0 and at most 1, learned, or {learned: START}; default 0.5\n"
         "    The share that is left out.\n"),
        "toy.noise.many.mode: one of fast, exact; default exact\n    How.\n",
        "toy.noise.many.span: a list of 2 to 2 whole numbers from 0 to 99, or []; default []\n",
        "toy.noise.needy.parts: a whole number from 1 to 9; must be given\n",
        "toy.noise.flat.weight: a number; default 4.0\n",
        "toy.noise.graded.grade: a number above 0, learned, {learned: START}, predicted; default learned\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; ++i)
        ck_assert_msg(strstr(text, lines[i]) != NULL, "%s is not in %s", lines[i], text);
    free(text);
}
END_TEST

static void not_resumed(const char *before, const char *after, const char *message)
{
    struct toy old = read_toy(before), now = read_toy(after);
    memset(&error, 0, sizeof error);
    ck_assert_int_eq(elbow_keys_resumable(table, &old, &now, &error), ELBOW_CONFIG);
    ck_assert_msg(strncmp(error.message, message, strlen(message)) == 0, "%s", error.message);
}

START_TEST(a_resume_compares_options)
{
    struct toy old = read_toy("toy: {noise: {many: {parts: 3}}}"), now = read_toy("toy: {noise: many}");
    ck_assert_int_eq(elbow_keys_resumable(table, &old, &now, &error), ELBOW_OK);
    not_resumed(
        "toy: {noise: {drop: 0.5}}", "toy: {noise: {drop: learned}}",
        "toy.noise: the checkpoint was made with {drop: {share: 0.5}}, now it is {drop: {share: {learned: 0.5}}};");
    not_resumed("toy: {noise: {bare: 0.5}}", "toy: {noise: {bare: optimal}}",
                "toy.noise: the checkpoint was made with {bare: {grade: 0.5}}, now it is {bare: {grade: optimal}};");
    not_resumed("toy: {noise: {many: {width: 3}}}", "toy: {noise: many}",
                "toy.noise: the checkpoint was made with {many: {parts: 3, mode: exact, deep: false, width: 3.0}}, now "
                "it is {many: {parts: 3, mode: exact, deep: false}};");
    not_resumed("toy: {noise: {flat: {old: 2}}}", "toy: {noise: flat}",
                "toy.old: the checkpoint was made with 2.0, now it is 1.0;");
    not_resumed("toy: {noise: plain}", "toy: {noise: drop}",
                "toy.noise: the checkpoint was made with plain, now it is {drop: {share: 0.5}};");
}
END_TEST

static void check_options(struct elbow_keys keys, const struct elbow_key *key)
{
    static struct elbow_config config;
    for (const struct elbow_kind_schema *kind = key->kinds; kind->name; ++kind)
        for (size_t i = 0; i < kind->keys.count; ++i) {
            const struct elbow_key *option = &kind->keys.rows[i];
            bool is_flat = false;
            for (size_t k = 0; k < keys.count; ++k)
                is_flat = is_flat || (&keys.rows[k] != key && keys.rows[k].offset == option->offset);
            ck_assert_msg(is_flat == option->is_flat, "%s.%s", kind->name, option->name);
            ck_assert_str_eq(option->section, "");
            ck_assert_ptr_nonnull(option->help);
            elbow_value_preset(option, &config); // legal
            ck_assert(!option->is_later || elbow_value_is_preset(option, &config));
        }
}

// In the program's own table, options are marked correctly as keys of version 0.1, presets are legal, and a later
// option is recognised if it has its preset.
START_TEST(own_kinds_are_sound)
{
    struct elbow_keys keys = elbow_schema_keys();
    struct elbow_config config = defaults();
    for (size_t i = 0; i < keys.count; ++i) {
        ck_assert(!keys.rows[i].is_later || elbow_value_is_preset(&keys.rows[i], &config));
        if (keys.rows[i].type == ELBOW_KEY_KIND)
            check_options(keys, &keys.rows[i]);
    }
}
END_TEST

UNIT_MAIN("config/kinds", options_are_written_back, nothing_written_is_later_than_its_preset,
          presets_are_compared_by_value, word_alone_means_the_defaults, options_can_be_set_one_by_one,
          keys_of_both_sorts_go_together, wrong_options_are_refused, options_are_explained, a_resume_compares_options,
          own_kinds_are_sound)
