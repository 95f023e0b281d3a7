// SPDX-License-Identifier: BSD-3-Clause
// Places: where a key of a configuration says that rows lie. One is a text, FILE:/dataset, or /dataset in data.file.
// Several are kept in one text that no YAML scalar can be: each place of a list in a line of its own, and, where
// several datasets are joined as channels, the places of each channel behind a tab.
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
    const char *next;    // what is left of the text
    size_t channel;      // 0 where none are joined
    elbow_path location; // as it stands: "runs/*.h5:/x"
};

// Local. Goes on to the next place; false behind the last, and for the empty text.
bool elbow_places_next(struct elbow_place_of *place);

// Local. How many channels are joined; 1: none are.
size_t elbow_places_channels(const char *places);

// Local. Whether it is a list, has channels, or may be a pattern of files: then a bare /dataset beside it (labels) is
// read from each of its files.
bool elbow_places_are_several(const char *places);

// Local. Refuses what data.train says where no file of it has a dataset: CONFIG, with what to write, if a place does.
enum elbow_status elbow_places_refuse_none(const char *train, const char *name, struct elbow_error *error);

ELBOW_C_END

#endif
