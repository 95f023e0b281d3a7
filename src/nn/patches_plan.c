// SPDX-License-Identifier: BSD-3-Clause
// The plan of patches: shapes with their margins, and the tables that say where rows of products are read and written.
#include "elbow/nn/detail/patches.h"

#include "elbow/base/memory.h"

// Samples of a block: enough rows that broken tiles cost little, few enough that images and maps stay near.
enum { BLOCK_FLOATS = 1 << 18, BLOCK_MAX = 32 };

static size_t greater(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t after(size_t begin, size_t floats)
{
    return begin + (floats + 15) / 16 * 16;
}

struct elbow_patches_places elbow_patches_layout(const struct elbow_patches *plan)
{
    size_t filters = plan->map.channels, channels = plan->image.channels, block = plan->block;
    size_t taps = plan->kernel * plan->kernel, packed = elbow_panel_size(plan->depth, filters);
    size_t positions = block * elbow_shape_places(plan->map);
    size_t scatter =
        plan->by_patches ? elbow_panel_size(filters, plan->depth) : elbow_panel_size(taps * filters, channels);
    struct elbow_patches_places room = {.gather = 0};
    room.scatter = after(room.gather, packed);
    room.gradient = after(room.scatter, scatter);
    room.images = after(room.gradient, packed);
    room.maps = after(room.images, block * elbow_shape_values(plan->padded_image));
    room.wide = after(room.maps, plan->by_patches ? 0 : block * elbow_shape_values(plan->padded_map));
    room.patches =
        after(room.wide, elbow_patches_has_whole_vectors(plan) ? 0 : positions * elbow_panel_width(plan->map.channels));
    room.end = after(room.patches, plan->by_patches ? positions * plan->depth : 0);
    return room;
}

size_t elbow_patches_room(const struct elbow_patches *plan)
{
    return elbow_patches_layout(plan).end;
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
    size_t floats =
        elbow_shape_values(plan->padded_image) + elbow_shape_values(plan->padded_map) + elbow_shape_values(plan->map);
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
                    (uint32_t)(sample * elbow_shape_values(padded) + y * stride * row + x * stride * padded.channels);
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
                size_t from = sample * elbow_shape_values(padded) + (row * padded.width + column) * padded.channels;
                size_t y = u * stride + phase->y - padding, x = v * stride + phase->x - padding;
                size_t to = sample * elbow_shape_values(image) + (y * image.width + x) * image.channels;
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
    size_t pixels = plan->by_patches ? 0 : block * elbow_shape_places(plan->image);
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(plan->from, block * elbow_shape_places(plan->map)),
        ELBOW_ARRAY(plan->at, plan->depth),
        ELBOW_ARRAY(plan->runs, kernel),
        ELBOW_ARRAY(plan->phases, phases),
        ELBOW_ARRAY(plan->phase_from, pixels),
        ELBOW_ARRAY(plan->phase_to, pixels),
        // A row of taps meets one remainder of rows and each of the columns.
        ELBOW_ARRAY(plan->phase_runs, phases > 0 ? kernel * plan->stride : 0),
    };
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the plan of a convolution", error);
}

enum elbow_status elbow_patches_create(struct elbow_shape image, struct elbow_shape map, size_t kernel, size_t stride,
                                       size_t padding, struct elbow_patches *plan, struct elbow_error *error)
{
    *plan = (struct elbow_patches){.image = image, .map = map, .kernel = kernel, .stride = stride, .padding = padding};
    plan_shapes(plan);
    size_t largest = greater(elbow_shape_values(plan->padded_image), elbow_shape_values(plan->padded_map));
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
