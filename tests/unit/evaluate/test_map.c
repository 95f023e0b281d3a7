// SPDX-License-Identifier: BSD-3-Clause
// Parts of a map that need no model: densities, panels.
#include "elbow/base/memory.h"
#include "elbow/evaluate/map.h"

#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 80, ROWS = SIDE * SIDE };

static double *grid_of(double x_side, double y_side)
{
    double *places = NULL;
    ck_assert_int_eq(elbow_allocate(&places, 3 * ROWS, sizeof *places, "test", NULL), ELBOW_OK);
    for (int i = 0; i < ROWS; ++i) {
        int line = i / SIDE, column = i % SIDE;
        places[i] = (column + 0.5) / SIDE * x_side;
        places[ROWS + i] = (line + 0.5) / SIDE * y_side;
    }
    return places;
}

// Rows that fill a rectangle evenly: inside, its area's inverse; at a corner a quarter of it.
START_TEST(density_of_a_rectangle)
{
    struct elbow_error error = {0};
    double *places = grid_of(4, 0.5), *density = places + 2 * ROWS;
    ck_assert_int_eq(elbow_map_density(ROWS, places, places + ROWS, density, &error), ELBOW_OK);
    ck_assert_double_eq_tol(density[SIDE / 2 * SIDE + SIDE / 2], 1 / (4 * 0.5), 0.05);
    ck_assert_double_eq_tol(density[0], 0.25 / (4 * 0.5), 0.06);
    elbow_release(&places);
    double same[6] = {3, 3, 3, -1, -1, -1}, at[3];
    ck_assert_int_eq(elbow_map_density(3, same, same + 3, at, &error), ELBOW_OK);
    ck_assert(isfinite(at[0]) && at[0] > 0 && at[0] == at[2]);
    size_t blocks = elbow_memory_count().blocks;
    elbow_memory_fail_at(1);
    ck_assert_int_eq(elbow_map_density(3, same, same + 3, at, &error), ELBOW_MEMORY);
    elbow_memory_fail_at(0);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}
END_TEST

START_TEST(panels_of_all_pairs)
{
    struct elbow_error error = {0};
    struct elbow_map map = {.rows = ROWS, .axes = 3, .along = {{"z4", "z4"}, {"z1", "z1"}, {"z9", "z9"}}};
    struct elbow_map_panels panels;
    map.places = grid_of(1, 1);
    ck_assert_int_eq(elbow_map_panels_make(&map, "title", &panels, &error), ELBOW_OK);
    ck_assert_uint_eq(panels.plot.panel_count, 9);
    for (size_t row = 0; row < 3; ++row)
        for (size_t column = 0; column < 3; ++column) {
            const struct elbow_plot_panel *panel = &panels.plot.panels[row * 3 + column];
            ck_assert_int_eq(panel->is_bare, column > row);
            if (column <= row)
                ck_assert_str_eq(panel->x.label, map.along[column].label);
            if (column < row)
                ck_assert_str_eq(panel->y.label, map.along[row].label);
        }
    double sum = 0;
    for (size_t i = 0; i < panels.plot.panels[0].series->count; ++i)
        sum += panels.plot.panels[0].series->y[i];
    ck_assert_double_eq_tol(sum, 1, 1e-9); // a histogram has all rows
    elbow_map_panels_clear(&panels);
    elbow_map_clear(&map);
}
END_TEST

UNIT_MAIN("evaluate/map", density_of_a_rectangle, panels_of_all_pairs)
