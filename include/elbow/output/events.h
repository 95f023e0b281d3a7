// SPDX-License-Identifier: BSD-3-Clause
// The event file of a run for TensorBoard: scalars and images by step, in TFRecord framing. Rank zero's. Other ranks
// may hold a zeroed struct and call nothing.
//
// A record is: length (8 bytes, the lowest first), masked CRC-32C of these, an Event message, masked CRC-32C of it. The
// first record names the version of the format.
#ifndef ELBOW_OUTPUT_EVENTS_H
#define ELBOW_OUTPUT_EVENTS_H

#include "elbow/base/directory.h"
#include "elbow/base/language.h"
#include "elbow/base/log.h"
#include "elbow/base/protobuf.h"

#include <sys/types.h>

ELBOW_C_BEGIN

// What the file is called in a run directory: TensorBoard knows it by "tfevents".
#define ELBOW_EVENTS_NAME "events.out.tfevents.elbow"

struct elbow_events {
    bool is_open;
    int file;                      // owned
    off_t end;                     // of the last record that is whole
    struct elbow_protobuf event;   // the one that is being made
    struct elbow_protobuf waiting; // records to be written
    size_t summary;                // where that of the event begins
    int reason;                    // errno of the last failure
    elbow_path path;
    const struct elbow_directory *directory; // borrowed
};

// Local. Opens the file of a run directory, which stays open, for appending, after cutting its events of steps after
// `step`, and what a crash has left of a record. FILE if it cannot be read or written; FORMAT if it is another file. A
// failure leaves something to close.
enum elbow_status elbow_events_open(const struct elbow_directory *directory, uint64_t step, struct elbow_events *events,
                                    struct elbow_error *error);

// Local. Whether the directory has an event file that holds more than its first record.
bool elbow_events_has_any(const struct elbow_directory *directory);

// Local. An event of a step: it is begun, gets scalars and images (PNG files) under their tags, and is ended, which
// writes it behind those that wait. OUTPUT if not all could be written: they wait then, up to 64 MB. A file that has
// been removed begins anew, which is OUTPUT, too.
void elbow_events_begin(struct elbow_events *events, uint64_t step);
void elbow_events_scalar(struct elbow_events *events, const char *tag, double value);
void elbow_events_image(struct elbow_events *events, const char *tag, const char *png, size_t size);
enum elbow_status elbow_events_end(struct elbow_events *events, struct elbow_error *error);

// Local. Tries to write what waits. OUTPUT if something still does.
enum elbow_status elbow_events_flush(struct elbow_events *events, struct elbow_error *error);

// Local. Whether events wait because there is no room on the disk.
bool elbow_events_wait_for_room(const struct elbow_events *events);

// Local. A zeroed struct is legal.
void elbow_events_close(struct elbow_events *events);

ELBOW_C_END

#endif
