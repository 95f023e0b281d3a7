// SPDX-License-Identifier: BSD-3-Clause
// Products of gathered rows. A room holds, one after the other: V packed for gathers, V packed for scatters, the packed
// gradient, padded images, padded maps, maps with whole vectors, and patches; each function uses its own parts.
#include "elbow/nn/patches.h"

#include "elbow/base/memory.h"
#include "elbow/math/threads.h"

#include <string.h>

// Samples of a block: enough rows that broken tiles cost little, few enough that images and maps stay near.
enum { BLOCK_FLOATS = 1 << 18, BLOCK_MAX = 32 };

static size_t values_of(struct elbow_shape shape)
{
    return shape.height * shape.width * shape.channels;
}

static size_t positions_of(struct elbow_shape shape)
{
    return shape.height * shape.width;
}

static bool has_whole_vectors(const struct elbow_patches *plan)
{
    return elbow_panel_width(plan->map.channels) == plan->map.channels;
}

static size_t greater(size_t a, size_t b)
{
    return a > b ? a : b;
}

// Where the parts of a room begin; `end` is its size. Each is a whole number of cache lines.
struct room {
    size_t gather, scatter, gradient, images, maps, wide, patches, end;
};

static size_t after(size_t begin, size_t floats)
{
    return begin + (floats + 15) / 16 * 16;
}

static struct room layout(const struct elbow_patches *plan)
{
    size_t filters = plan->map.channels, channels = plan->image.channels, block = plan->block;
    size_t taps = plan->kernel * plan->kernel, packed = elbow_panel_size(plan->depth, filters);
    size_t positions = block * positions_of(plan->map);
    size_t scatter =
        plan->by_patches ? elbow_panel_size(filters, plan->depth) : elbow_panel_size(taps * filters, channels);
    struct room room = {.gather = 0};
    room.scatter = after(room.gather, packed);
    room.gradient = after(room.scatter, scatter);
    room.images = after(room.gradient, packed);
    room.maps = after(room.images, block * values_of(plan->padded_image));
    room.wide = after(room.maps, plan->by_patches ? 0 : block * values_of(plan->padded_map));
    room.patches = after(room.wide, has_whole_vectors(plan) ? 0 : positions * elbow_panel_width(plan->map.channels));
    room.end = after(room.patches, plan->by_patches ? positions * plan->depth : 0);
    return room;
}

size_t elbow_patches_room(const struct elbow_patches *plan)
{
    return layout(plan).end;
}

// The last multiple of the stride, over the stride, among the padded places p ... p + size - 1 of pixels.
static size_t last_multiple(const struct elbow_patches *plan, size_t size)
{
    return (plan->padding + size - 1) / plan->stride;
}

static void plan_shapes(struct elbow_patches *plan)
{
    struct elbow_shape image = plan->image, map = plan->map;
    size_t kernel = plan->kernel, stride = plan->stride, padding = plan->padding;
    plan->depth = kernel * kernel * image.channels;
    plan->padded_image =
        (struct elbow_shape){greater(padding + image.height, (map.height - 1) * stride + kernel),
                             greater(padding + image.width, (map.width - 1) * stride + kernel), image.channels};
    size_t margin = (kernel + stride - 1) / stride - 1;
    plan->map_margin = margin;
    plan->padded_map =
        (struct elbow_shape){margin + greater(map.height, last_multiple(plan, image.height) + 1),
                             margin + greater(map.width, last_multiple(plan, image.width) + 1), map.channels};
    plan->by_patches = 2 * image.channels <= elbow_panel_width(image.channels);
    size_t floats = values_of(plan->padded_image) + values_of(plan->padded_map) + values_of(plan->map);
    size_t block = BLOCK_FLOATS / floats;
    plan->block = block < 1 ? 1 : block > BLOCK_MAX ? BLOCK_MAX : block;
}

