// SPDX-License-Identifier: BSD-3-Clause
// Maps of the latent space: the means of q(z|x) of all rows of a dataset, along some dimensions or their principal
// components, as a picture or a table. The same bytes on any number of ranks.
#ifndef ELBOW_EVALUATE_MAP_H
#define ELBOW_EVALUATE_MAP_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/evaluate/evaluation.h"
#include "elbow/output/plot.h"

ELBOW_C_BEGIN

enum { ELBOW_MAP_AXES_MAX = 8, ELBOW_MAP_NAME_SIZE = 16, ELBOW_MAP_LABEL_SIZE = 64, ELBOW_MAP_GROUPS_MAX = 200 };

// How points are coloured.
enum elbow_map_colour { ELBOW_MAP_PLAIN, ELBOW_MAP_LABELS, ELBOW_MAP_NUMBERS, ELBOW_MAP_DENSITY };

// Nothing is owned.
struct elbow_map_request {
    const struct elbow_evaluation_request *evaluation;
    int64_t dimensions[ELBOW_MAP_AXES_MAX]; // the requested ones
    size_t dimension_count;                 // 0: the dimensions of largest KL, or largest variance without a KL
    size_t axes;                            // number of these dimensions, or of principal components
    bool is_principal;
    enum elbow_map_colour colour; // LABELS needs labels
    const double *numbers;        // with NUMBERS: [stored rows] on rank zero
    const char *number_name;      // the name of the numbers
};

// Owned; on rank zero.
struct elbow_map {
    size_t rows, axes;
    double *places; // (axes, rows)
    struct elbow_map_axis {
        char name[ELBOW_MAP_NAME_SIZE];   // "z3", "pc1": a column of a table
        char label[ELBOW_MAP_LABEL_SIZE]; // "z3 (KL 2.4 nats)"
    } along[ELBOW_MAP_AXES_MAX];
    int *groups;        // (rows) number of the group by label; -1: unknown; NULL: no groups
    char **group_names; // (group_count)
    size_t group_count;
    double *values;          // (rows) numbers or densities, or NULL
    const char *value_label; // borrowed
};

// Collective. Encodes the dataset and makes the map. USAGE for dimensions that do not exist, for colours by labels if
// there are none or more than ELBOW_MAP_GROUPS_MAX, and for fewer rows than axes; DATA for latents that are not finite;
// MEMORY. The caller clears *map, also after a failure.
enum elbow_status elbow_map_make(const struct elbow_map_request *request, struct elbow_map *map,
                                 struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_map_clear(struct elbow_map *map);

// The panels of a map: one for two axes; for more axes one for each pair, with the histogram of each axis on the
// diagonal. They borrow from the map.
struct elbow_map_panels {
    struct elbow_plot plot;
    struct elbow_plot_panel *panels;
    struct elbow_plot_series *series;
    double *bars; // of the histograms
};
// Local. Makes the panels, and clears them. MEMORY.
enum elbow_status elbow_map_panels_make(const struct elbow_map *map, const char *title, struct elbow_map_panels *panels,
                                        struct elbow_error *error);
void elbow_map_panels_clear(struct elbow_map_panels *panels);

// Local. Writes a table (elbow/output/sink.h): row, the axes by their names, label, value or density, and the origin of
// each row. USAGE, OUTPUT, MEMORY.
enum elbow_status elbow_map_write_table(const struct elbow_map *map, const struct elbow_map_request *request,
                                        const char *path, enum elbow_publish publish, struct elbow_error *error);

// Local. Estimates density (rows) at each of the rows with coordinates x, y (rows): a histogram smoothed by a Gaussian
// of Scott's width, normalised to an integral of 1. MEMORY.
enum elbow_status elbow_map_density(size_t rows, const double *x, const double *y, double *density,
                                    struct elbow_error *error);

// Images that a model with two latent dimensions decodes at the quantiles of N(0, 1). Owned.
struct elbow_map_grid {
    size_t count, across; // images along each axis; the dimension along x
    struct elbow_plot_raster raster;
    struct elbow_plot_panel panel;
    double *pixels;
    char (*labels)[ELBOW_MAP_NAME_SIZE];
    const char **names;
};

// Local. Decodes means of p(x|z), in the values of the model, at count x count points; dimension `across` (0 or 1) runs
// along x. USAGE if the model has another number of latent dimensions, has conditions, or has samples that are not
// images; MEMORY. The caller clears *grid, also after a failure.
enum elbow_status elbow_map_grid_make(const struct elbow_evaluation_request *evaluation, size_t count, size_t across,
                                      struct elbow_map_grid *grid, struct elbow_error *error);
void elbow_map_grid_clear(struct elbow_map_grid *grid);

ELBOW_C_END

#endif
