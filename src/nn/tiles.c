// SPDX-License-Identifier: BSD-3-Clause
// Products of transformed tiles. The points of a tile are adjacent, so that a transform writes one place; the products
// find their rows by tables.
//
// A gather writes its products to the points of the maps, a scatter to those of the images.
#include "elbow/nn/detail/tiles.h"

#include "elbow/math/threads.h"

#include <string.h>

enum { POINTS = ELBOW_WINOGRAD_POINTS, MAP = ELBOW_WINOGRAD_MAP, IMAGE = ELBOW_WINOGRAD_IMAGE };
enum { TAPS = ELBOW_WINOGRAD_TAPS * ELBOW_WINOGRAD_TAPS };

// Places of taps in V: a plane of them, the first of a phase in it, and the distance to tap j of 2 x 2.
static size_t tap_plane(const struct elbow_tiles *tiles, size_t plane)
{
    return plane * 4 * tiles->stride * tiles->stride * tiles->image.channels * tiles->map.channels;
}

static size_t first_tap(const struct elbow_tiles *tiles, size_t phase)
{
    size_t stride = tiles->stride;
    return (phase / stride * 2 * stride + phase % stride) * tiles->image.channels * tiles->map.channels;
}

static size_t tap_offset(const struct elbow_tiles *tiles, size_t tap)
{
    size_t stride = tiles->stride, kernel = 2 * stride;
    return (tap / 2 * stride * kernel + tap % 2 * stride) * tiles->image.channels * tiles->map.channels;
}

// `count` floats of each of a phase's taps, `step` apart, from `v` become points `stride` apart.
static void transform_taps(const struct elbow_tiles *tiles, const float *v, size_t count, size_t step, float *taps,
                           float *points, size_t stride)
{
    for (size_t tap = 0; tap < TAPS; ++tap) {
        const float *from = v + tap_offset(tiles, tap);
        for (size_t i = 0; i < count; ++i)
            taps[tap * count + i] = from[i * step];
    }
    elbow_winograd_taps(count, taps, count, points, stride);
}

// Puts row k of the matrices of all points (depth, columns).
static void pack_row(size_t depth, size_t columns, size_t k, const float *row, float *packed)
{
    for (size_t point = 0; point < POINTS; ++point)
        elbow_panel_pack(depth, columns, k, 1, row + point * columns, columns, 1,
                         packed + point * elbow_panel_size(depth, columns));
}

// The place in V of row k of a gather's matrices: of a plane of taps, a phase and a channel.
static size_t row_at(const struct elbow_tiles *tiles, size_t k, struct elbow_strides strides)
{
    size_t channels = tiles->image.channels, within = k % tiles->depth;
    return tap_plane(tiles, k / tiles->depth) + first_tap(tiles, within / channels) +
           within % channels * strides.channel;
}

void elbow_tiles_begin_gather(const struct elbow_tiles *tiles, const float *v, struct elbow_strides strides,
                              float *workspace)
{
    const struct elbow_tiles_places at = elbow_tiles_layout(tiles);
    size_t filters = tiles->map.channels, depth = elbow_tiles_planes_met(tiles) * tiles->depth;
    for (size_t k = 0; k < depth; ++k) {
        transform_taps(tiles, v + row_at(tiles, k, strides), filters, strides.filter, workspace + at.taps,
                       workspace + at.row, filters);
        pack_row(depth, filters, k, workspace + at.row, workspace + at.gather);
    }
}

// The matrices of a remainder along the depth: its runs meet the map's planes in order, and so its taps from the last
// to the first.
static void begin_scatter(const struct elbow_tiles *tiles, const float *v, struct elbow_strides strides,
                          size_t remainder, float *workspace)
{
    const struct elbow_tiles_places at = elbow_tiles_layout(tiles);
    size_t channels = tiles->image.channels, filters = tiles->map.channels;
    float *packed = workspace + at.scatter + remainder * POINTS * elbow_tiles_scatter_size(tiles);
    for (size_t k = 0; k < tiles->taps_deep * filters; ++k) {
        size_t tap = remainder + tiles->stride_deep * (tiles->taps_deep - 1 - k / filters), n = k % filters;
        for (size_t phase = 0; phase < tiles->stride * tiles->stride; ++phase)
            transform_taps(tiles, v + tap_plane(tiles, tap) + first_tap(tiles, phase) + n * strides.filter, channels,
                           strides.channel, workspace + at.taps, workspace + at.row + phase * channels, tiles->depth);
        pack_row(tiles->taps_deep * filters, tiles->depth, k, workspace + at.row, packed);
    }
}

