// SPDX-License-Identifier: BSD-3-Clause
// Latents in a file: rows of Z numbers that a user has from encoding, or made, to be decoded.
#ifndef ELBOW_EVALUATE_LATENTS_H
#define ELBOW_EVALUATE_LATENTS_H

#include "elbow/base/language.h"
#include "elbow/data/files.h"
#include "elbow/evaluate/gallery.h"

ELBOW_C_BEGIN

struct elbow_source; // elbow/data/source.h

// Everything owned; zeroed: none.
struct elbow_latents {
    char name[ELBOW_PATH_SIZE]; // "codes.h5:/mean"
    uint64_t rows, values;      // values of a row
    struct elbow_files files;
    struct elbow_source *source; // rank zero's
};

// Collective. Opens FILE:/dataset, and notes the file as an input. USAGE for a place without a file; FILE, FORMAT,
// MISMATCH as of data. A failure leaves something to close.
enum elbow_status elbow_latents_open(struct elbow_comm *comm, const char *place, struct elbow_latents *latents,
                                     struct elbow_error *error);

// Local. Looks at the file as elbow_latents_open will (elbow/data/preview.h).
void elbow_latents_preview(const char *place, char *note);

// Local. A zeroed struct is legal.
void elbow_latents_close(struct elbow_latents *latents);

// Collective. Writes what the model of a gallery decodes of all latents, in order, to path: a gallery of one column,
// decoded, of means of p(x|z), or draws from it that are keyed by (seed, row) as those of samples are. What is told of
// the rows is the gallery's conditioning and class. Rows are read by rank zero, block by block. The bits of a row do
// not depend on the others. MISMATCH if a row has not Z values, DATA for one that is not finite, USAGE if the
// conditions are those of another number of rows, FORMAT, OUTPUT.
enum elbow_status elbow_latents_decode(const struct elbow_gallery *gallery, struct elbow_latents *latents,
                                       uint64_t conditions, const char *path, uint64_t seed, bool draw,
                                       struct elbow_error *error);

ELBOW_C_END

#endif
