// SPDX-License-Identifier: BSD-3-Clause
// The table of keys: one row per key holds everything about it. Private to this room.
#ifndef ELBOW_CONFIG_DETAIL_SCHEMA_H
#define ELBOW_CONFIG_DETAIL_SCHEMA_H

#include "elbow/config/config.h"

enum { ELBOW_KEY_NAME_SIZE = 160, ELBOW_EXPECTED_SIZE = 256 };

enum elbow_key_type {
    ELBOW_KEY_INTEGER,  // int64_t
    ELBOW_KEY_REAL,     // double
    ELBOW_KEY_OPTIONAL, // double, and a bool at `present`; null is "not set"
    ELBOW_KEY_BOOLEAN,  // bool
    ELBOW_KEY_CHOICE,   // int, index into `choices`
    ELBOW_KEY_KIND,     // int, index into `kinds`: a word, or a map of one key with the kind's options; where `present`
                        // is one, struct elbow_likelihood_parts there: a list of such with columns
    ELBOW_KEY_KINDS,    // int, bits by index into `kinds`: a list of kinds, each at most once
    ELBOW_KEY_LEARNED,  // double, and a bool at `present`: a number, the word learned, or {learned: START}
    ELBOW_KEY_NUMBER, // double, and an enum elbow_number as an int at `present`: a number, a word of `choices`, or (if
                      // learned is one) {learned: START}
    ELBOW_KEY_EVERY,  // int64_t: steps, 0, or the word epoch
    ELBOW_KEY_DURATION, // int64_t: seconds, also as 1h30m or 1-12:00:00
    ELBOW_KEY_BYTES,    // int64_t: bytes, also as 8GB
    ELBOW_KEY_TEXT,     // elbow_path; null is the empty text
    ELBOW_KEY_SHARE,    // elbow_places, or a double at `present`: places, or a share between 0 and 1
    ELBOW_KEY_ROWS,     // struct elbow_rows_choice: a text, or [first, last]
    ELBOW_KEY_MAP,      // no value of its own: a map of the options of its only kind, or null, which makes them 0, or,
                        // where the preset is {}, their presets
    ELBOW_KEY_PLACES,   // elbow_places: a text, a list of texts, or {channels: [...]} of both; null is the empty text
    ELBOW_KEY_NAMED,    // struct elbow_named: a map of names and texts; null is the empty map
    ELBOW_KEY_RANGES,   // struct elbow_ranges: a list of numbers and of [first, last]
    ELBOW_KEY_INTEGERS, // struct elbow_integers
    ELBOW_KEY_PIECES,   // struct elbow_pieces: a list of [epochs, rate]
    ELBOW_KEY_LAYERS,   // struct elbow_layers
    ELBOW_KEY_INNER     // struct elbow_inner_layers of a struct elbow_layer: at least one layer
};

struct elbow_kind_schema;

struct elbow_key {
    const char *section; // "train"; "" at the top
    const char *name;    // "rate"
    enum elbow_key_type type;
    size_t offset, present;                // of the value (and of its other part) in the struct of the table
    int64_t least, most;                   // INTEGER, EVERY, DURATION, BYTES, entries of INTEGERS and RANGES
    size_t count_least, count_most;        // INTEGERS: entries, if there are any; PLACES, SHARE: channels (1: none)
    double low, high;                      // REAL, OPTIONAL, LEARNED, NUMBER
    bool low_open, high_open;              // the bound itself is excluded
    const char *const *choices;            // CHOICE, NUMBER; ends with NULL
    const struct elbow_kind_schema *kinds; // KIND, MAP; ends with a NULL name
    const char *preset; // the default as a YAML scalar or []; NULL: the empty text or list, or (of an option) none: it
                        // must be given
    double unset;       // OPTIONAL: the value if it is not set; NUMBER: beside a word alone
    bool may_change;    // a resume may differ here
    bool is_later;      // later than version 0.1 (an option: than its kind): written only if it differs from its preset
    bool is_flat;       // an option that is also a key of version 0.1, and written there alone; a NUMBER as long as it
                        // is one
    bool is_open;       // KIND: the options of its first kind are written without its word, {weight: 2}; null is {}
    size_t flag; // of such a NUMBER: a bool that is also a key of version 0.1, and means learned; 0: there is none
    const char *help;
};

