// SPDX-License-Identifier: BSD-3-Clause
// Values of keys: read from YAML by the row of the table, written as YAML, compared. Private to this room.
#ifndef ELBOW_CONFIG_DETAIL_VALUE_H
#define ELBOW_CONFIG_DETAIL_VALUE_H

#include "elbow/config/detail/schema.h"
#include "elbow/config/yaml.h"

enum { ELBOW_VALUE_SIZE = 1 << 16 }; // bytes of any value as text: places need 50,000 if each byte is an escape
enum { ELBOW_FOUND_SIZE = 96 };

struct elbow_printer;

// The origin of values, for messages.
struct elbow_source {
    const char *name;   // "run.yaml", "--set train.rate=x"
    bool has_positions; // then line and column follow the name
    struct elbow_error *error;
};

// Local. CONFIG with "run.yaml:12:3: train.rate: " (name, position of the node's key or value, full key) before a
// printf-style message. key may be "": then it is left out.
enum elbow_status elbow_value_refuse(const struct elbow_source *source, const struct elbow_yaml *node, bool at_key,
                                     const char *key, const char *format, ...) __attribute__((format(printf, 5, 6)));

// Local. A node in words: `'abc'`, "a list".
void elbow_value_describe(const struct elbow_yaml *node, char found[ELBOW_FOUND_SIZE]);

// Local. CONFIG with the value found and the values of the key.
enum elbow_status elbow_value_refuse_value(const struct elbow_key *key, const char *shown,
                                           const struct elbow_yaml *node, const struct elbow_source *source);

// Local. Reads a map of a section's keys into base (the struct of the table). `shown` is the section in messages
// ("model.encoder.0.dense" for dense). Refuses unknown keys and keys given twice.
enum elbow_status elbow_value_read_section(struct elbow_keys keys, const char *section, const char *shown,
                                           const struct elbow_yaml *map, void *base, const struct elbow_source *source);

// Local. Reads one value into base; `shown` is the key's full name in messages.
enum elbow_status elbow_value_read(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                   void *base, const struct elbow_source *source);

// Local. The same for a key that is not a kind, a map, a list of layers (inner ones are within their array), pieces,
// places, ranges, or a text.
enum elbow_status elbow_value_read_scalar(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                          void *base, const struct elbow_source *source);

// Local. The word of an enum elbow_number, which is not FIXED.
const char *elbow_value_number_word(int number);

// Local. Reads a list of layers.
enum elbow_status elbow_value_read_layers(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                          struct elbow_layers *value, const struct elbow_source *source);

// Local. Reads a text or a share; a text or a range of rows.
enum elbow_status elbow_value_read_share(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                         void *base, const struct elbow_source *source);
enum elbow_status elbow_value_read_rows(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                        struct elbow_rows_choice *value, const struct elbow_source *source);

// Local. Reads a list of pieces.
enum elbow_status elbow_value_read_pieces(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                          struct elbow_pieces *value, const struct elbow_source *source);

// The type of elbow_value_read_kind, for functions that read several.
typedef enum elbow_status elbow_value_reader(const struct elbow_key *key, const char *shown,
                                             const struct elbow_yaml *node, void *base,
                                             const struct elbow_source *source);

// Local. Reads a list of kinds; whether a list contains one.
enum elbow_status elbow_value_read_kinds(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                         elbow_value_reader *read, void *base, const struct elbow_source *source);
bool elbow_value_has_kind(const struct elbow_key *key, const void *base, size_t kind);

// Local. Reads a map of options. Omitted ones get their presets.
enum elbow_status elbow_value_read_map(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                       void *base, const struct elbow_source *source);

// Local. Reads places, named datasets, and ranges.
enum elbow_status elbow_value_read_places(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                          char *value, const struct elbow_source *source);
enum elbow_status elbow_value_read_named(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                         struct elbow_named *value, const struct elbow_source *source);
enum elbow_status elbow_value_read_ranges(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                          struct elbow_ranges *value, const struct elbow_source *source);

// Local. Parts of those: a text into a buffer of ELBOW_PATH_SIZE bytes, and a whole number.
enum elbow_status elbow_value_read_text(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                        char *value, const struct elbow_source *source);
enum elbow_status elbow_value_read_integer(const struct elbow_key *key, const char *shown,
                                           const struct elbow_yaml *node, int64_t *value,
                                           const struct elbow_source *source);

// Local. Whether the value of a kind is the value of its only option: {drop: 0.3} for {drop: {share: 0.3}}; or of its
// first, if that is a number and the others are optional.
bool elbow_value_is_bare(struct elbow_keys keys, const struct elbow_yaml *value);

// Local. The kind that a key has.
const struct elbow_kind_schema *elbow_value_kind_of(const struct elbow_key *key, const void *base);

