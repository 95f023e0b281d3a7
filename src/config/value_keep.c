// SPDX-License-Identifier: BSD-3-Clause
// Options as they were, so that what is refused changes nothing.
#include "elbow/config/detail/value.h"

#include <string.h>

size_t elbow_value_size(const struct elbow_key *option)
{
    switch (option->type) {
    case ELBOW_KEY_BOOLEAN:
        return sizeof(bool);
    case ELBOW_KEY_CHOICE:
        return sizeof(int);
    case ELBOW_KEY_INTEGER:
    case ELBOW_KEY_EVERY:
    case ELBOW_KEY_DURATION:
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
    case ELBOW_KEY_RANGES:
    case ELBOW_KEY_KIND:
    case ELBOW_KEY_LAYERS:
    case ELBOW_KEY_INNER:
        break;
    }
    ELBOW_CHECK(!"an option that is a number, numbers, a flag or a choice");
    return 0;
}

size_t elbow_value_present_size(const struct elbow_key *option)
{
    if (option->type == ELBOW_KEY_NUMBER)
        return sizeof(int);
    return option->type == ELBOW_KEY_LEARNED || option->type == ELBOW_KEY_OPTIONAL ? sizeof(bool) : 0;
}

void elbow_value_keep(const struct elbow_key *option, const void *base, struct elbow_kept *kept)
{
    memcpy(kept->value, (const char *)base + option->offset, elbow_value_size(option));
    memcpy(&kept->present, (const char *)base + option->present, elbow_value_present_size(option));
}

void elbow_value_restore(const struct elbow_key *option, const struct elbow_kept *kept, void *base)
{
    memcpy((char *)base + option->offset, kept->value, elbow_value_size(option));
    memcpy((char *)base + option->present, &kept->present, elbow_value_present_size(option));
}
