// SPDX-License-Identifier: BSD-3-Clause
// The text of places, and the characters that a text may contain.
#include "elbow/config/places.h"

#include "elbow/base/mask.h"
#include "elbow/base/status.h"
#include "elbow/config/config.h"

#include <string.h>

bool elbow_places_next(struct elbow_place_of *place)
{
    bool is_first = place->location[0] == '\0';
    if (*place->next == '\t' && !is_first)
        ++place->channel;
    if (*place->next == '\t' || *place->next == '\n')
        ++place->next;
    size_t length = strcspn(place->next, "\n\t");
    ELBOW_CHECK(length < sizeof place->location);
    memcpy(place->location, place->next, length);
    place->location[length] = '\0';
    place->next += length;
    return length > 0;
}

size_t elbow_places_channels(const char *places)
{
    size_t channels = 0;
    for (const char *tab = strchr(places, '\t'); tab != NULL; tab = strchr(tab + 1, '\t'))
        ++channels;
    return channels > 0 ? channels : 1;
}

bool elbow_places_are_several(const char *places)
{
    return strpbrk(places, "\n\t*?[") != NULL;
}

enum elbow_status elbow_places_refuse_none(const char *train, const char *name, struct elbow_error *error)
{
    struct elbow_place_of place = {.next = train};
    if (*train == '\0' || *train == '/' || !elbow_places_next(&place))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: nothing to train on; set data.file and data.train, or data.synthetic for noise",
                               name);
    const char *colon = strchr(place.location, ':');
    int file = (int)(colon != NULL ? colon - place.location : (ptrdiff_t)strlen(place.location));
    const char *dataset = colon != NULL && colon[1] != '\0' ? colon + 1 : "DATASET";
    return elbow_error_set(error, ELBOW_CONFIG, "%s: data.train: '%.200s' names no dataset; write %.*s:/%.200s", name,
                           place.location, file < 200 ? file : 200, place.location, dataset);
}

bool elbow_config_takes_text(const char *text, size_t *byte)
{
    uint32_t code;
    for (size_t i = 0, step; text[i] != '\0'; i += step) {
        *byte = i + 1;
        step = elbow_mask_read(text + i, &code);
        bool is_control = step > 0 && (code < 0x20 || (code >= 0x7F && code < 0xA0));
        bool ends_line = step > 0 && (code == 0x2028 || code == 0x2029);
        bool is_none = step > 0 && (code == 0xFEFF || (code & 0xFFFE) == 0xFFFE);
        if (step == 0 || is_control || ends_line || is_none)
            return false;
    }
    return true;
}