// Local. The kind of a word, or NULL.
const struct elbow_kind_schema *elbow_value_kind(const struct elbow_key *key, const char *word);

// Local. Reads a kind: its word, or a map of that word with the options, or with the value of the only option there is.
// Omitted options get their presets; the word alone does not change those that are keys of version 0.1.
enum elbow_status elbow_value_read_kind(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                        void *base, const struct elbow_source *source);

// Local. Parts of elbow_config_finish: CONFIG if the likelihoods contradict their options, each other or data.binarize;
// or if values after data.transform or data.dequantize are outside their support.
enum elbow_status elbow_check_likelihoods(const struct elbow_config *config, const char *name,
                                          struct elbow_error *error);
enum elbow_status elbow_check_transform(const struct elbow_config *config, const char *name, struct elbow_error *error);
enum elbow_status elbow_check_dequantize(const struct elbow_config *config, const char *name,
                                         struct elbow_error *error);

// Local. Reads a list of likelihoods with their columns, in place of one kind; the options of each start as in
// `defaults`. The list of a key that has `present`; whether a value is a list; clears it.
enum elbow_status elbow_value_read_parts(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                         const struct elbow_config *defaults, elbow_value_reader *read, void *base,
                                         const struct elbow_source *source);
const struct elbow_likelihood_parts *elbow_value_parts_of(const struct elbow_key *key, const void *base);
bool elbow_value_has_parts(const struct elbow_key *key, const void *base);
void elbow_value_clear_parts(const struct elbow_key *key, void *base);

// Local. CONFIG if the map of a section gives an option of a kind twice: with the kind, and as a key of version 0.1.
enum elbow_status elbow_value_refuse_flat(struct elbow_keys keys, const char *section, const char *shown,
                                          const struct elbow_yaml *map, const struct elbow_source *source);

// A saved option.
struct elbow_kept {
    unsigned char value[sizeof(struct elbow_pieces) > sizeof(struct elbow_integers) ? sizeof(struct elbow_pieces)
                                                                                    : sizeof(struct elbow_integers)];
    int present;
};

// All options of a kind, including those of kinds among them. Zeroed: none.
enum { ELBOW_KEPT_MAX = 24 };
struct elbow_kept_options {
    size_t count;
    const struct elbow_key *options[ELBOW_KEPT_MAX];
    struct elbow_kept values[ELBOW_KEPT_MAX];
};

// Local. Bytes of an option's value, and of its part at `present` (0: none).
size_t elbow_value_size(const struct elbow_key *option);
size_t elbow_value_present_size(const struct elbow_key *option);

// Local. Saves options; restores them.
void elbow_value_keep(struct elbow_keys keys, const void *base, struct elbow_kept_options *kept);
void elbow_value_restore(const struct elbow_kept_options *kept, void *base);

// Local. Writes the default of a key, or of all keys of a table, into base.
void elbow_value_preset(const struct elbow_key *key, void *base);
void elbow_value_presets(struct elbow_keys keys, void *base);

// Local. CONFIG if an earlier sibling has the same key; call it for each child in turn.
enum elbow_status elbow_value_refuse_twice(const struct elbow_yaml *map, const struct elbow_yaml *child,
                                           const char *shown, const struct elbow_source *source);

// Local. Whether a node is null, ~ or nothing.
bool elbow_value_is_null(const struct elbow_yaml *node);

// Local. Text that grows in a buffer of fixed size.
struct elbow_printer {
    char *text;
    size_t size, length;
    bool is_cut;
};

// Local. printf, appended to the text.
void elbow_printer_add(struct elbow_printer *printer, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Local. The shortest number that reads back the same; a text, in quotes where YAML needs them.
void elbow_printer_add_real(struct elbow_printer *printer, double value);
void elbow_printer_add_text(struct elbow_printer *printer, const char *text);

// Local. The value as YAML that reads back to the same bits. Lists of layers as a block (one per line, indented by
// `indent` blanks) if indent > 0, else in brackets.
void elbow_value_write(const struct elbow_key *key, const void *base, int indent, struct elbow_printer *printer);

// Local. Whether an option of version 0.1 is written in its old form, outside of its kind.
bool elbow_value_is_flat(const struct elbow_key *option, const void *base);

// Local. Whether a value equals its preset, however that one is spelled.
bool elbow_value_is_preset(const struct elbow_key *key, const void *base);

// Local. The same, a kind as a map of its word and all options: {gaussian: {variance: 1.0}}.
void elbow_value_write_kind(const struct elbow_key *key, const void *base, struct elbow_printer *printer);

// Local. Whether two values are the same.
bool elbow_value_equal(const struct elbow_key *key, const void *a, const void *b);

#endif
