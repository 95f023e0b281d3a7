// SPDX-License-Identifier: BSD-3-Clause
// A picture and its results under two kernels: the numbers that a convolutional layer computes, by their definition.
#include "figures.h"

#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "elbow/output/plot.h"

static const char DATASET[] = "/train/images";
enum { SIDE_MOST = 256, PANELS = 3 };

void figures_correlate(size_t rows, size_t columns, const double *picture, const double kernel[3][3], double *result)
{
    for (size_t r = 0; r + 2 < rows; ++r)
        for (size_t c = 0; c + 2 < columns; ++c) {
            double sum = 0;
            for (size_t i = 0; i < 3; ++i)
                for (size_t k = 0; k < 3; ++k)
                    sum += kernel[i][k] * picture[(r + i) * columns + c + k];
            result[r * (columns - 2) + c] = sum;
        }
}

struct picture {
    size_t rows, columns;
    double *pixels;
};

static enum elbow_status read_first(struct elbow_hdf5 *file, const char *path, struct picture *picture,
                                    struct elbow_error *error)
{
    struct elbow_hdf5_info info;
    enum elbow_status status = elbow_hdf5_describe_dataset(file, DATASET, &info, error);
    if (status != ELBOW_OK)
        return status;
    if (info.rank != 3 || info.shape[0] < 1 || info.element != ELBOW_ELEMENT_UINT8)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s:%s: expected pictures (N, rows, columns) of bytes, as "
                               "elbow-shapes writes them",
                               path, DATASET);
    picture->rows = (size_t)info.shape[1];
    picture->columns = (size_t)info.shape[2];
    if (picture->rows < 3 || picture->columns < 3 || picture->rows > SIDE_MOST || picture->columns > SIDE_MOST)
        return elbow_error_set(error, ELBOW_FORMAT, "%s:%s: has pictures of %zu x %zu pixels; expected 3 to %d a side",
                               path, DATASET, picture->rows, picture->columns, SIDE_MOST);
    uint8_t bytes[SIDE_MOST * SIDE_MOST];
    status = elbow_hdf5_read_rows(file, DATASET, 0, 1, bytes, error);
    size_t pixels = picture->rows * picture->columns;
    if (status == ELBOW_OK)
        status = elbow_allocate(&picture->pixels, pixels, sizeof(double), "a picture", error);
    for (size_t i = 0; i < pixels && status == ELBOW_OK; ++i)
        picture->pixels[i] = bytes[i];
    return status;
}

static enum elbow_status read_picture(const char *path, struct picture *picture, struct elbow_error *error)
{
    struct elbow_hdf5 *file;
    enum elbow_status status = elbow_hdf5_open(path, &file, error);
    if (status != ELBOW_OK)
        return status;
    status = read_first(file, path, picture, error);
    (void)elbow_hdf5_close(file, NULL); // it was only read
    return status;
}

// A grey picture (one channel), or a feature map (none), whose sums lie between -4 and 4.
static struct elbow_plot_raster raster(size_t rows, size_t columns, size_t channels, const double *value)
{
    return (struct elbow_plot_raster){.rows = rows,
                                      .columns = columns,
                                      .channels = channels,
                                      .value = value,
                                      .x1 = (double)columns - 1,
                                      .y0 = (double)rows - 1,
                                      .least = -4,
                                      .most = 4};
}

enum elbow_status figures_convolution(const char *input, struct figures_target target, struct elbow_error *error)
{
    // Differences from left to right and from top to bottom: they answer to edges (Sobel's operators).
    static const double kernels[2][3][3] = {{{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}}, {{-1, -2, -1}, {0, 0, 0}, {1, 2, 1}}};
    struct picture picture = {0};
    double *maps[2] = {NULL, NULL};
    enum elbow_status status = read_picture(input, &picture, error);
    size_t rows = picture.rows, columns = picture.columns;
    for (size_t k = 0; k < 2 && status == ELBOW_OK; ++k) {
        status = elbow_allocate(&maps[k], (rows - 2) * (columns - 2), sizeof(double), "a feature map", error);
        if (status == ELBOW_OK)
            figures_correlate(rows, columns, picture.pixels, kernels[k], maps[k]);
    }
    if (status == ELBOW_OK) {
        const struct elbow_plot_raster rasters[PANELS] = {raster(rows, columns, 1, picture.pixels),
                                                          raster(rows - 2, columns - 2, 0, maps[0]),
                                                          raster(rows - 2, columns - 2, 0, maps[1])};
        static const char *const titles[PANELS] = {"Picture", "Kernel for vertical edges",
                                                   "Kernel for horizontal edges"};
        struct elbow_plot_panel panels[PANELS];
        for (size_t k = 0; k < PANELS; ++k)
            panels[k] = (struct elbow_plot_panel){
                .title = titles[k], .raster = &rasters[k], .equal_scales = true, .is_bare = true};
        const struct elbow_plot plot = {.columns = PANELS, .panels = panels, .panel_count = PANELS};
        status = elbow_plot_write(&plot, target.path, target.publish, error);
    }
    elbow_release(&maps[0]);
    elbow_release(&maps[1]);
    elbow_release(&picture.pixels);
    return status;
}
