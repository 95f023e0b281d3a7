// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/data/scale.h"

#include "elbow/base/text.h"

// Bytes other than zeros and ones are fractions of 255, unless they are counts.
struct elbow_scale elbow_scale_automatic(enum elbow_element element, double most, enum elbow_support support)
{
    bool is_fraction = element == ELBOW_ELEMENT_UINT8 && most > 1 && support != ELBOW_SUPPORT_COUNT;
    struct elbow_scale scale = {.factor = is_fraction ? 1.0 / 255 : 1};
    (void)elbow_text_format(scale.source, sizeof scale.source, "%s",
                            is_fraction ? ELBOW_SCALE_BYTES : ELBOW_SCALE_STORED);
    return scale;
}

void elbow_scale_describe(const struct elbow_scale *scale, int digits, char words[ELBOW_SCALE_WORDS_SIZE])
{
    (void)elbow_text_format(words, ELBOW_SCALE_WORDS_SIZE, "value = stored * %.*g + %.*g", digits, scale->factor,
                            digits, scale->offset);
}
