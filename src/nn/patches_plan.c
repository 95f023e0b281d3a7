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
    size_t taps = elbow_window_taps(&plan->window), packed = elbow_panel_size(plan->depth, filters);
    size_t positions = block * elbow_shape_places(plan->map);
    size_t scatter =
        plan->by_patches ? elbow_panel_size(filters, plan->depth) : elbow_panel_size(taps * filters, channels);
    struct elbow_patches_places workspace = {.gather = 0};
    workspace.scatter = after(workspace.gather, packed);
    workspace.gradient = after(workspace.scatter, scatter);
    workspace.images = after(workspace.gradient, packed);
    workspace.maps = after(workspace.images, block * elbow_shape_values(plan->padded_image));
    workspace.wide = after(workspace.maps, plan->by_patches ? 0 : block * elbow_shape_values(plan->padded_map));
    workspace.patches = after(
        workspace.wide, elbow_patches_has_whole_vectors(plan) ? 0 : positions * elbow_panel_width(plan->map.channels));
    workspace.end = after(workspace.patches, plan->by_patches ? positions * plan->depth : 0);
    return workspace;
}

size_t elbow_patches_workspace(const struct elbow_patches *plan)
{
    return elbow_patches_layout(plan).end;
}

// One axis of the window.
struct axis {
    size_t image, map, kernel, stride, padding;
};

static struct axis axis_of_depth(const struct elbow_patches *plan)
{
    const struct elbow_window *window = &plan->window;
    return (struct axis){plan->image.depth, plan->map.depth, window->kernel.depth, window->stride.depth,
                         window->padding.depth};
}

static struct axis axis_of_height(const struct elbow_patches *plan)
{
    const struct elbow_window *window = &plan->window;
    return (struct axis){plan->image.height, plan->map.height, window->kernel.height, window->stride.height,
                         window->padding.height};
}

static struct axis axis_of_width(const struct elbow_patches *plan)
{
    const struct elbow_window *window = &plan->window;
    return (struct axis){plan->image.width, plan->map.width, window->kernel.width, window->stride.width,
                         window->padding.width};
}

static size_t padded_image(struct axis axis)
{
    return greater(axis.padding + axis.image, (axis.map - 1) * axis.stride + axis.kernel);
}

static size_t margin_of(struct axis axis)
{
    return (axis.kernel + axis.stride - 1) / axis.stride - 1;
}

// Up to the last multiple of the stride, over the stride, among the padded places p ... p + image - 1 of pixels.
static size_t padded_map(struct axis axis)
{
    return margin_of(axis) + greater(axis.map, (axis.padding + axis.image - 1) / axis.stride + 1);
}

static void plan_shapes(struct elbow_patches *plan)
{
    struct axis depth = axis_of_depth(plan), height = axis_of_height(plan), width = axis_of_width(plan);
    size_t channels = plan->image.channels;
    plan->depth = elbow_window_taps(&plan->window) * channels;
    plan->run_count = depth.kernel * height.kernel;
    plan->phase_count = depth.stride * height.stride * width.stride;
    plan->padded_image = (struct elbow_shape){padded_image(height), padded_image(width), channels, padded_image(depth)};
    plan->map_margin = (struct elbow_sides){margin_of(depth), margin_of(height), margin_of(width)};
    plan->padded_map =
        (struct elbow_shape){padded_map(height), padded_map(width), plan->map.channels, padded_map(depth)};
    plan->by_patches = 2 * channels <= elbow_panel_width(channels);
    size_t floats =
        elbow_shape_values(plan->padded_image) + elbow_shape_values(plan->padded_map) + elbow_shape_values(plan->map);
    size_t block = BLOCK_FLOATS / floats;
    plan->block = block < 1 ? 1 : block > BLOCK_MAX ? BLOCK_MAX : block;
}

// The offset of place (z, y, x) of a sample.
static size_t place_at(struct elbow_shape shape, size_t z, size_t y, size_t x)
{
    return ((z * shape.height + y) * shape.width + x) * shape.channels;
}

static void fill_patch_tables(struct elbow_patches *plan)
{
    struct elbow_shape padded = plan->padded_image, map = plan->map;
    struct elbow_sides kernel = plan->window.kernel, stride = plan->window.stride;
    size_t length = kernel.width * padded.channels, next = 0;
    for (size_t sample = 0; sample < plan->block; ++sample)
        for (size_t z = 0; z < map.depth; ++z)
            for (size_t y = 0; y < map.height; ++y)
                for (size_t x = 0; x < map.width; ++x)
                    plan->from[next++] =
                        (uint32_t)(sample * elbow_shape_values(padded) +
                                   place_at(padded, z * stride.depth, y * stride.height, x * stride.width));
    for (size_t i = 0; i < plan->run_count; ++i) {
        size_t row = place_at(padded, i / kernel.height, i % kernel.height, 0);
        plan->runs[i] = (struct elbow_run){(uint32_t)row, (uint32_t)length};
        for (size_t j = 0; j < length; ++j)
            plan->at[i * length + j] = (uint32_t)(row + j);
    }
}

// Taps of a remainder: remainder, remainder + stride, ... below kernel.
static size_t taps_of(struct axis axis, size_t remainder)
{
    return remainder < axis.kernel ? (axis.kernel - 1 - remainder) / axis.stride + 1 : 0;
}

// Pixels of a remainder along an axis: at u stride + remainder - padding for u in [first, end).
struct multiples {
    size_t first, end;
};

