// SPDX-License-Identifier: BSD-3-Clause
// Latents in a file, to be decoded: rows of Z numbers, from `elbow encode` or made by a user.
#ifndef ELBOW_EVALUATE_LATENTS_H
#define ELBOW_EVALUATE_LATENTS_H

#include "elbow/base/language.h"
#include "elbow/data/files.h"
#include "elbow/evaluate/gallery.h"

ELBOW_C_BEGIN

struct elbow_source; // elbow/data/source.h

// Everything is owned; zeroed: none.
struct elbow_latents {
    char name[ELBOW_PATH_SIZE]; // "codes.h5:/mean"
    uint64_t rows, values;      // values of a row
    struct elbow_files files;
    struct elbow_source *source; // on rank zero
};

// Collective. Opens FILE:/dataset and notes the file as an input. USAGE for a place without a file; FILE, FORMAT,
// MISMATCH as for data. The caller closes *latents, also after a failure.
enum elbow_status elbow_latents_open(struct elbow_comm *comm, const char *place, struct elbow_latents *latents,
                                     struct elbow_error *error);

// Local. Previews the file that elbow_latents_open will open (elbow/data/preview.h).
void elbow_latents_preview(const char *place, char *note);

// Local. A zeroed struct is legal.
void elbow_latents_close(struct elbow_latents *latents);

// Collective. Decodes all latents with the model of a gallery and writes them, in order, to `path`: a gallery of one
// column, decoded, of means of p(x|z), or with `draw` of draws from it, keyed by (seed, row) like those of samples. The
// conditions are the gallery's conditioning and class. `conditions`: the number of rows of the conditioning, if it
// takes conditions from rows. Rank zero reads the rows block by block. The bits of a row do not depend on the other
// rows. MISMATCH if a row does not have Z values; DATA for a value that is not finite; USAGE if the number of
// conditions is not that of the latents; FORMAT, OUTPUT.
enum elbow_status elbow_latents_decode(const struct elbow_gallery *gallery, struct elbow_latents *latents,
                                       uint64_t conditions, const char *path, uint64_t seed, bool draw,
                                       struct elbow_error *error);

ELBOW_C_END

#endif
