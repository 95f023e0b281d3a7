// SPDX-License-Identifier: BSD-3-Clause
// A room holds, one after the other: the transformed weights packed for gathers, for scatters, their gradient, the
// points of a block's images, those of its maps, and a row of weights on its way. The points of a tile lie together, so
// that a transform writes one place; the products find their rows by tables.
//
// A gather writes its products where the points of the maps are, a scatter where those of the images are.
#include "elbow/nn/tiles.h"

#include "elbow/base/memory.h"
#include "elbow/math/panel.h"
#include "elbow/math/threads.h"
#include "elbow/math/winograd.h"

#include <string.h>

enum { POINTS = ELBOW_WINOGRAD_POINTS, MAP = ELBOW_WINOGRAD_MAP, IMAGE = ELBOW_WINOGRAD_IMAGE };
enum { TAPS = ELBOW_WINOGRAD_TAPS * ELBOW_WINOGRAD_TAPS };

// Tiles of a block: enough rows for the products, few enough that their points stay near.
enum { BLOCK_TILES = 64 };

static size_t greater(size_t a, size_t b)
{
    return a > b ? a : b;
}

// Floats from tile to tile; the line more keeps rows of all tiles from falling on the same few sets of the cache.
static size_t image_points(const struct elbow_tiles *tiles)
{
    return POINTS * tiles->depth + ELBOW_WINOGRAD_LANES;
}

static size_t map_points(const struct elbow_tiles *tiles)
{
    return POINTS * tiles->map.channels + ELBOW_WINOGRAD_LANES;
}

static size_t tiles_of(const struct elbow_tiles *tiles)
{
    return tiles->rows * tiles->columns;
}

struct room {
    size_t gather, scatter, gradient, images, maps, taps, row, end;
};

static struct room layout(const struct elbow_tiles *tiles)
{
    size_t filters = tiles->map.channels, count = tiles->block * tiles_of(tiles);
    size_t widest = greater(tiles->depth, filters);
    struct room room = {.gather = 0};
    room.scatter = room.gather + POINTS * elbow_panel_size(tiles->depth, filters);
    room.gradient = room.scatter + POINTS * elbow_panel_size(filters, tiles->depth);
    room.images = room.gradient + POINTS * elbow_panel_size(tiles->depth, filters);
    room.maps = room.images + count * image_points(tiles);
    room.taps = room.maps + count * map_points(tiles);
    room.row = room.taps + TAPS * widest;
    room.end = room.row + POINTS * widest;
    return room;
}

size_t elbow_tiles_room(const struct elbow_tiles *tiles)
{
    return layout(tiles).end;
}

// Tiles along a side: all places of the map, and all pixels.
static size_t tiles_along(size_t image, size_t map, size_t stride, size_t padding)
{
    return (greater(map, (padding + image - 1) / stride) + MAP - 1) / MAP;
}

// Square in a plane, and one plane.
static bool is_square(const struct elbow_window *window)
{
    return window->kernel.depth == 1 && window->stride.depth == 1 && window->padding.depth == 0 &&
           window->kernel.height == window->kernel.width && window->stride.height == window->stride.width &&
           window->padding.height == window->padding.width;
}

bool elbow_tiles_suit(struct elbow_shape image, struct elbow_shape map, const struct elbow_window *window)
{
    size_t stride = window->stride.width, padding = window->padding.width;
    if (!is_square(window) || elbow_shape_depth(image) > 1 || window->kernel.width != 2 * stride ||
        image.channels % ELBOW_WINOGRAD_LANES || map.channels % ELBOW_WINOGRAD_LANES)
        return false;
    size_t rows = tiles_along(image.height, map.height, stride, padding);
    size_t columns = tiles_along(image.width, map.width, stride, padding);
    // Offsets have 32 bits.
    if (rows * columns * POINTS * greater(stride * stride * image.channels, map.channels) > UINT32_MAX / 2)
        return false;
    // The transforms cost about a fifth of the products.
    return 6 * POINTS * rows * columns < 5 * TAPS * map.height * map.width;
}

