// SPDX-License-Identifier: BSD-3-Clause
// The plan of tiles: whether sizes suit them, and the tables that say where points are read and written.
#include "elbow/nn/detail/tiles.h"

#include "elbow/base/memory.h"

enum { POINTS = ELBOW_WINOGRAD_POINTS, MAP = ELBOW_WINOGRAD_MAP, IMAGE = ELBOW_WINOGRAD_IMAGE };
enum { TAPS = ELBOW_WINOGRAD_TAPS * ELBOW_WINOGRAD_TAPS };

// Tiles of a block: enough rows for the products, few enough that their points stay near.
enum { BLOCK_TILES = 64 };

static size_t greater(size_t a, size_t b)
{
    return a > b ? a : b;
}

struct elbow_tiles_places elbow_tiles_layout(const struct elbow_tiles *tiles)
{
    size_t widest = greater(tiles->depth, tiles->map.channels);
    struct elbow_tiles_places workspace = {.gather = 0};
    workspace.scatter = workspace.gather + POINTS * elbow_tiles_gather_size(tiles);
    workspace.gradient = workspace.scatter + POINTS * tiles->stride_deep * elbow_tiles_scatter_size(tiles);
    workspace.images = workspace.gradient + POINTS * elbow_tiles_gather_size(tiles);
    workspace.maps = workspace.images + tiles->block * elbow_tiles_image_planes(tiles) * elbow_tiles_image_plane(tiles);
    workspace.padded = workspace.maps + tiles->block * tiles->map.depth * elbow_tiles_map_plane(tiles);
    workspace.taps =
        workspace.padded +
        (tiles->taps_deep > 1 ? tiles->block * elbow_tiles_padded_planes(tiles) * elbow_tiles_map_plane(tiles) : 0);
    workspace.row = workspace.taps + TAPS * widest;
    workspace.end = workspace.row + POINTS * widest;
    return workspace;
}

size_t elbow_tiles_workspace(const struct elbow_tiles *tiles)
{
    return elbow_tiles_layout(tiles).end;
}

// Tiles along a side: all places of the map, and all pixels.
static size_t tiles_along(size_t image, size_t map, size_t stride, size_t padding)
{
    return (greater(map, (padding + image - 1) / stride) + MAP - 1) / MAP;
}

// True for a window that is square in a plane, and along the depth flat or of the same size.
static bool is_cube(const struct elbow_window *window)
{
    struct elbow_sides kernel = window->kernel, stride = window->stride, padding = window->padding;
    bool is_plane = kernel.depth == 1 && stride.depth == 1 && padding.depth == 0;
    return kernel.height == kernel.width && stride.height == stride.width && padding.height == padding.width &&
           (is_plane ||
            (kernel.depth == kernel.width && stride.depth == stride.width && padding.depth == padding.width));
}

// Number of places of a remainder along the depth that planes of the map or of the image use.
static size_t slots_of(size_t image, size_t map, size_t taps, size_t stride, size_t padding)
{
    return greater(map + taps - 1, (padding + image + stride - 1) / stride);
}

