// SPDX-License-Identifier: BSD-3-Clause
// Naeem, Oh, Uh, Choi, Yoo (2020), "Reliable fidelity and diversity metrics for generative models".
#include "elbow/base/memory.h"
#include "elbow/statistics/detail/yardstick.h"
#include "elbow/statistics/distribution.h"

struct covering {
    size_t real;
    const double *radii; // squared
    double *covered;     // (real): 1 if a sample lies in the ball
    double hits;
};

static void cover_rows(void *user, size_t first, size_t count, const double *squares)
{
    struct covering *covering = user;
    (void)first;
    for (size_t i = 0; i < count; ++i) {
        size_t hits = 0;
        for (size_t r = 0; r < covering->real; ++r) {
            bool is_inside = squares[i * covering->real + r] < covering->radii[r];
            hits += is_inside;
            covering->covered[r] = is_inside ? 1 : covering->covered[r];
        }
        covering->hits += (double)hits;
    }
}

enum elbow_status elbow_density_coverage(struct elbow_points real, struct elbow_points samples, size_t k,
                                         struct elbow_density_coverage *result, struct elbow_error *error)
{
    size_t *indices = NULL;
    double *squares = NULL, *radii = NULL, *covered = NULL, sum = 0;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(indices, real.count * k), ELBOW_ARRAY(squares, real.count * k),
                                         ELBOW_ARRAY(radii, real.count), ELBOW_ARRAY(covered, real.count)};
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "balls about points", error);
    if (status == ELBOW_OK)
        status = elbow_neighbours_find(real, real, k, indices, squares, error);
    for (size_t i = 0; status == ELBOW_OK && i < real.count; ++i)
        radii[i] = squares[i * k + k - 1];
    struct covering covering = {.real = real.count, .radii = radii, .covered = covered};
    if (status == ELBOW_OK)
        status = elbow_distances_walk(samples, real, cover_rows, &covering, error);
    for (size_t i = 0; status == ELBOW_OK && i < real.count; ++i)
        sum += covered[i];
    *result =
        (struct elbow_density_coverage){covering.hits / ((double)k * (double)samples.count), sum / (double)real.count};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; ++i)
        elbow_release(arrays[i].pointer);
    return status;
}

enum elbow_status elbow_yardstick_coverage(const struct elbow_yardstick_input *input,
                                           struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    size_t of_real = input->rows * input->values, of_samples = input->sample_count * input->values;
    double *real = NULL, *samples = NULL;
    struct elbow_density_coverage result;
    if (input->neighbours >= input->rows)
        return elbow_error_set(error, ELBOW_DATA, "needs more rows than %zu neighbours, and has %zu", input->neighbours,
                               input->rows);
    const struct elbow_array arrays[] = {ELBOW_ARRAY(real, of_real), ELBOW_ARRAY(samples, of_samples)};
    enum elbow_status status = elbow_allocate_all(arrays, 2, "the rows in double precision", error);
    for (size_t i = 0; status == ELBOW_OK && i < of_real; ++i)
        real[i] = input->data[i];
    for (size_t i = 0; status == ELBOW_OK && i < of_samples; ++i)
        samples[i] = input->samples[i];
    if (status == ELBOW_OK)
        status = elbow_density_coverage((struct elbow_points){input->rows, input->values, real},
                                        (struct elbow_points){input->sample_count, input->values, samples},
                                        input->neighbours, &result, error);
    elbow_release(&real);
    elbow_release(&samples);
    if (status != ELBOW_OK)
        return status;
    elbow_yardstick_add(figures, "density", result.density, NAN);
    elbow_yardstick_add(figures, "coverage", result.coverage, NAN);
    return ELBOW_OK;
}
