// SPDX-License-Identifier: BSD-3-Clause
// Products of gathered rows.
#include "elbow/nn/detail/patches.h"

#include "elbow/math/threads.h"

#include <string.h>

void elbow_patches_begin_gather(const struct elbow_patches *plan, const float *v, struct elbow_strides strides,
                                float *workspace)
{
    size_t channels = plan->image.channels, filters = plan->map.channels;
    float *packed = workspace + elbow_patches_layout(plan).gather;
    for (size_t first = 0; first < plan->depth; first += channels)
        elbow_panel_pack(plan->depth, filters, first, channels, v + first * filters, strides.channel, strides.filter,
                         packed);
}

// Filters are the depth, (i, j, c) the columns.
static void pack_patches(const struct elbow_patches *plan, const float *v, struct elbow_strides strides, float *packed)
{
    size_t channels = plan->image.channels, filters = plan->map.channels;
    size_t taps = elbow_window_taps(&plan->window);
    memset(packed, 0, elbow_panel_size(filters, plan->depth) * sizeof *packed);
    for (size_t tap = 0; tap < taps; ++tap)
        for (size_t n = 0; n < filters; ++n)
            elbow_panel_put(filters, plan->depth, n, tap * channels, channels,
                            v + tap * channels * filters + n * strides.filter, strides.channel, packed);
}

// The kernel's tap that is number `tap` of a phase, as its runs meet them: from the last to the first.
static size_t tap_of(const struct elbow_patches *plan, const struct elbow_phase *phase, size_t tap)
{
    struct elbow_sides kernel = plan->window.kernel, stride = plan->window.stride, taps = phase->taps;
    size_t z = phase->at.depth + stride.depth * (taps.depth - 1 - tap / taps.width / taps.height);
    size_t y = phase->at.height + stride.height * (taps.height - 1 - tap / taps.width % taps.height);
    size_t x = phase->at.width + stride.width * (taps.width - 1 - tap % taps.width);
    return (z * kernel.height + y) * kernel.width + x;
}

void elbow_patches_begin_scatter(const struct elbow_patches *plan, const float *v, struct elbow_strides strides,
                                 float *workspace)
{
    float *packed = workspace + elbow_patches_layout(plan).scatter;
    if (plan->by_patches) {
        pack_patches(plan, v, strides, packed);
        return;
    }
    size_t channels = plan->image.channels, filters = plan->map.channels;
    for (size_t i = 0; i < plan->phase_count; ++i) {
        const struct elbow_phase *phase = &plan->phases[i];
        size_t taps = phase->taps.depth * phase->taps.height * phase->taps.width;
        for (size_t tap = 0; tap < taps; ++tap)
            elbow_panel_pack(taps * filters, channels, tap * filters, filters,
                             v + tap_of(plan, phase, tap) * channels * filters, strides.filter, strides.channel,
                             packed + phase->packed);
    }
}

void elbow_patches_begin_gradient(const struct elbow_patches *plan, float *workspace)
{
    memset(workspace + elbow_patches_layout(plan).gradient, 0,
           elbow_panel_size(plan->depth, plan->map.channels) * sizeof *workspace);
}

// Number of samples that is worth a thread if each has this number of values to copy.
static size_t least_samples(size_t values)
{
    enum { VALUES_LEAST = 1 << 13 };
    return VALUES_LEAST / (values + 1) + 1;
}

// Copies into the middle of zeros, after `margin` planes, rows and columns.
struct padding {
    struct elbow_shape inner, outer;
    struct elbow_sides margin;
    const float *from;
    float *to;
};

// One plane, `from` on; returns its end.
static float *pad_plane(const struct padding *padding, const float *from, float *to)
{
    struct elbow_shape inner = padding->inner, outer = padding->outer;
    size_t row = inner.width * inner.channels, outer_row = outer.width * outer.channels;
    size_t before = padding->margin.width * outer.channels, behind = outer_row - before - row;
    size_t above = padding->margin.height, below = outer.height - above - inner.height;
    memset(to, 0, above * outer_row * sizeof *to);
    to += above * outer_row;
    for (size_t y = 0; y < inner.height; ++y, from += row, to += outer_row) {
        memset(to, 0, before * sizeof *to);
        memcpy(to + before, from, row * sizeof *to);
        memset(to + before + row, 0, behind * sizeof *to);
    }
    memset(to, 0, below * outer_row * sizeof *to);
    return to + below * outer_row;
}

