// SPDX-License-Identifier: BSD-3-Clause
// value = stored * factor + offset.
#include "elbow/data/detail/transform.h"

#include "elbow/base/text.h"

static void forward(const struct elbow_scale *scale, enum elbow_element element, const void *stored, size_t n,
                    float *values)
{
    elbow_element_convert(element, stored, n, scale->factor, scale->offset, values);
}

static void inverse(const struct elbow_scale *scale, size_t n, const float *values, double *stored)
{
    for (size_t i = 0; i < n; ++i)
        stored[i] = ((double)values[i] - scale->offset) / scale->factor;
}

// Bytes that are not zeros and ones are fractions of 255, unless they are counts.
static void learn(const struct elbow_transform_facts *facts, struct elbow_scale *scale)
{
    bool is_fraction = facts->element == ELBOW_ELEMENT_UINT8 && facts->max > 1 && facts->support != ELBOW_SUPPORT_COUNT;
    scale->factor = is_fraction ? 1.0 / 255 : 1;
    (void)elbow_text_format(scale->source, sizeof scale->source, "%s",
                            is_fraction ? ELBOW_SCALE_BYTES : ELBOW_SCALE_STORED);
}

static void describe(const struct elbow_scale *scale, int digits, char words[ELBOW_TRANSFORM_WORDS_SIZE])
{
    (void)elbow_text_format(words, ELBOW_TRANSFORM_WORDS_SIZE, "value = stored * %.*g + %.*g", digits, scale->factor,
                            digits, scale->offset);
}

const struct elbow_transform elbow_transform_scale = {
    .forward = forward, .inverse = inverse, .learn = learn, .describe = describe};
