// SPDX-License-Identifier: BSD-3-Clause
// The expected values of a key, in words.
#include "elbow/config/detail/schema.h"

#include "elbow/base/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void expected_integers(const struct elbow_key *key, char expected[ELBOW_EXPECTED_SIZE])
{
    (void)elbow_text_format(expected, ELBOW_EXPECTED_SIZE,
                            "a list of %zu to %zu whole numbers from %" PRId64 " to %" PRId64 ", or []",
                            key->count_least, key->count_most, key->least, key->most);
}

static void expected_choice(const struct elbow_key *key, char expected[ELBOW_EXPECTED_SIZE])
{
    (void)elbow_text_format(expected, ELBOW_EXPECTED_SIZE, "one of %s", key->choices[0]);
    for (size_t i = 1; key->choices[i]; ++i) {
        size_t length = strlen(expected);
        (void)elbow_text_format(expected + length, ELBOW_EXPECTED_SIZE - length, ", %s", key->choices[i]);
    }
}

static void expected_kind(const struct elbow_key *key, char expected[ELBOW_EXPECTED_SIZE])
{
    const struct elbow_kind_schema *first = key->is_open ? key->kinds + 1 : key->kinds;
    if (key->is_open)
        (void)elbow_text_format(expected, ELBOW_EXPECTED_SIZE, "a map such as {%s: ...}, null, or one of %s",
                                key->kinds->keys.rows[0].name, first->name);
    else
        (void)elbow_text_format(expected, ELBOW_EXPECTED_SIZE, "one of %s", first->name);
    for (size_t i = (size_t)(first - key->kinds) + 1; key->kinds[i].name; ++i) {
        size_t length = strlen(expected);
        (void)elbow_text_format(expected + length, ELBOW_EXPECTED_SIZE - length, ", %s", key->kinds[i].name);
    }
}

static void expected_kinds(const struct elbow_key *key, char expected[ELBOW_EXPECTED_SIZE])
{
    (void)elbow_text_format(expected, ELBOW_EXPECTED_SIZE, "a list of %s", key->kinds[0].name);
    for (size_t i = 1; key->kinds[i].name; ++i) {
        size_t length = strlen(expected);
        (void)elbow_text_format(expected + length, ELBOW_EXPECTED_SIZE - length, ", %s", key->kinds[i].name);
    }
    size_t length = strlen(expected);
    (void)elbow_text_format(expected + length, ELBOW_EXPECTED_SIZE - length, ", each at most once, or []");
}

static void expected_real(const struct elbow_key *key, char expected[ELBOW_EXPECTED_SIZE])
{
    char low[48] = "", high[48] = "";
    if (isfinite(key->low))
        (void)elbow_text_format(low, sizeof low, " %s %g", key->low_open ? "above" : "of at least", key->low);
    if (isfinite(key->high))
        (void)elbow_text_format(high, sizeof high, " and %s %g", key->high_open ? "below" : "at most", key->high);
    (void)elbow_text_format(expected, ELBOW_EXPECTED_SIZE, "a number%s%s%s", low, high,
                            key->type == ELBOW_KEY_OPTIONAL  ? ", or null"
                            : key->type == ELBOW_KEY_LEARNED ? ", learned, or {learned: START}"
                                                             : "");
}

// "a number above 0, learned, {learned: START} or predicted"
static void expected_number(const struct elbow_key *key, char expected[ELBOW_EXPECTED_SIZE])
{
    expected_real(key, expected);
    for (size_t i = 0; key->choices[i]; ++i) {
        size_t length = strlen(expected);
        bool is_learned = strcmp(key->choices[i], "learned") == 0;
        (void)elbow_text_format(expected + length, ELBOW_EXPECTED_SIZE - length, ", %s%s", key->choices[i],
                                is_learned ? ", {learned: START}" : "");
    }
}