void elbow_tiles_begin_scatter(const struct elbow_tiles *tiles, const float *v, struct elbow_strides strides,
                               float *workspace)
{
    for (size_t remainder = 0; remainder < tiles->stride_deep; ++remainder)
        begin_scatter(tiles, v, strides, remainder, workspace);
}

void elbow_tiles_begin_gradient(const struct elbow_tiles *tiles, float *workspace)
{
    memset(workspace + elbow_tiles_layout(tiles).gradient, 0,
           POINTS * elbow_tiles_gather_size(tiles) * sizeof *workspace);
}

// One plane to points, or back.
typedef void transform_plane(const struct elbow_tiles *tiles, const float *from, float *to);

// Transforms `planes` of a sample, out of `from_planes` from number `from_first` on, to those of `to` likewise; the
// other planes of `to` become zero.
struct transform {
    const struct elbow_tiles *tiles;
    transform_plane *plane;
    size_t planes;
    const float *from;
    size_t from_size, from_first, from_planes; // floats of a plane
    float *to;
    size_t to_size, to_first, to_planes;
};

static void transform_span(void *user, int part, size_t first, size_t count)
{
    const struct transform *transform = user;
    (void)part;
    for (size_t i = first; i < first + count; ++i) {
        size_t sample = i / transform->to_planes, plane = i % transform->to_planes - transform->to_first;
        float *to = transform->to + i * transform->to_size;
        if (plane < transform->planes) // which one before the first is not
            transform->plane(transform->tiles,
                             transform->from + (sample * transform->from_planes + transform->from_first + plane) *
                                                   transform->from_size,
                             to);
        else
            memset(to, 0, transform->to_size * sizeof *to);
    }
}

static void transform_samples(struct transform transform, size_t samples)
{
    enum { VALUES_LEAST = 1 << 13 }; // that are worth a thread
    size_t values = transform.from_size + transform.to_size;
    elbow_threads_split(samples * transform.to_planes, 1, VALUES_LEAST / values + 1, transform_span, &transform);
}

// Floats of a plane of an image, of a map.
static size_t image_size(const struct elbow_tiles *tiles)
{
    return tiles->image.height * tiles->image.width * tiles->image.channels;
}

static size_t map_size(const struct elbow_tiles *tiles)
{
    return tiles->map.height * tiles->map.width * tiles->map.channels;
}

static void read_image(const struct elbow_tiles *tiles, const float *image, float *points)
{
    size_t channels = tiles->image.channels, phases = tiles->stride * tiles->stride;
    const uint32_t *at = tiles->image_at;
    for (size_t tile = 0; tile < elbow_tiles_count(tiles); ++tile, points += elbow_tiles_image_points(tiles))
        for (size_t phase = 0; phase < phases; ++phase, at += IMAGE * IMAGE)
            elbow_winograd_image(channels, image, at, points + phase * channels, tiles->depth);
}

const float *elbow_tiles_take_images(const struct elbow_tiles *tiles, size_t samples, const float *images,
                                     float *workspace)
{
    ELBOW_CHECK(samples <= tiles->block);
    float *points = workspace + elbow_tiles_layout(tiles).images;
    transform_samples((struct transform){.tiles = tiles,
                                         .plane = read_image,
                                         .planes = tiles->image.depth,
                                         .from = images,
                                         .from_size = image_size(tiles),
                                         .from_planes = tiles->image.depth,
                                         .to = points,
                                         .to_size = elbow_tiles_image_plane(tiles),
                                         .to_first = tiles->padding_deep,
                                         .to_planes = elbow_tiles_image_planes(tiles)},
                      samples);
    return points;
}