// Rows [0, count).
struct elbow_keys {
    const struct elbow_key *rows;
    size_t count;
};

// A kind and its options.
struct elbow_kind_schema {
    const char *name; // "dense"
    struct elbow_keys keys;
};

// The likelihoods, by enum elbow_likelihood_kind; the options are rows for struct elbow_config, of the section "".
extern const struct elbow_kind_schema elbow_likelihood_kinds[ELBOW_LIKELIHOODS + 1]; // ends with a NULL name

// The options of data.series, rows for struct elbow_config.
extern const struct elbow_kind_schema elbow_series_options[2];

// The same for model.input.
extern const struct elbow_kind_schema elbow_input_options[2];

// The schedules of the rate, likewise, by enum elbow_schedule.
extern const struct elbow_kind_schema elbow_schedule_kinds[ELBOW_SCHEDULES + 1];

// The costs of the KL, in the same way, by enum elbow_kl_kind.
extern const struct elbow_kind_schema elbow_bound_kinds[ELBOW_OBJECTIVES + 1];
extern const struct elbow_kind_schema elbow_kl_kinds[ELBOW_KLS + 1];

// The same for model.condition.
extern const struct elbow_kind_schema elbow_condition_options[2];

// The penalties, likewise, by enum elbow_penalty_kind.
extern const struct elbow_kind_schema elbow_penalty_kinds[ELBOW_PENALTIES + 1];

// The priors, likewise, by enum elbow_prior_kind.
extern const struct elbow_kind_schema elbow_prior_kinds[ELBOW_PRIORS + 1];
extern const struct elbow_kind_schema elbow_posterior_kinds[ELBOW_POSTERIORS + 1];

// The corruptions of model.input, likewise.
extern const struct elbow_kind_schema elbow_corrupt_kinds[ELBOW_CORRUPTIONS + 1];

// The optimisers, likewise, by enum elbow_optimizer_kind.
extern const struct elbow_kind_schema elbow_optimizer_kinds[ELBOW_OPTIMIZERS + 1];

// Local. The keys of struct elbow_config; the kinds of layers, by enum elbow_layer_kind, whose options are rows for
// struct elbow_layer.
struct elbow_keys elbow_schema_keys(void);
const struct elbow_kind_schema *elbow_schema_layers(size_t *count);

// Local. The names of kinds: "dense, conv2d or conv_transpose2d".
void elbow_schema_list(const struct elbow_kind_schema *kinds, size_t count, char words[ELBOW_EXPECTED_SIZE]);

// Local. The row of a section's key, or NULL.
const struct elbow_key *elbow_schema_find(struct elbow_keys keys, const char *section, const char *name);

// Local. "train.rate", of a row, or joined (truncated at ELBOW_KEY_NAME_SIZE).
void elbow_schema_join(char full[ELBOW_KEY_NAME_SIZE], const char *section, const char *name);

// Local. Whether the table has the section.
bool elbow_schema_has_section(struct elbow_keys keys, const char *section);

// Local. Advice after "unknown key": "did you mean train.epochs?" or "train has: epochs, ..." for a name found in a
// section ("" at the top). `shown` is the name of the section in the text.
void elbow_schema_suggest(struct elbow_keys keys, const char *section, const char *shown, const char *name, char *text,
                          size_t size);

// Local. The values of a key: "a whole number from 1 to 10", "one of adam, adamw, sgd".
void elbow_schema_expected(const struct elbow_key *key, char expected[ELBOW_EXPECTED_SIZE]);

#endif