static void fill_patch_tables(struct elbow_patches *plan)
{
    struct elbow_shape padded = plan->padded_image, map = plan->map;
    size_t row = padded.width * padded.channels, length = plan->kernel * padded.channels;
    size_t stride = plan->stride, next = 0;
    for (size_t sample = 0; sample < plan->block; ++sample)
        for (size_t y = 0; y < map.height; ++y)
            for (size_t x = 0; x < map.width; ++x)
                plan->from[next++] =
                    (uint32_t)(sample * values_of(padded) + y * stride * row + x * stride * padded.channels);
    for (size_t i = 0; i < plan->kernel; ++i) {
        plan->runs[i] = (struct elbow_run){(uint32_t)(i * row), (uint32_t)length};
        for (size_t j = 0; j < length; ++j)
            plan->at[i * length + j] = (uint32_t)(i * row + j);
    }
}

// Taps of a remainder: remainder, remainder + stride, ... below kernel.
static size_t taps_of(const struct elbow_patches *plan, size_t remainder)
{
    return (plan->kernel + plan->stride - 1 - remainder) / plan->stride;
}

// Multiples [*first, result) u of the stride with u stride + remainder among the padded places of `size` pixels.
static size_t multiples_of(const struct elbow_patches *plan, size_t remainder, size_t size, size_t *first)
{
    size_t padding = plan->padding, stride = plan->stride;
    *first = padding > remainder ? (padding - remainder + stride - 1) / stride : 0;
    size_t last_place = padding + size - 1;
    size_t end = last_place >= remainder ? (last_place - remainder) / stride + 1 : 0;
    return greater(end, *first);
}

// The rows of one phase: pixels (u s + y - p, v s + x - p) are sums over the map's (u - t, v - t'), t' from taps_x - 1
// down to 0, which are one run of the padded map for each t.
static void fill_phase(struct elbow_patches *plan, struct elbow_phase *phase)
{
    struct elbow_shape image = plan->image, padded = plan->padded_map;
    size_t stride = plan->stride, padding = plan->padding, margin = plan->map_margin;
    size_t first_u, first_v, next = phase->first;
    size_t end_u = multiples_of(plan, phase->y, image.height, &first_u);
    size_t end_v = multiples_of(plan, phase->x, image.width, &first_v);
    bool is_met = phase->taps_y > 0 && phase->taps_x > 0;
    for (size_t sample = 0; sample < plan->block; ++sample)
        for (size_t u = first_u; u < end_u; ++u)
            for (size_t v = first_v; v < end_v; ++v, ++next) {
                size_t row = u + margin + 1 - phase->taps_y, column = v + margin + 1 - phase->taps_x;
                size_t from = sample * values_of(padded) + (row * padded.width + column) * padded.channels;
                size_t y = u * stride + phase->y - padding, x = v * stride + phase->x - padding;
                size_t to = sample * values_of(image) + (y * image.width + x) * image.channels;
                plan->phase_from[next] = is_met ? (uint32_t)from : 0;
                plan->phase_to[next] = (uint32_t)to;
            }
    for (size_t t = 0; t < phase->runs; ++t)
        plan->phase_runs[phase->first_run + t] = (struct elbow_run){(uint32_t)(t * padded.width * padded.channels),
                                                                    (uint32_t)(phase->taps_x * padded.channels)};
}

static void plan_phases(struct elbow_patches *plan)
{
    size_t stride = plan->stride, first = 0, packed = 0, first_run = 0;
    for (size_t i = 0; i < stride * stride; ++i) {
        struct elbow_phase *phase = &plan->phases[i];
        size_t first_u, first_v;
        *phase = (struct elbow_phase){.y = i / stride, .x = i % stride};
        phase->taps_y = taps_of(plan, phase->y);
        phase->taps_x = taps_of(plan, phase->x);
        size_t end_u = multiples_of(plan, phase->y, plan->image.height, &first_u);
        size_t end_v = multiples_of(plan, phase->x, plan->image.width, &first_v);
        phase->pixels = (end_u - first_u) * (end_v - first_v);
        phase->first = first;
        phase->packed = packed;
        phase->runs = phase->taps_x > 0 ? phase->taps_y : 0;
        phase->first_run = first_run;
        fill_phase(plan, phase);
        first += plan->block * phase->pixels;
        packed += elbow_panel_size(phase->taps_y * phase->taps_x * plan->map.channels, plan->image.channels);
        first_run += phase->runs;
    }
}