static void read_map(const struct elbow_tiles *tiles, const float *map, float *points)
{
    size_t filters = tiles->map.channels;
    for (size_t tile = 0; tile < elbow_tiles_count(tiles); ++tile, points += elbow_tiles_map_points(tiles))
        elbow_winograd_map(filters, map, tiles->map_at + tile * MAP * MAP, points, filters);
}

const float *elbow_tiles_take_maps(const struct elbow_tiles *tiles, size_t samples, const float *maps, float *workspace)
{
    ELBOW_CHECK(samples <= tiles->block);
    float *points = workspace + elbow_tiles_layout(tiles).maps;
    transform_samples((struct transform){.tiles = tiles,
                                         .plane = read_map,
                                         .planes = tiles->map.depth,
                                         .from = maps,
                                         .from_size = map_size(tiles),
                                         .from_planes = tiles->map.depth,
                                         .to = points,
                                         .to_size = elbow_tiles_map_plane(tiles),
                                         .to_planes = tiles->map.depth},
                      samples);
    return points;
}

static void write_map(const struct elbow_tiles *tiles, const float *points, float *map)
{
    size_t filters = tiles->map.channels;
    for (size_t tile = 0; tile < elbow_tiles_count(tiles); ++tile, points += elbow_tiles_map_points(tiles))
        elbow_winograd_map_adjoint(filters, points, filters, map, tiles->map_at + tile * MAP * MAP);
}

void elbow_tiles_gather(const struct elbow_tiles *tiles, size_t samples, const float *images, float *workspace,
                        float *maps)
{
    ELBOW_CHECK(samples <= tiles->block);
    const struct elbow_tiles_places at = elbow_tiles_layout(tiles);
    size_t filters = tiles->map.channels, count = samples * tiles->map.depth * elbow_tiles_count(tiles);
    for (size_t point = 0; point < POINTS; ++point)
        elbow_panel_multiply(count, images + point * tiles->depth, tiles->image_row, elbow_tiles_planes_met(tiles),
                             tiles->image_run, elbow_tiles_planes_met(tiles) * tiles->depth, filters,
                             workspace + at.gather + point * elbow_tiles_gather_size(tiles),
                             workspace + at.maps + point * filters, tiles->map_row);
    transform_samples((struct transform){.tiles = tiles,
                                         .plane = write_map,
                                         .planes = tiles->map.depth,
                                         .from = workspace + at.maps,
                                         .from_size = elbow_tiles_map_plane(tiles),
                                         .from_planes = tiles->map.depth,
                                         .to = maps,
                                         .to_size = map_size(tiles),
                                         .to_planes = tiles->map.depth},
                      samples);
}

static void write_image(const struct elbow_tiles *tiles, const float *points, float *image)
{
    size_t channels = tiles->image.channels, phases = tiles->stride * tiles->stride;
    const uint32_t *at = tiles->image_at;
    for (size_t row = 0; row < tiles->rows; ++row)
        for (size_t column = 0; column < tiles->columns; ++column, points += elbow_tiles_image_points(tiles))
            for (size_t phase = 0; phase < phases; ++phase, at += IMAGE * IMAGE)
                elbow_winograd_image_adjoint(channels, points + phase * channels, tiles->depth, row > 0, column > 0,
                                             image, at);
}

static void copy_map(const struct elbow_tiles *tiles, const float *points, float *padded)
{
    memcpy(padded, points, elbow_tiles_map_plane(tiles) * sizeof *padded);
}

// The points of maps with planes of zeros around them, if a plane of an image overlaps several.
static const float *pad_maps(const struct elbow_tiles *tiles, size_t samples, const float *maps, float *workspace)
{
    float *padded = workspace + elbow_tiles_layout(tiles).padded;
    if (tiles->taps_deep == 1)
        return maps;
    transform_samples((struct transform){.tiles = tiles,
                                         .plane = copy_map,
                                         .planes = tiles->map.depth,
                                         .from = maps,
                                         .from_size = elbow_tiles_map_plane(tiles),
                                         .from_planes = tiles->map.depth,
                                         .to = padded,
                                         .to_size = elbow_tiles_map_plane(tiles),
                                         .to_first = tiles->taps_deep - 1,
                                         .to_planes = elbow_tiles_padded_planes(tiles)},
                      samples);
    return padded;
}