// The place of pixel (y s + phase_y - p, x s + phase_x - p) for each of a tile's (y, x).
static void fill_image_tile(const struct elbow_tiles *tiles, size_t padding, size_t row, size_t column, size_t phase,
                            uint32_t *at)
{
    struct elbow_shape image = tiles->image;
    size_t stride = tiles->stride;
    for (size_t i = 0; i < IMAGE; ++i)
        for (size_t j = 0; j < IMAGE; ++j) {
            size_t y = (row * MAP + i) * stride + phase / stride, x = (column * MAP + j) * stride + phase % stride;
            bool is_inside = y >= padding && x >= padding && y - padding < image.height && x - padding < image.width;
            size_t place = ((y - padding) * image.width + x - padding) * image.channels;
            at[i * IMAGE + j] = is_inside ? (uint32_t)place : ELBOW_WINOGRAD_OUTSIDE;
        }
}

static void fill_map_tile(const struct elbow_tiles *tiles, size_t row, size_t column, uint32_t *at)
{
    struct elbow_shape map = tiles->map;
    for (size_t i = 0; i < MAP; ++i)
        for (size_t j = 0; j < MAP; ++j) {
            size_t y = row * MAP + i, x = column * MAP + j;
            at[i * MAP + j] = y < map.height && x < map.width ? (uint32_t)((y * map.width + x) * map.channels)
                                                              : ELBOW_WINOGRAD_OUTSIDE;
        }
}

static void fill_tables(struct elbow_tiles *tiles, size_t padding)
{
    size_t phases = tiles->stride * tiles->stride;
    for (size_t tile = 0; tile < tiles_of(tiles); ++tile) {
        size_t row = tile / tiles->columns, column = tile % tiles->columns;
        fill_map_tile(tiles, row, column, tiles->map_at + tile * MAP * MAP);
        for (size_t phase = 0; phase < phases; ++phase)
            fill_image_tile(tiles, padding, row, column, phase,
                            tiles->image_at + (tile * phases + phase) * IMAGE * IMAGE);
    }
    for (size_t i = 0; i < tiles->block * tiles_of(tiles); ++i) {
        tiles->image_row[i] = (uint32_t)(i * image_points(tiles));
        tiles->map_row[i] = (uint32_t)(i * map_points(tiles));
    }
    for (size_t i = 0; i < tiles->depth; ++i)
        tiles->within[i] = (uint32_t)i;
}

enum elbow_status elbow_tiles_create(struct elbow_shape image, struct elbow_shape map,
                                     const struct elbow_window *window, struct elbow_tiles *tiles,
                                     struct elbow_error *error)
{
    size_t stride = window->stride.width, padding = window->padding.width;
    ELBOW_CHECK(elbow_tiles_suit(image, map, window));
    *tiles = (struct elbow_tiles){.image = image, .map = map, .stride = stride};
    tiles->depth = stride * stride * image.channels;
    tiles->rows = tiles_along(image.height, map.height, stride, padding);
    tiles->columns = tiles_along(image.width, map.width, stride, padding);
    size_t count = tiles_of(tiles);
    tiles->block = greater(BLOCK_TILES / count, 1);
    size_t places = count * stride * stride * IMAGE * IMAGE, rows = tiles->block * count;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(tiles->image_at, places),     ELBOW_ARRAY(tiles->map_at, count * MAP * MAP),
        ELBOW_ARRAY(tiles->image_row, rows),      ELBOW_ARRAY(tiles->map_row, rows),
        ELBOW_ARRAY(tiles->within, tiles->depth),
    };
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the plan of a convolution", error);
    if (status != ELBOW_OK)
        elbow_tiles_destroy(tiles);
    else
        fill_tables(tiles, padding);
    return status;
}

void elbow_tiles_destroy(struct elbow_tiles *tiles)
{
    elbow_release(&tiles->image_at);
    elbow_release(&tiles->map_at);
    elbow_release(&tiles->image_row);
    elbow_release(&tiles->map_row);
    elbow_release(&tiles->within);
    *tiles = (struct elbow_tiles){0};
}

// Where taps lie in V: the first of a phase, and how far it is to tap j of 2 x 2.
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