bool elbow_tiles_suit(struct elbow_shape image, struct elbow_shape map, const struct elbow_window *window)
{
    size_t stride = window->stride.width, padding = window->padding.width, deep = window->stride.depth;
    if (!is_cube(window) || window->kernel.width != 2 * stride || image.channels % ELBOW_WINOGRAD_LANES ||
        map.channels % ELBOW_WINOGRAD_LANES)
        return false;
    size_t rows = tiles_along(image.height, map.height, stride, padding);
    size_t columns = tiles_along(image.width, map.width, stride, padding);
    size_t slots = slots_of(elbow_shape_depth(image), elbow_shape_depth(map), window->kernel.depth / deep, deep,
                            window->padding.depth);
    // Offsets have 32 bits.
    if ((slots + 1) * deep * rows * columns * POINTS * greater(stride * stride * image.channels, map.channels) >
        UINT32_MAX / 2)
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

// The starts of rows of products: plane w of the map meets planes w s, ... of the image; place u of a remainder meets
// the map's planes u, ..., behind taps_deep - 1 planes of zeros.
static void fill_rows(struct elbow_tiles *tiles)
{
    size_t next = 0, next_slot = 0;
    for (size_t sample = 0; sample < tiles->block; ++sample) {
        size_t image = sample * elbow_tiles_image_planes(tiles), map = sample * elbow_tiles_padded_planes(tiles);
        for (size_t w = 0; w < tiles->map.depth; ++w)
            for (size_t tile = 0; tile < elbow_tiles_count(tiles); ++tile, ++next) {
                size_t plane = image + w * tiles->stride_deep;
                tiles->image_row[next] =
                    (uint32_t)(plane * elbow_tiles_image_plane(tiles) + tile * elbow_tiles_image_points(tiles));
                tiles->map_row[next] = (uint32_t)(next * elbow_tiles_map_points(tiles));
            }
        for (size_t u = 0; u < tiles->slots; ++u)
            for (size_t tile = 0; tile < elbow_tiles_count(tiles); ++tile, ++next_slot) {
                size_t plane = image + u * tiles->stride_deep;
                tiles->image_slot[next_slot] =
                    (uint32_t)(plane * elbow_tiles_image_plane(tiles) + tile * elbow_tiles_image_points(tiles));
                tiles->map_slot[next_slot] =
                    (uint32_t)((map + u) * elbow_tiles_map_plane(tiles) + tile * elbow_tiles_map_points(tiles));
            }
    }
}

static void fill_tables(struct elbow_tiles *tiles, size_t padding)
{
    size_t phases = tiles->stride * tiles->stride;
    for (size_t tile = 0; tile < elbow_tiles_count(tiles); ++tile) {
        size_t row = tile / tiles->columns, column = tile % tiles->columns;
        fill_map_tile(tiles, row, column, tiles->map_at + tile * MAP * MAP);
        for (size_t phase = 0; phase < phases; ++phase)
            fill_image_tile(tiles, padding, row, column, phase,
                            tiles->image_at + (tile * phases + phase) * IMAGE * IMAGE);
    }
    fill_rows(tiles);
    for (size_t plane = 0; plane < elbow_tiles_planes_met(tiles); ++plane) {
        size_t begin = plane * elbow_tiles_image_plane(tiles);
        tiles->image_run[plane] = (struct elbow_run){(uint32_t)begin, (uint32_t)tiles->depth};
        for (size_t i = 0; i < tiles->depth; ++i)
            tiles->within[plane * tiles->depth + i] = (uint32_t)(begin + i);
    }
    for (size_t t = 0; t < tiles->taps_deep; ++t)
        tiles->map_run[t] =
            (struct elbow_run){(uint32_t)(t * elbow_tiles_map_plane(tiles)), (uint32_t)tiles->map.channels};
}

enum elbow_status elbow_tiles_create(struct elbow_shape image, struct elbow_shape map,
                                     const struct elbow_window *window, struct elbow_tiles *tiles,
                                     struct elbow_error *error)
{
    size_t stride = window->stride.width, padding = window->padding.width;
    ELBOW_CHECK(elbow_tiles_suit(image, map, window));
    image.depth = elbow_shape_depth(image);
    map.depth = elbow_shape_depth(map);
    *tiles = (struct elbow_tiles){.image = image, .map = map, .stride = stride};
    tiles->depth = stride * stride * image.channels;
    tiles->rows = tiles_along(image.height, map.height, stride, padding);
    tiles->columns = tiles_along(image.width, map.width, stride, padding);
    tiles->stride_deep = window->stride.depth;
    tiles->taps_deep = window->kernel.depth / window->stride.depth;
    tiles->padding_deep = window->padding.depth;
    tiles->slots = slots_of(image.depth, map.depth, tiles->taps_deep, tiles->stride_deep, tiles->padding_deep);
    size_t count = elbow_tiles_count(tiles);
    tiles->block = greater(BLOCK_TILES / (count * map.depth), 1);
    size_t places = count * stride * stride * IMAGE * IMAGE, rows = tiles->block * count;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(tiles->image_at, places),
        ELBOW_ARRAY(tiles->map_at, count * MAP * MAP),
        ELBOW_ARRAY(tiles->image_row, rows * map.depth),
        ELBOW_ARRAY(tiles->map_row, rows * map.depth),
        ELBOW_ARRAY(tiles->image_slot, rows * tiles->slots),
        ELBOW_ARRAY(tiles->map_slot, rows * tiles->slots),
        ELBOW_ARRAY(tiles->within, elbow_tiles_planes_met(tiles) * tiles->depth),
        ELBOW_ARRAY(tiles->image_run, elbow_tiles_planes_met(tiles)),
        ELBOW_ARRAY(tiles->map_run, tiles->taps_deep),
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
    elbow_release(&tiles->image_slot);
    elbow_release(&tiles->map_slot);
    elbow_release(&tiles->within);
    elbow_release(&tiles->image_run);
    elbow_release(&tiles->map_run);
    *tiles = (struct elbow_tiles){0};
}
