// SPDX-License-Identifier: BSD-3-Clause
// A map of the latent space: the means of q(z|x) of all rows of a dataset, along some dimensions or along their
// principal components, as a picture or as a table. The same bytes on any number of ranks.
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

struct elbow_map_request {
    const struct elbow_evaluation_request *evaluation;
    int64_t dimensions[ELBOW_MAP_AXES_MAX]; // those that are asked for
    size_t dimension_count;                 // 0: those of the largest KL (of the largest variance, without one)
    size_t axes;                            // so many of these, or of the principal components
    bool is_principal;
    enum elbow_map_colour colour; // by labels needs them
    const double *numbers;        // of the stored rows, on rank zero; with NUMBERS
    const char *number_name;      // what the numbers are
};

// Owned; on rank zero.
struct elbow_map {
    size_t rows, axes;
    double *places; // (axes, rows)
    struct elbow_map_axis {
        char name[ELBOW_MAP_NAME_SIZE];   // "z3", "pc1": a column of a table
        char label[ELBOW_MAP_LABEL_SIZE]; // "z3 (KL 2.4 nats)"
    } along[ELBOW_MAP_AXES_MAX];
    int *groups;        // (rows) by the number of the label; -1: unknown; NULL: none
    char **group_names; // (group_count)
    size_t group_count;
    double *values;          // (rows): numbers, or densities; NULL: none
    const char *value_label; // borrowed
};

// Collective. USAGE for dimensions that there are not, for colours by labels without any or of more than
// ELBOW_MAP_GROUPS_MAX of them, and for fewer rows than axes; DATA for latents that are not finite. A failure leaves
// something to clear.
enum elbow_status elbow_map_make(const struct elbow_map_request *request, struct elbow_map *map,
                                 struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_map_clear(struct elbow_map *map);

// Local. The panels of a map: one for two axes; for more those of all pairs, with each axis's histogram in the
// diagonal. They borrow from the map. The caller gives them back below.
struct elbow_map_panels {
    struct elbow_plot plot;
    struct elbow_plot_panel *panels;
    struct elbow_plot_series *series;
    double *bars; // of the histograms
};
enum elbow_status elbow_map_panels_make(const struct elbow_map *map, const char *title, struct elbow_map_panels *panels,
                                        struct elbow_error *error);
void elbow_map_panels_clear(struct elbow_map_panels *panels);

// Local. A table (elbow/output/sink.h): row, the axes by their names, label, value or density, and where rows are from.
enum elbow_status elbow_map_write_table(const struct elbow_map *map, const struct elbow_map_request *request,
                                        const char *path, enum elbow_publish publish, struct elbow_error *error);

// Local. density (rows): how many of the rows lie about each, in rows per unit of area and row, by a histogram that is
// smoothed by a Gaussian of Scott's width. MEMORY.
enum elbow_status elbow_map_density(size_t rows, const double *x, const double *y, double *density,
                                    struct elbow_error *error);

// What a model of two latent dimensions decodes at the quantiles of N(0, 1). Owned.
struct elbow_map_grid {
    size_t count, across; // along each axis; the dimension along x
    struct elbow_plot_raster raster;
    struct elbow_plot_panel panel;
    double *pixels;
    char (*labels)[ELBOW_MAP_NAME_SIZE];
    const char **names;
};

// Local. Dimension `across` (0 or 1) goes along x. USAGE for a model with another number of latent dimensions, of
// conditions, or whose samples are no images. What is decoded are means of p(x|z), as the model has them.
enum elbow_status elbow_map_grid_make(const struct elbow_evaluation_request *evaluation, size_t count, size_t across,
                                      struct elbow_map_grid *grid, struct elbow_error *error);
void elbow_map_grid_clear(struct elbow_map_grid *grid);

ELBOW_C_END

#endif
