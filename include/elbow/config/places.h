// SPDX-License-Identifier: BSD-3-Clause
// Places: the locations of rows in a key of a configuration. One is a text, FILE:/dataset, or /dataset in data.file.
// Several are stored in one text that no YAML scalar can be: each place of a list on a line of its own, and, if several
// datasets are joined as channels, the places of each channel after a tab.
#ifndef ELBOW_CONFIG_PLACES_H
#define ELBOW_CONFIG_PLACES_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <stdbool.h>
#include <stddef.h>

ELBOW_C_BEGIN

enum { ELBOW_PLACES_SIZE = 1 << 14, ELBOW_PLACES_CHANNELS_MAX = 256 };
typedef char elbow_places[ELBOW_PLACES_SIZE];

// One place of several. Begins as {.next = text}.
struct elbow_place_of {
    const char *next;    // rest of the text
    size_t channel;      // 0 if none are joined
    elbow_path location; // as written: "runs/*.h5:/x"
};

// Local. Advances to the next place; false after the last one, and for the empty text.
bool elbow_places_next(struct elbow_place_of *place);

// Local. The number of joined channels; 1: none.
size_t elbow_places_channels(const char *places);

// Local. Whether it is a list, has channels, or may be a pattern of files: then a plain /dataset beside it (labels) is
// read from each of its files.
bool elbow_places_are_several(const char *places);

// Local. Refuses places of data.train that name a file but no dataset: CONFIG, with the text to write.
enum elbow_status elbow_places_refuse_none(const char *train, const char *name, struct elbow_error *error);

ELBOW_C_END

#endif
