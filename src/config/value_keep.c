// SPDX-License-Identifier: BSD-3-Clause
// Saves options, so that a refused value changes nothing.
#include "elbow/config/detail/value.h"

#include <string.h>

size_t elbow_value_size(const struct elbow_key *option)
{
    switch (option->type) {
    case ELBOW_KEY_BOOLEAN:
        return sizeof(bool);
    case ELBOW_KEY_CHOICE:
    case ELBOW_KEY_KIND:
        return sizeof(int);
    case ELBOW_KEY_INTEGER:
    case ELBOW_KEY_EVERY:
    case ELBOW_KEY_DURATION:
    case ELBOW_KEY_BYTES:
        return sizeof(int64_t);
    case ELBOW_KEY_REAL:
    case ELBOW_KEY_OPTIONAL:
    case ELBOW_KEY_LEARNED:
    case ELBOW_KEY_NUMBER:
        return sizeof(double);
    case ELBOW_KEY_INTEGERS:
        return sizeof(struct elbow_integers);
    case ELBOW_KEY_PIECES:
        return sizeof(struct elbow_pieces);
    case ELBOW_KEY_TEXT:
    case ELBOW_KEY_SHARE:
    case ELBOW_KEY_ROWS:
    case ELBOW_KEY_MAP:
    case ELBOW_KEY_PLACES:
    case ELBOW_KEY_NAMED:
    case ELBOW_KEY_RANGES:
    case ELBOW_KEY_KINDS:
    case ELBOW_KEY_LAYERS:
    case ELBOW_KEY_INNER:
        break;
    }
    ELBOW_CHECK(!"an option that is a number, numbers, a flag, a choice or a kind");
    return 0;
}

size_t elbow_value_present_size(const struct elbow_key *option)
{
    if (option->type == ELBOW_KEY_NUMBER)
        return sizeof(int);
    return option->type == ELBOW_KEY_LEARNED || option->type == ELBOW_KEY_OPTIONAL ? sizeof(bool) : 0;
}

void elbow_value_keep(struct elbow_keys keys, const void *base, struct elbow_kept_options *kept)
{
    for (size_t i = 0; i < keys.count; ++i) {
        const struct elbow_key *option = &keys.rows[i];
        bool is_kind = option->type == ELBOW_KEY_KIND;
        for (size_t k = 0; (is_kind || option->type == ELBOW_KEY_MAP) && option->kinds[k].name; ++k)
            elbow_value_keep(option->kinds[k].keys, base, kept);
        if (option->type == ELBOW_KEY_MAP)
            continue; // it has no value of its own
        ELBOW_CHECK(kept->count < ELBOW_KEPT_MAX);
        struct elbow_kept *value = &kept->values[kept->count];
        kept->options[kept->count++] = option;
        memcpy(value->value, (const char *)base + option->offset, elbow_value_size(option));
        memcpy(&value->present, (const char *)base + option->present, elbow_value_present_size(option));
    }
}

void elbow_value_restore(const struct elbow_kept_options *kept, void *base)
{
    for (size_t i = 0; i < kept->count; ++i) {
        const struct elbow_key *option = kept->options[i];
        memcpy((char *)base + option->offset, kept->values[i].value, elbow_value_size(option));
        memcpy((char *)base + option->present, &kept->values[i].present, elbow_value_present_size(option));
    }
}
