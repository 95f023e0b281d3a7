// SPDX-License-Identifier: BSD-3-Clause
// Random numbers by counter: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") from
// Random123. A number is a function of its purpose, never of the rank or the time of the draw.
//
// key     = the seed (low word, high word) counter = { block, low 32 bits of id, purpose << 24 | bits 32 to 55 of id,
// draw } Word w of a stream is word w % 4 of block w / 4. docs/explanation/exactness.md lists id and draw for each
// purpose; no word is used twice.
#ifndef ELBOW_MATH_RANDOM_H
#define ELBOW_MATH_RANDOM_H

#include "elbow/base/language.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

enum elbow_purpose {
    ELBOW_PURPOSE_INITIALIZE = 1,        // id: upper 56 bits of the hash of the tensor's name; draw: 0
    ELBOW_PURPOSE_ORDER = 2,             // id: 0; draw: epoch; words 0 to 7: the round keys
    ELBOW_PURPOSE_TRAIN_NOISE = 3,       // id: sample; draw: epoch
    ELBOW_PURPOSE_TRAIN_BINARIZE = 4,    // id: sample; draw: epoch
    ELBOW_PURPOSE_EVAL_NOISE = 5,        // id: sample; draw: 0
    ELBOW_PURPOSE_EVAL_BINARIZE = 6,     // id: sample; draw: 0
    ELBOW_PURPOSE_IMPORTANCE = 7,        // id: sample; draw: number of the importance sample
    ELBOW_PURPOSE_SAMPLE_LATENT = 8,     // id: number of the sample; draw: 0
    ELBOW_PURPOSE_SAMPLE_DRAW = 9,       // id: number of the sample, draw: 0; id: row of a reconstruction, draw: 1
    ELBOW_PURPOSE_SYNTHETIC = 10,        // id: sample; draw: 0
    ELBOW_PURPOSE_SHAPES = 11,           // id: sample; draw: 0
    ELBOW_PURPOSE_SPLIT = 12,            // id: 0; draw: 0; words 0 to 7: the round keys
    ELBOW_PURPOSE_TRAIN_DEQUANTIZE = 13, // id: sample; draw: epoch
    ELBOW_PURPOSE_EVAL_DEQUANTIZE = 14,  // id: sample; draw: 0
    ELBOW_PURPOSE_DROPOUT = 20,          // id: sample; draw: epoch; the hash of the layer's name is mixed into the seed
    ELBOW_PURPOSE_EVAL_HIDE = 21,        // id: sample; draw: 0
    ELBOW_PURPOSE_IMPUTE_CHOICE = 22,    // id: sample; draw: 0; word n: the importance sample of completion n
    ELBOW_PURPOSE_IMPUTE_DRAW = 23,      // id: sample; draw: number of the completion
    ELBOW_PURPOSE_CONDITION_DROP = 24,   // id: sample; draw: epoch; word 0
    ELBOW_PURPOSE_TRAIN_CORRUPT = 25,    // id: sample; draw: epoch
    ELBOW_PURPOSE_EVAL_CORRUPT = 26,     // id: sample; draw: 0
    ELBOW_PURPOSE_FIT_CHOICE =
        27, // id: 0 (which latents a mixture is fitted to), 1 (word k: where component k starts); draw: 0
    ELBOW_PURPOSE_SAMPLE_COMPONENT = 28, // id: number of the sample; draw: 0; word 0
    ELBOW_PURPOSE_PSEUDO_INPUTS = 29,    // id: 0; draw: 0; words 0 to 7: the round keys
    ELBOW_PURPOSE_PAGE_SAMPLE = 32,      // id: 0; draw: 0; words 0 to 7: the round keys
    ELBOW_PURPOSE_PAGES = 30,            // id: 0; draw: 0 (segments), epoch (windows); words 0 to 7: the round keys
    ELBOW_PURPOSE_WINDOW = 31,           // id: segment 2^32 + window; draw: epoch; words 0 to 7: the round keys
    ELBOW_PURPOSE_LABELLED = 40,         // id: class; draw: 0; words 0 to 7: the round keys
    ELBOW_PURPOSE_THROUGH_TRAIN = 41,    // id: sample; draw: epoch
    ELBOW_PURPOSE_THROUGH_EVAL = 42,     // id: sample; draw: 0
    ELBOW_PURPOSE_MEASURE =
        50 // id: 0 (starts of k-means; draw: which start), 1 (folds; draw: 0; words 0 to 7: round keys),
    // 2 (factors held; draw: which vote), 3 (rows that are measured; draw: 0; words 0 to 7: round keys)
};

struct elbow_stream {
    uint64_t seed;
    enum elbow_purpose purpose;
    uint64_t id; // below 2^56
    uint32_t draw;
};

// Local. Words [first, first + n) of the stream.
void elbow_random_words(struct elbow_stream stream, uint64_t first, size_t n, uint32_t *words);

// Local. The number in [0, 1) of a word: its upper 24 bits times 2^-24, exact in a float.
static inline float elbow_random_unit(uint32_t word)
{
    return (float)(int32_t)(word >> 8) * (1.0F / 16777216.0F); // signed: every vector unit has this conversion
}

// Local. u[i] = elbow_random_unit(word i).
void elbow_random_uniform(struct elbow_stream stream, size_t n, float *u);

// Local. Standard normal numbers by Box and Muller (1958): of words 2i and 2i+1, u = ((word 2i >> 8) + 1) 2^-24 and
// v = (word 2i+1 >> 8) 2^-24, come z[2i] = sqrt(-2 ln u) cos(2 pi v) and z[2i+1] = sqrt(-2 ln u) sin(2 pi v).
void elbow_random_normal(struct elbow_stream stream, size_t n, float *z);

// Local. Normal numbers [first, first + n); first is even.
void elbow_random_normal_from(struct elbow_stream stream, size_t first, size_t n, float *z);

ELBOW_C_END

#endif