static void pad_span(void *user, int part, size_t first, size_t count)
{
    const struct padding *padding = user;
    struct elbow_shape inner = padding->inner, outer = padding->outer;
    size_t plane = inner.height * inner.width * inner.channels;
    size_t outer_plane = outer.height * outer.width * outer.channels;
    size_t above = padding->margin.depth * outer_plane;
    size_t below = (outer.depth - inner.depth) * outer_plane - above;
    const float *from = padding->from + first * elbow_shape_values(inner);
    float *to = padding->to + first * elbow_shape_values(outer);
    (void)part;
    for (size_t sample = 0; sample < count; ++sample) {
        memset(to, 0, above * sizeof *to);
        to += above;
        for (size_t z = 0; z < inner.depth; ++z, from += plane)
            to = pad_plane(padding, from, to);
        memset(to, 0, below * sizeof *to);
        to += below;
    }
}

static void pad(size_t samples, struct padding padding)
{
    elbow_threads_split(samples, 1, least_samples(elbow_shape_values(padding.outer)), pad_span, &padding);
}

const float *elbow_patches_take_images(const struct elbow_patches *plan, size_t samples, const float *images,
                                       float *workspace)
{
    ELBOW_CHECK(samples <= plan->block);
    if (elbow_shape_is_same(plan->image, plan->padded_image))
        return images;
    float *padded = workspace + elbow_patches_layout(plan).images;
    pad(samples, (struct padding){plan->image, plan->padded_image, plan->window.padding, images, padded});
    return padded;
}

const float *elbow_patches_take_maps(const struct elbow_patches *plan, size_t samples, const float *maps,
                                     float *workspace)
{
    (void)workspace;
    ELBOW_CHECK(samples <= plan->block);
    return maps;
}

void elbow_patches_gather(const struct elbow_patches *plan, size_t samples, const float *padded, const float *workspace,
                          float *maps)
{
    ELBOW_CHECK(samples <= plan->block);
    elbow_panel_multiply(samples * elbow_shape_places(plan->map), padded, plan->from, plan->run_count, plan->runs,
                         plan->depth, plan->map.channels, workspace + elbow_patches_layout(plan).gather, maps, NULL);
}

// Images from patches, for samples [first, first + count) of a block.
struct patching {
    const struct elbow_patches *plan;
    const float *patches;
    float *sums, *images;
};

// Takes an image out of the middle of its padded one; returns its end.
static float *take_image(const struct elbow_patches *plan, const float *padded, float *image)
{
    struct elbow_sides padding = plan->window.padding;
    struct elbow_shape inner = plan->image, outer = plan->padded_image;
    size_t row = inner.width * inner.channels;
    for (size_t z = 0; z < inner.depth; ++z)
        for (size_t y = 0; y < inner.height; ++y, image += row) {
            size_t line = (z + padding.depth) * outer.height + y + padding.height;
            memcpy(image, padded + (line * outer.width + padding.width) * outer.channels, row * sizeof *image);
        }
    return image;
}

// Adds the patches to padded images, in the order of the map, and takes out the images.
static void add_span(void *user, int part, size_t first, size_t count)
{
    const struct patching *patching = user;
    const struct elbow_patches *plan = patching->plan;
    size_t length = plan->window.kernel.width * plan->image.channels, size = elbow_shape_values(plan->padded_image);
    size_t positions = elbow_shape_places(plan->map);
    const float *patches = patching->patches + first * positions * plan->depth;
    float *images = patching->images + first * elbow_shape_values(plan->image);
    (void)part;
    memset(patching->sums + first * size, 0, count * size * sizeof(float));
    for (size_t patch = first * positions; patch < (first + count) * positions; ++patch) {
        float *corner = patching->sums + plan->from[patch];
        for (size_t i = 0; i < plan->run_count; ++i, patches += length) {
            float *to = corner + plan->runs[i].offset;
            for (size_t j = 0; j < length; ++j)
                to[j] += patches[j];
        }
    }
    for (size_t sample = first; sample < first + count; ++sample)
        images = take_image(plan, patching->sums + sample * size, images);
}