static enum elbow_status create_tables(struct elbow_patches *plan, struct elbow_error *error)
{
    size_t block = plan->block, kernel = plan->kernel;
    size_t phases = plan->by_patches ? 0 : plan->stride * plan->stride;
    size_t pixels = plan->by_patches ? 0 : block * positions_of(plan->image);
    struct {
        void *pointer;
        size_t count, size;
    } wanted[] = {
        {&plan->from, block * positions_of(plan->map), sizeof(uint32_t)},
        {&plan->at, plan->depth, sizeof(uint32_t)},
        {&plan->runs, kernel, sizeof(struct elbow_run)},
        {&plan->phases, phases, sizeof(struct elbow_phase)},
        {&plan->phase_from, pixels, sizeof(uint32_t)},
        {&plan->phase_to, pixels, sizeof(uint32_t)},
        // A row of taps meets one remainder of rows and each of the columns.
        {&plan->phase_runs, phases > 0 ? kernel * plan->stride : 0, sizeof(struct elbow_run)},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; ++i) {
        enum elbow_status status =
            elbow_allocate(wanted[i].pointer, wanted[i].count, wanted[i].size, "the plan of a convolution", error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

enum elbow_status elbow_patches_create(struct elbow_shape image, struct elbow_shape map, size_t kernel, size_t stride,
                                       size_t padding, struct elbow_patches *plan, struct elbow_error *error)
{
    *plan = (struct elbow_patches){.image = image, .map = map, .kernel = kernel, .stride = stride, .padding = padding};
    plan_shapes(plan);
    size_t largest = greater(values_of(plan->padded_image), values_of(plan->padded_map));
    if (largest > UINT32_MAX / plan->block)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "a convolution of %zu x %zu x %zu values to %zu x %zu x %zu is larger than the 2^32 "
                               "values a sample that Elbow supports; use fewer filters or a larger stride",
                               image.height, image.width, image.channels, map.height, map.width, map.channels);
    enum elbow_status status = create_tables(plan, error);
    if (status != ELBOW_OK) {
        elbow_patches_destroy(plan);
        return status;
    }
    fill_patch_tables(plan);
    if (!plan->by_patches)
        plan_phases(plan);
    return ELBOW_OK;
}

void elbow_patches_destroy(struct elbow_patches *plan)
{
    elbow_release(&plan->from);
    elbow_release(&plan->at);
    elbow_release(&plan->runs);
    elbow_release(&plan->phases);
    elbow_release(&plan->phase_from);
    elbow_release(&plan->phase_to);
    elbow_release(&plan->phase_runs);
    *plan = (struct elbow_patches){0};
}

void elbow_patches_begin_gather(const struct elbow_patches *plan, const float *v, struct elbow_strides strides,
                                float *room)
{
    size_t channels = plan->image.channels, filters = plan->map.channels;
    float *packed = room + layout(plan).gather;
    for (size_t first = 0; first < plan->depth; first += channels)
        elbow_panel_pack(plan->depth, filters, first, channels, v + first * filters, strides.channel, strides.filter,
                         packed);
}

// Filters are the depth, (i, j, c) the columns.
static void pack_patches(const struct elbow_patches *plan, const float *v, struct elbow_strides strides, float *packed)
{
    size_t channels = plan->image.channels, filters = plan->map.channels;
    size_t taps = plan->kernel * plan->kernel;
    memset(packed, 0, elbow_panel_size(filters, plan->depth) * sizeof *packed);
    for (size_t tap = 0; tap < taps; ++tap)
        for (size_t n = 0; n < filters; ++n)
            elbow_panel_put(filters, plan->depth, n, tap * channels, channels,
                            v + tap * channels * filters + n * strides.filter, strides.channel, packed);
}

void elbow_patches_begin_scatter(const struct elbow_patches *plan, const float *v, struct elbow_strides strides,
                                 float *room)
{
    float *packed = room + layout(plan).scatter;
    if (plan->by_patches) {
        pack_patches(plan, v, strides, packed);
        return;
    }
    size_t channels = plan->image.channels, filters = plan->map.channels, stride = plan->stride;
    for (size_t i = 0; i < stride * stride; ++i) {
        const struct elbow_phase *phase = &plan->phases[i];
        size_t taps = phase->taps_y * phase->taps_x;
        for (size_t tap = 0; tap < taps; ++tap) { // as the runs meet them: from the last to the first
            size_t y = phase->y + stride * (phase->taps_y - 1 - tap / phase->taps_x);
            size_t x = phase->x + stride * (phase->taps_x - 1 - tap % phase->taps_x);
            elbow_panel_pack(taps * filters, channels, tap * filters, filters,
                             v + (y * plan->kernel + x) * channels * filters, strides.filter, strides.channel,
                             packed + phase->packed);
        }
    }
}

void elbow_patches_begin_gradient(const struct elbow_patches *plan, float *room)
{
    memset(room + layout(plan).gradient, 0, elbow_panel_size(plan->depth, plan->map.channels) * sizeof *room);
}

// Samples that are worth a thread where each has so many values to copy.
static size_t least_samples(size_t values)
{
    enum { VALUES_LEAST = 1 << 13 };
    return VALUES_LEAST / (values + 1) + 1;
}

// Copies into the middle of zeros; `margin` rows and columns come before.
static void pad_samples(size_t samples, struct elbow_shape inner, struct elbow_shape outer, size_t margin,
                        const float *from, float *to)
{
    size_t row = inner.width * inner.channels, outer_row = outer.width * outer.channels;
    size_t before = margin * outer.channels, behind = outer_row - before - row;
    for (size_t sample = 0; sample < samples; ++sample) {
        memset(to, 0, margin * outer_row * sizeof *to);
        to += margin * outer_row;
        for (size_t y = 0; y < inner.height; ++y, from += row, to += outer_row) {
            memset(to, 0, before * sizeof *to);
            memcpy(to + before, from, row * sizeof *to);
            memset(to + before + row, 0, behind * sizeof *to);
        }
        size_t below = outer.height - margin - inner.height;
        memset(to, 0, below * outer_row * sizeof *to);
        to += below * outer_row;
    }
}

struct padding {
    struct elbow_shape inner, outer;
    size_t margin;
    const float *from;
    float *to;
};

static void pad_span(void *user, int part, size_t first, size_t count)
{
    const struct padding *padding = user;
    (void)part;
    pad_samples(count, padding->inner, padding->outer, padding->margin,
                padding->from + first * values_of(padding->inner), padding->to + first * values_of(padding->outer));
}

static void pad(size_t samples, struct elbow_shape inner, struct elbow_shape outer, size_t margin, const float *from,
                float *to)
{
    struct padding padding = {inner, outer, margin, from, to};
    elbow_threads_split(samples, 1, least_samples(values_of(outer)), pad_span, &padding);
}

static bool is_same(struct elbow_shape a, struct elbow_shape b)
{
    return a.height == b.height && a.width == b.width && a.channels == b.channels;
}

const float *elbow_patches_take_images(const struct elbow_patches *plan, size_t samples, const float *images,
                                       float *room)
{
    ELBOW_CHECK(samples <= plan->block);
    if (is_same(plan->image, plan->padded_image))
        return images;
    float *padded = room + layout(plan).images;
    pad(samples, plan->image, plan->padded_image, plan->padding, images, padded);
    return padded;
}

const float *elbow_patches_take_maps(const struct elbow_patches *plan, size_t samples, const float *maps, float *room)
{
    (void)room;
    ELBOW_CHECK(samples <= plan->block);
    return maps;
}

void elbow_patches_gather(const struct elbow_patches *plan, size_t samples, const float *padded, const float *room,
                          float *maps)
{
    ELBOW_CHECK(samples <= plan->block);
    elbow_panel_multiply(samples * positions_of(plan->map), padded, plan->from, plan->kernel, plan->runs, plan->depth,
                         plan->map.channels, room + layout(plan).gather, maps, NULL);
}

// Images from patches: those of samples [first, first + count) of a block.
struct patching {
    const struct elbow_patches *plan;
    const float *patches;
    float *sums, *images;
};

// Adds the patches to padded images, in the order of the map, and takes out the images.
static void add_span(void *user, int part, size_t first, size_t count)
{
    const struct patching *patching = user;
    const struct elbow_patches *plan = patching->plan;
    struct elbow_shape image = plan->image, padded = plan->padded_image;
    size_t length = plan->kernel * image.channels, padded_row = padded.width * padded.channels;
    size_t row = image.width * image.channels, positions = positions_of(plan->map);
    const float *patches = patching->patches + first * positions * plan->depth;
    float *sums = patching->sums + first * values_of(padded), *images = patching->images + first * values_of(image);
    (void)part;
    memset(sums, 0, count * values_of(padded) * sizeof *sums);
    for (size_t patch = first * positions; patch < (first + count) * positions; ++patch) {
        float *to = patching->sums + plan->from[patch];
        for (size_t i = 0; i < plan->kernel; ++i, to += padded_row, patches += length)
            for (size_t j = 0; j < length; ++j)
                to[j] += patches[j];
    }
    size_t margin = plan->padding * padded_row + plan->padding * padded.channels;
    for (size_t sample = 0; sample < count; ++sample)
        for (size_t y = 0; y < image.height; ++y, images += row)
            memcpy(images, sums + sample * values_of(padded) + margin + y * padded_row, row * sizeof *images);
}

static void scatter_patches(const struct elbow_patches *plan, size_t samples, const float *maps, const struct room *at,
                            float *room, float *images)
{
    size_t filters = plan->map.channels, depth = plan->depth, positions = positions_of(plan->map);
    struct elbow_run whole = {0, (uint32_t)filters};
    struct patching patching = {plan, room + at->patches, room + at->images, images};
    elbow_panel_multiply(samples * positions, maps, NULL, 1, &whole, filters, depth, room + at->scatter,
                         room + at->patches, NULL);
    elbow_threads_split(samples, 1, least_samples(positions * depth), add_span, &patching);
}

void elbow_patches_scatter(const struct elbow_patches *plan, size_t samples, const float *maps, float *room,
                           float *images)
{
    ELBOW_CHECK(samples <= plan->block);
    const struct room at = layout(plan);
    if (plan->by_patches) {
        scatter_patches(plan, samples, maps, &at, room, images);
        return;
    }
    const float *padded = maps;
    if (!is_same(plan->map, plan->padded_map)) {
        pad(samples, plan->map, plan->padded_map, plan->map_margin, maps, room + at.maps);
        padded = room + at.maps;
    }
    for (size_t i = 0; i < plan->stride * plan->stride; ++i) {
        const struct elbow_phase *phase = &plan->phases[i];
        elbow_panel_multiply(samples * phase->pixels, padded, plan->phase_from + phase->first, phase->runs,
                             plan->phase_runs + phase->first_run, phase->taps_y * phase->taps_x * plan->map.channels,
                             plan->image.channels, room + at.scatter + phase->packed, images,
                             plan->phase_to + phase->first);
    }
}

// Maps whose filters are whole vectors, the rest zeros.
static const float *widen(const struct elbow_patches *plan, size_t samples, const float *maps, float *wide)
{
    size_t filters = plan->map.channels, width = elbow_panel_width(filters);
    size_t rows = samples * positions_of(plan->map);
    for (size_t row = 0; row < rows; ++row) {
        memcpy(wide + row * width, maps + row * filters, filters * sizeof *wide);
        memset(wide + row * width + filters, 0, (width - filters) * sizeof *wide);
    }
    return wide;
}

void elbow_patches_gradient(const struct elbow_patches *plan, size_t samples, const float *padded, const float *maps,
                            float *room)
{
    ELBOW_CHECK(samples <= plan->block);
    const struct room at = layout(plan);
    size_t filters = plan->map.channels;
    if (!has_whole_vectors(plan))
        maps = widen(plan, samples, maps, room + at.wide);
    elbow_panel_accumulate(samples * positions_of(plan->map), padded, plan->from, plan->depth, plan->at, filters, maps,
                           elbow_panel_width(filters), room + at.gradient);
}

void elbow_patches_end_gradient(const struct elbow_patches *plan, const float *room, struct elbow_strides strides,
                                float *dv)
{
    size_t channels = plan->image.channels, filters = plan->map.channels;
    const float *packed = room + layout(plan).gradient;
    for (size_t first = 0; first < plan->depth; first += channels)
        elbow_panel_unpack(plan->depth, filters, first, channels, packed, dv + first * filters, strides.channel,
                           strides.filter);
}
