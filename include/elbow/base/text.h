// SPDX-License-Identifier: BSD-3-Clause
// Texts: sizes and durations for people, nearest names for typing errors, paths.
#ifndef ELBOW_BASE_TEXT_H
#define ELBOW_BASE_TEXT_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

ELBOW_C_BEGIN

enum { ELBOW_PATH_SIZE = 1024 }; // bytes of a path, its end included
typedef char elbow_path[ELBOW_PATH_SIZE];

struct elbow_text {
    char text[64];
};

// Local. "12.3 MB" (powers of 1000), "1:02:03" or "42 s".
struct elbow_text elbow_text_bytes(uint64_t bytes);
struct elbow_text elbow_text_duration(double seconds);

// Local. "1 sample", "0 samples", "2 batches": a number and its noun; pass the singular.
struct elbow_text elbow_text_count(uint64_t number, const char *noun);

// Local. Reads a duration into whole seconds: "5400", "90m", "1h30m" (d, h, m and s, falling), "1:30:00", and with days
// as Slurm writes them "1-12:00:00". False if the text is none of these or a number has more than nine digits; *seconds
// does not change then.
bool elbow_text_read_duration(const char *text, int64_t *seconds);

// Local. Reads a size into bytes: "4096", "500MB" or "1.5GB" (kB, MB, GB, TB: powers of 1000; KiB, MiB, GiB, TiB: of
// 1024; in capitals or not, with or without one blank before). False if the text is none of these or too large; *bytes
// is then as it was.
bool elbow_text_read_bytes(const char *text, int64_t *bytes);

// Local. The edit distance of two texts (Damerau-Levenshtein, adjacent swaps count one), for "did you mean".
size_t elbow_text_distance(const char *a, const char *b);

// Local. printf into a buffer of fixed size; false if it did not fit (the text is then truncated).
bool elbow_text_format(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

enum { ELBOW_TEXT_WIDTH = 100 }; // columns of a page on the screen

// Local. Prints a text from column `margin` on, with a hanging indent; lines break between words, before column
// ELBOW_TEXT_WIDTH.
void elbow_text_wrap(const char *text, int margin, FILE *out);

// Local. printf of one line, or a part of one, with external texts: masked (base/mask), except line feeds at the start
// or end of the format. Truncated at 8 KB.
void elbow_text_print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

ELBOW_C_END

#endif