static void scatter_patches(const struct elbow_patches *plan, size_t samples, const float *maps,
                            const struct elbow_patches_places *at, float *workspace, float *images)
{
    size_t filters = plan->map.channels, depth = plan->depth, positions = elbow_shape_places(plan->map);
    struct elbow_run whole = {0, (uint32_t)filters};
    struct patching patching = {plan, workspace + at->patches, workspace + at->images, images};
    elbow_panel_multiply(samples * positions, maps, NULL, 1, &whole, filters, depth, workspace + at->scatter,
                         workspace + at->patches, NULL);
    elbow_threads_split(samples, 1, least_samples(positions * depth), add_span, &patching);
}

void elbow_patches_scatter(const struct elbow_patches *plan, size_t samples, const float *maps, float *workspace,
                           float *images)
{
    ELBOW_CHECK(samples <= plan->block);
    const struct elbow_patches_places at = elbow_patches_layout(plan);
    if (plan->by_patches) {
        scatter_patches(plan, samples, maps, &at, workspace, images);
        return;
    }
    const float *padded = maps;
    if (!elbow_shape_is_same(plan->map, plan->padded_map)) {
        pad(samples, (struct padding){plan->map, plan->padded_map, plan->map_margin, maps, workspace + at.maps});
        padded = workspace + at.maps;
    }
    for (size_t i = 0; i < plan->phase_count; ++i) {
        const struct elbow_phase *phase = &plan->phases[i];
        elbow_panel_multiply(samples * phase->pixels, padded, plan->phase_from + phase->first, phase->runs,
                             plan->phase_runs + phase->first_run,
                             phase->taps.depth * phase->taps.height * phase->taps.width * plan->map.channels,
                             plan->image.channels, workspace + at.scatter + phase->packed, images,
                             plan->phase_to + phase->first);
    }
}

// Maps whose filters are whole vectors, the rest zeros.
static const float *widen(const struct elbow_patches *plan, size_t samples, const float *maps, float *wide)
{
    size_t filters = plan->map.channels, width = elbow_panel_width(filters);
    size_t rows = samples * elbow_shape_places(plan->map);
    for (size_t row = 0; row < rows; ++row) {
        memcpy(wide + row * width, maps + row * filters, filters * sizeof *wide);
        memset(wide + row * width + filters, 0, (width - filters) * sizeof *wide);
    }
    return wide;
}

void elbow_patches_gradient(const struct elbow_patches *plan, size_t samples, const float *padded, const float *maps,
                            float *workspace)
{
    ELBOW_CHECK(samples <= plan->block);
    const struct elbow_patches_places at = elbow_patches_layout(plan);
    size_t filters = plan->map.channels;
    if (!elbow_patches_has_whole_vectors(plan))
        maps = widen(plan, samples, maps, workspace + at.wide);
    elbow_panel_accumulate(samples * elbow_shape_places(plan->map), padded, plan->from, plan->depth, plan->at, filters,
                           maps, elbow_panel_width(filters), workspace + at.gradient);
}

void elbow_patches_end_gradient(const struct elbow_patches *plan, const float *workspace, struct elbow_strides strides,
                                float *dv)
{
    size_t channels = plan->image.channels, filters = plan->map.channels;
    const float *packed = workspace + elbow_patches_layout(plan).gradient;
    for (size_t first = 0; first < plan->depth; first += channels)
        elbow_panel_unpack(plan->depth, filters, first, channels, packed, dv + first * filters, strides.channel,
                           strides.filter);
}
