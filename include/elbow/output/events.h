// SPDX-License-Identifier: BSD-3-Clause
// The event file of a run for TensorBoard: scalars and images by step, in TFRecord framing. Rank zero only. Other ranks
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

// The name of the file in a run directory: TensorBoard recognises "tfevents".
#define ELBOW_EVENTS_NAME "events.out.tfevents.elbow"

struct elbow_events {
    bool is_open;
    int file;                      // owned
    off_t end;                     // end of the last complete record
    struct elbow_protobuf event;   // the one in progress
    struct elbow_protobuf waiting; // records to be written
    size_t summary;                // start of the record of the event
    int reason;                    // errno of the last failure
    elbow_path path;
    const struct elbow_directory *directory; // borrowed
};

// Local. Opens the file of a run directory, which stays open, for appending, after cutting its events of steps after
// `step`, and the partial record of a crash. FILE if it cannot be read or written; FORMAT if it is another file. Close
// it also after a failure.
enum elbow_status elbow_events_open(const struct elbow_directory *directory, uint64_t step, struct elbow_events *events,
                                    struct elbow_error *error);

// Local. Whether the directory has an event file that holds more than its first record.
bool elbow_events_has_any(const struct elbow_directory *directory);

// Local. An event of a step: begin it, add scalars and images (PNG files) with their tags, and end it, which writes it
// after the pending ones. OUTPUT if not all could be written: they are then pending, up to 64 MB. A removed file begins
// again, which is also OUTPUT.
void elbow_events_begin(struct elbow_events *events, uint64_t step);
void elbow_events_scalar(struct elbow_events *events, const char *tag, double value);
void elbow_events_image(struct elbow_events *events, const char *tag, const char *png, size_t size);
enum elbow_status elbow_events_end(struct elbow_events *events, struct elbow_error *error);

// Local. Tries to write what is pending. OUTPUT if something still is.
enum elbow_status elbow_events_flush(struct elbow_events *events, struct elbow_error *error);

// Local. Whether events are pending because there is no space on the disk.
bool elbow_events_wait_for_space(const struct elbow_events *events);

// Local. A zeroed struct is legal.
void elbow_events_close(struct elbow_events *events);

ELBOW_C_END

#endif