void elbow_tiles_begin_gather(const struct elbow_tiles *tiles, const float *v, struct elbow_strides strides,
                              float *room)
{
    const struct room at = layout(tiles);
    size_t channels = tiles->image.channels, filters = tiles->map.channels;
    for (size_t k = 0; k < tiles->depth; ++k) {
        const float *from = v + first_tap(tiles, k / channels) + k % channels * strides.channel;
        transform_taps(tiles, from, filters, strides.filter, room + at.taps, room + at.row, filters);
        pack_row(tiles->depth, filters, k, room + at.row, room + at.gather);
    }
}

void elbow_tiles_begin_scatter(const struct elbow_tiles *tiles, const float *v, struct elbow_strides strides,
                               float *room)
{
    const struct room at = layout(tiles);
    size_t channels = tiles->image.channels, filters = tiles->map.channels;
    for (size_t n = 0; n < filters; ++n) {
        for (size_t phase = 0; phase < tiles->stride * tiles->stride; ++phase)
            transform_taps(tiles, v + first_tap(tiles, phase) + n * strides.filter, channels, strides.channel,
                           room + at.taps, room + at.row + phase * channels, tiles->depth);
        pack_row(filters, tiles->depth, n, room + at.row, room + at.scatter);
    }
}

void elbow_tiles_begin_gradient(const struct elbow_tiles *tiles, float *room)
{
    memset(room + layout(tiles).gradient, 0,
           POINTS * elbow_panel_size(tiles->depth, tiles->map.channels) * sizeof *room);
}

// One sample to points, or back.
typedef void transform_sample(const struct elbow_tiles *tiles, const float *from, float *to);

struct transform {
    const struct elbow_tiles *tiles;
    transform_sample *sample;
    const float *from;
    float *to;
    size_t from_size, to_size; // floats of a sample
};

static void transform_span(void *user, int part, size_t first, size_t count)
{
    const struct transform *transform = user;
    (void)part;
    for (size_t i = first; i < first + count; ++i)
        transform->sample(transform->tiles, transform->from + i * transform->from_size,
                          transform->to + i * transform->to_size);
}

static void transform_samples(struct transform transform, size_t samples)
{
    enum { VALUES_LEAST = 1 << 13 }; // that are worth a thread
    size_t values = transform.from_size + transform.to_size;
    elbow_threads_split(samples, 1, VALUES_LEAST / values + 1, transform_span, &transform);
}

// Floats of a sample: of an image, of a map, and of their points.
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
    for (size_t tile = 0; tile < tiles_of(tiles); ++tile, points += image_points(tiles))
        for (size_t phase = 0; phase < phases; ++phase, at += IMAGE * IMAGE)
            elbow_winograd_image(channels, image, at, points + phase * channels, tiles->depth);
}

const float *elbow_tiles_take_images(const struct elbow_tiles *tiles, size_t samples, const float *images, float *room)
{
    ELBOW_CHECK(samples <= tiles->block);
    float *points = room + layout(tiles).images;
    struct transform transform = {tiles,  read_image,        images,
                                  points, image_size(tiles), tiles_of(tiles) * image_points(tiles)};
    transform_samples(transform, samples);
    return points;
}

static void read_map(const struct elbow_tiles *tiles, const float *map, float *points)
{
    size_t filters = tiles->map.channels;
    for (size_t tile = 0; tile < tiles_of(tiles); ++tile, points += map_points(tiles))
        elbow_winograd_map(filters, map, tiles->map_at + tile * MAP * MAP, points, filters);
}

const float *elbow_tiles_take_maps(const struct elbow_tiles *tiles, size_t samples, const float *maps, float *room)
{
    ELBOW_CHECK(samples <= tiles->block);
    float *points = room + layout(tiles).maps;
    struct transform transform = {tiles, read_map, maps, points, map_size(tiles), tiles_of(tiles) * map_points(tiles)};
    transform_samples(transform, samples);
    return points;
}

static void write_map(const struct elbow_tiles *tiles, const float *points, float *map)
{
    size_t filters = tiles->map.channels;
    for (size_t tile = 0; tile < tiles_of(tiles); ++tile, points += map_points(tiles))
        elbow_winograd_map_adjoint(filters, points, filters, map, tiles->map_at + tile * MAP * MAP);
}