static struct multiples multiples_of(struct axis axis, size_t remainder)
{
    size_t padding = axis.padding, stride = axis.stride;
    size_t first = padding > remainder ? (padding - remainder + stride - 1) / stride : 0;
    size_t last_place = padding + axis.image - 1;
    size_t end = last_place >= remainder ? (last_place - remainder) / stride + 1 : 0;
    return (struct multiples){first, greater(end, first)};
}

// The sources and targets of the sums of the pixels (w, u, v) of a phase: over the map's (w - t, u - t', v - t''), t''
// from taps.width - 1 down to 0, which are one run of the padded map for each t and t'.
static void fill_phase_pixel(struct elbow_patches *plan, const struct elbow_phase *phase, size_t sample, size_t w,
                             size_t u, size_t v, size_t next)
{
    struct elbow_sides margin = plan->map_margin, stride = plan->window.stride, padding = plan->window.padding;
    bool is_met = phase->taps.depth > 0 && phase->taps.height > 0 && phase->taps.width > 0;
    size_t from = sample * elbow_shape_values(plan->padded_map) +
                  place_at(plan->padded_map, w + margin.depth + 1 - phase->taps.depth,
                           u + margin.height + 1 - phase->taps.height, v + margin.width + 1 - phase->taps.width);
    size_t to = sample * elbow_shape_values(plan->image) +
                place_at(plan->image, w * stride.depth + phase->at.depth - padding.depth,
                         u * stride.height + phase->at.height - padding.height,
                         v * stride.width + phase->at.width - padding.width);
    plan->phase_from[next] = is_met ? (uint32_t)from : 0;
    plan->phase_to[next] = (uint32_t)to;
}

static size_t fill_phase_tables(struct elbow_patches *plan, const struct elbow_phase *phase)
{
    struct multiples planes = multiples_of(axis_of_depth(plan), phase->at.depth);
    struct multiples rows = multiples_of(axis_of_height(plan), phase->at.height);
    struct multiples columns = multiples_of(axis_of_width(plan), phase->at.width);
    size_t next = phase->first;
    for (size_t sample = 0; sample < plan->block; ++sample)
        for (size_t w = planes.first; w < planes.end; ++w)
            for (size_t u = rows.first; u < rows.end; ++u)
                for (size_t v = columns.first; v < columns.end; ++v)
                    fill_phase_pixel(plan, phase, sample, w, u, v, next++);
    for (size_t t = 0; t < phase->runs; ++t) {
        size_t row = place_at(plan->padded_map, t / phase->taps.height, t % phase->taps.height, 0);
        plan->phase_runs[phase->first_run + t] =
            (struct elbow_run){(uint32_t)row, (uint32_t)(phase->taps.width * plan->padded_map.channels)};
    }
    return next - phase->first;
}

static void plan_phases(struct elbow_patches *plan)
{
    struct axis depth = axis_of_depth(plan), height = axis_of_height(plan), width = axis_of_width(plan);
    size_t first = 0, packed = 0, first_run = 0;
    for (size_t i = 0; i < plan->phase_count; ++i) {
        struct elbow_phase *phase = &plan->phases[i];
        *phase = (struct elbow_phase){.first = first, .packed = packed, .first_run = first_run};
        phase->at =
            (struct elbow_sides){i / width.stride / height.stride, i / width.stride % height.stride, i % width.stride};
        phase->taps = (struct elbow_sides){taps_of(depth, phase->at.depth), taps_of(height, phase->at.height),
                                           taps_of(width, phase->at.width)};
        phase->runs = phase->taps.width > 0 ? phase->taps.depth * phase->taps.height : 0;
        size_t filled = fill_phase_tables(plan, phase);
        phase->pixels = filled / plan->block;
        first += filled;
        packed += elbow_panel_size(phase->taps.depth * phase->taps.height * phase->taps.width * plan->map.channels,
                                   plan->image.channels);
        first_run += phase->runs;
    }
}

static enum elbow_status create_tables(struct elbow_patches *plan, struct elbow_error *error)
{
    size_t block = plan->block;
    size_t phases = plan->by_patches ? 0 : plan->phase_count;
    size_t pixels = plan->by_patches ? 0 : block * elbow_shape_places(plan->image);
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(plan->from, block * elbow_shape_places(plan->map)),
        ELBOW_ARRAY(plan->at, plan->depth),
        ELBOW_ARRAY(plan->runs, plan->run_count),
        ELBOW_ARRAY(plan->phases, phases),
        ELBOW_ARRAY(plan->phase_from, pixels),
        ELBOW_ARRAY(plan->phase_to, pixels),
        // A row of taps meets one remainder of planes and rows, and each of the columns.
        ELBOW_ARRAY(plan->phase_runs, phases > 0 ? plan->run_count * plan->window.stride.width : 0),
    };
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the plan of a convolution", error);
}

enum elbow_status elbow_patches_create(struct elbow_shape image, struct elbow_shape map,
                                       const struct elbow_window *window, struct elbow_patches *plan,
                                       struct elbow_error *error)
{
    int axes = elbow_shape_axes(image) == 3 ? 3 : 2;
    *plan = (struct elbow_patches){.image = image, .map = map, .window = *window};
    // Not in the arguments, before: Clang 14 with AVX-512 then loses them on their way into the struct.
    plan->image.depth = elbow_shape_depth(image);
    plan->map.depth = elbow_shape_depth(map);
    plan_shapes(plan);
    size_t largest = greater(elbow_shape_values(plan->padded_image), elbow_shape_values(plan->padded_map));
    if (largest > UINT32_MAX / plan->block)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "a convolution of %s values to %s is larger than the 2^32 values per sample that Elbow "
                               "supports; use fewer filters or a larger stride",
                               elbow_shape_text(image, axes).text, elbow_shape_text(map, axes).text);
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