// The planes of one remainder along the depth.
static void scatter(const struct elbow_tiles *tiles, size_t samples, const float *maps, size_t remainder,
                    float *workspace)
{
    const struct elbow_tiles_places at = elbow_tiles_layout(tiles);
    size_t filters = tiles->map.channels, count = samples * tiles->slots * elbow_tiles_count(tiles);
    const float *packed = workspace + at.scatter + remainder * POINTS * elbow_tiles_scatter_size(tiles);
    float *images = workspace + at.images + remainder * elbow_tiles_image_plane(tiles);
    for (size_t point = 0; point < POINTS; ++point)
        elbow_panel_multiply(count, maps + point * filters, tiles->map_slot, tiles->taps_deep, tiles->map_run,
                             tiles->taps_deep * filters, tiles->depth, packed + point * elbow_tiles_scatter_size(tiles),
                             images + point * tiles->depth, tiles->image_slot);
}

void elbow_tiles_scatter(const struct elbow_tiles *tiles, size_t samples, const float *maps, float *workspace,
                         float *images)
{
    ELBOW_CHECK(samples <= tiles->block);
    const float *padded = pad_maps(tiles, samples, maps, workspace);
    for (size_t remainder = 0; remainder < tiles->stride_deep; ++remainder)
        scatter(tiles, samples, padded, remainder, workspace);
    transform_samples((struct transform){.tiles = tiles,
                                         .plane = write_image,
                                         .planes = tiles->image.depth,
                                         .from = workspace + elbow_tiles_layout(tiles).images,
                                         .from_size = elbow_tiles_image_plane(tiles),
                                         .from_first = tiles->padding_deep,
                                         .from_planes = elbow_tiles_image_planes(tiles),
                                         .to = images,
                                         .to_size = image_size(tiles),
                                         .to_planes = tiles->image.depth},
                      samples);
}

void elbow_tiles_gradient(const struct elbow_tiles *tiles, size_t samples, const float *images, const float *maps,
                          float *workspace)
{
    ELBOW_CHECK(samples <= tiles->block);
    size_t filters = tiles->map.channels, depth = elbow_tiles_planes_met(tiles) * tiles->depth;
    size_t rows = samples * tiles->map.depth * elbow_tiles_count(tiles);
    float *gradient = workspace + elbow_tiles_layout(tiles).gradient;
    for (size_t point = 0; point < POINTS; ++point)
        elbow_panel_accumulate(rows, images + point * tiles->depth, tiles->image_row, depth, tiles->within, filters,
                               maps + point * filters, elbow_tiles_map_points(tiles),
                               gradient + point * elbow_tiles_gather_size(tiles));
}

void elbow_tiles_end_gradient(const struct elbow_tiles *tiles, float *workspace, struct elbow_strides strides,
                              float *dv)
{
    const struct elbow_tiles_places at = elbow_tiles_layout(tiles);
    size_t filters = tiles->map.channels, depth = elbow_tiles_planes_met(tiles) * tiles->depth;
    float *row = workspace + at.row, *taps = workspace + at.taps;
    for (size_t k = 0; k < depth; ++k) {
        for (size_t point = 0; point < POINTS; ++point)
            elbow_panel_unpack(depth, filters, k, 1, workspace + at.gradient + point * elbow_tiles_gather_size(tiles),
                               row + point * filters, filters, 1);
        elbow_winograd_taps_adjoint(filters, row, filters, taps, filters);
        float *to = dv + row_at(tiles, k, strides);
        for (size_t tap = 0; tap < TAPS; ++tap)
            for (size_t n = 0; n < filters; ++n)
                to[tap_offset(tiles, tap) + n * strides.filter] = taps[tap * filters + n];
    }
}