void elbow_tiles_gather(const struct elbow_tiles *tiles, size_t samples, const float *images, float *room, float *maps)
{
    ELBOW_CHECK(samples <= tiles->block);
    const struct room at = layout(tiles);
    size_t filters = tiles->map.channels, count = samples * tiles_of(tiles);
    struct elbow_run whole = {0, (uint32_t)tiles->depth};
    for (size_t point = 0; point < POINTS; ++point)
        elbow_panel_multiply(count, images + point * tiles->depth, tiles->image_row, 1, &whole, tiles->depth, filters,
                             room + at.gather + point * elbow_panel_size(tiles->depth, filters),
                             room + at.maps + point * filters, tiles->map_row);
    struct transform transform = {tiles,          write_map, room + at.maps, maps, tiles_of(tiles) * map_points(tiles),
                                  map_size(tiles)};
    transform_samples(transform, samples);
}

static void write_image(const struct elbow_tiles *tiles, const float *points, float *image)
{
    size_t channels = tiles->image.channels, phases = tiles->stride * tiles->stride;
    const uint32_t *at = tiles->image_at;
    for (size_t row = 0; row < tiles->rows; ++row)
        for (size_t column = 0; column < tiles->columns; ++column, points += image_points(tiles))
            for (size_t phase = 0; phase < phases; ++phase, at += IMAGE * IMAGE)
                elbow_winograd_image_adjoint(channels, points + phase * channels, tiles->depth, row > 0, column > 0,
                                             image, at);
}

void elbow_tiles_scatter(const struct elbow_tiles *tiles, size_t samples, const float *maps, float *room, float *images)
{
    ELBOW_CHECK(samples <= tiles->block);
    const struct room at = layout(tiles);
    size_t filters = tiles->map.channels;
    struct elbow_run whole = {0, (uint32_t)filters};
    for (size_t point = 0; point < POINTS; ++point)
        elbow_panel_multiply(samples * tiles_of(tiles), maps + point * filters, tiles->map_row, 1, &whole, filters,
                             tiles->depth, room + at.scatter + point * elbow_panel_size(filters, tiles->depth),
                             room + at.images + point * tiles->depth, tiles->image_row);
    struct transform transform = {
        tiles, write_image, room + at.images, images, tiles_of(tiles) * image_points(tiles), image_size(tiles)};
    transform_samples(transform, samples);
}

void elbow_tiles_gradient(const struct elbow_tiles *tiles, size_t samples, const float *images, const float *maps,
                          float *room)
{
    ELBOW_CHECK(samples <= tiles->block);
    size_t filters = tiles->map.channels;
    float *gradient = room + layout(tiles).gradient;
    for (size_t point = 0; point < POINTS; ++point)
        elbow_panel_accumulate(samples * tiles_of(tiles), images + point * tiles->depth, tiles->image_row, tiles->depth,
                               tiles->within, filters, maps + point * filters, map_points(tiles),
                               gradient + point * elbow_panel_size(tiles->depth, filters));
}

void elbow_tiles_end_gradient(const struct elbow_tiles *tiles, float *room, struct elbow_strides strides, float *dv)
{
    const struct room at = layout(tiles);
    size_t channels = tiles->image.channels, filters = tiles->map.channels;
    float *row = room + at.row, *taps = room + at.taps;
    for (size_t k = 0; k < tiles->depth; ++k) {
        for (size_t point = 0; point < POINTS; ++point)
            elbow_panel_unpack(tiles->depth, filters, k, 1,
                               room + at.gradient + point * elbow_panel_size(tiles->depth, filters),
                               row + point * filters, filters, 1);
        elbow_winograd_taps_adjoint(filters, row, filters, taps, filters);
        float *to = dv + first_tap(tiles, k / channels) + k % channels * strides.channel;
        for (size_t tap = 0; tap < TAPS; ++tap)
            for (size_t n = 0; n < filters; ++n)
                to[tap_offset(tiles, tap) + n * strides.filter] = taps[tap * filters + n];
    }
}