// Expected values of keys that are neither numbers nor one of some words.
static void expected_other(const struct elbow_key *key, char expected[ELBOW_EXPECTED_SIZE])
{
    const size_t size = ELBOW_EXPECTED_SIZE;
    switch (key->type) {
    case ELBOW_KEY_EVERY:
        (void)elbow_text_format(expected, size, "a whole number of steps (0: never), or epoch");
        return;
    case ELBOW_KEY_DURATION:
        (void)elbow_text_format(expected, size, "seconds, or a time such as 90m, 1h30m, 1:30:00 or 1-12:00:00");
        return;
    case ELBOW_KEY_BYTES:
        (void)elbow_text_format(expected, size, "a whole number of bytes, or a size such as 500MB, 8GB or 8GiB");
        return;
    case ELBOW_KEY_TEXT:
        (void)elbow_text_format(expected, size, "a text of at most %d bytes", ELBOW_PATH_SIZE - 1);
        return;
    case ELBOW_KEY_SHARE:
        (void)elbow_text_format(
            expected, size,
            "a text of at most %d bytes, a list of such, {channels: [/u, /v]}, or a number above 0 and below 1",
            ELBOW_PATH_SIZE - 1);
        return;
    case ELBOW_KEY_ROWS:
        (void)elbow_text_format(
            expected, size,
            "[first, last], or a text of at most %d bytes: a dataset of row numbers, or of 0 and 1, "
            "such as FILE:/rows",
            ELBOW_PATH_SIZE - 1);
        return;
    case ELBOW_KEY_MAP:
        (void)elbow_text_format(expected, size, "a map such as {%s: ...}, or null", key->kinds->keys.rows[0].name);
        return;
    case ELBOW_KEY_PLACES:
        (void)elbow_text_format(expected, size, "a text of at most %d bytes%s a list of such%s", ELBOW_PATH_SIZE - 1,
                                key->count_most > 1 ? "," : ", or",
                                key->count_most > 1 ? ", or {channels: [/u, /v]}" : "");
        return;
    case ELBOW_KEY_NAMED:
        (void)elbow_text_format(expected, size, "a map of up to %d names and datasets such as {label: /train/labels}",
                                ELBOW_NAMED_MAX);
        return;
    case ELBOW_KEY_RANGES:
        (void)elbow_text_format(expected, size, "a list of up to %d columns and ranges such as [[0, 9], 15]",
                                ELBOW_RANGES_MAX);
        return;
    case ELBOW_KEY_INTEGERS:
        expected_integers(key, expected);
        return;
    case ELBOW_KEY_KINDS:
        expected_kinds(key, expected);
        return;
    case ELBOW_KEY_PIECES:
        (void)elbow_text_format(expected, size,
                                "a list of up to %d of [EPOCHS, RATE], whole numbers from 1 and numbers above 0",
                                ELBOW_PIECES_MAX);
        return;
    case ELBOW_KEY_LAYERS:
        (void)elbow_text_format(expected, size,
                                "a list of up to %d layers such as [dense: {units: 256, activation: relu}]",
                                ELBOW_LAYERS_MAX);
        return;
    case ELBOW_KEY_INNER:
        (void)elbow_text_format(expected, size,
                                "a list of one or more layers such as [dense: {units: 256, activation: relu}]");
        return;
    default:
        ELBOW_CHECK(false);
    }
}

void elbow_schema_expected(const struct elbow_key *key, char expected[ELBOW_EXPECTED_SIZE])
{
    const size_t size = ELBOW_EXPECTED_SIZE;
    switch (key->type) {
    case ELBOW_KEY_INTEGER:
        if (key->most == INT64_MAX)
            (void)elbow_text_format(expected, size, "a whole number of at least %" PRId64, key->least);
        else
            (void)elbow_text_format(expected, size, "a whole number from %" PRId64 " to %" PRId64, key->least,
                                    key->most);
        return;
    case ELBOW_KEY_REAL:
    case ELBOW_KEY_OPTIONAL:
    case ELBOW_KEY_LEARNED:
        expected_real(key, expected);
        return;
    case ELBOW_KEY_NUMBER:
        expected_number(key, expected);
        return;
    case ELBOW_KEY_BOOLEAN:
        (void)elbow_text_format(expected, size, "true or false");
        return;
    case ELBOW_KEY_CHOICE:
        expected_choice(key, expected);
        return;
    case ELBOW_KEY_KIND:
        expected_kind(key, expected);
        return;
    default:
        expected_other(key, expected);
    }
}
