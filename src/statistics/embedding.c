// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/statistics/embedding.h"

#include "elbow/base/memory.h"
#include "elbow/statistics/detail/yardstick.h"

struct ranking {
    size_t rows, k;
    const size_t *neighbours; // (rows, k) of the codes
    double intruded;
};

// Rank of `other` by distance from `self`: 1 is the nearest row. Ties are in the order of the rows.
static size_t rank_of(size_t rows, const double *squares, size_t self, size_t other)
{
    double own = squares[other];
    size_t before = 1;
    for (size_t r = 0; r < other; ++r)
        before += squares[r] <= own;
    for (size_t r = other + 1; r < rows; ++r)
        before += squares[r] < own;
    return before - (squares[self] < own || (self < other && squares[self] <= own) ? 1 : 0);
}

static void rank_rows(void *user, size_t first, size_t count, const double *squares)
{
    struct ranking *ranking = user;
    for (size_t i = 0; i < count; ++i)
        for (size_t n = 0; n < ranking->k; ++n) {
            size_t other = ranking->neighbours[(first + i) * ranking->k + n];
            size_t rank = rank_of(ranking->rows, squares + i * ranking->rows, first + i, other);
            ranking->intruded += rank > ranking->k ? (double)(rank - ranking->k) : 0;
        }
}

enum elbow_status elbow_trustworthiness(struct elbow_points data, struct elbow_points codes, size_t k, double *value,
                                        struct elbow_error *error)
{
    size_t *neighbours = NULL;
    double n = (double)data.count, few = (double)k;
    ELBOW_CHECK(data.count == codes.count && 2 * k < data.count);
    enum elbow_status status =
        elbow_allocate(&neighbours, codes.count * k, sizeof *neighbours, "nearest neighbours", error);
    struct ranking ranking = {.rows = data.count, .k = k, .neighbours = neighbours};
    if (status == ELBOW_OK)
        status = elbow_neighbours_find(codes, codes, k, neighbours, NULL, error);
    if (status == ELBOW_OK)
        status = elbow_distances_walk(data, data, rank_rows, &ranking, error);
    *value = 1 - 2 / (n * few * (2 * n - 3 * few - 1)) * ranking.intruded;
    elbow_release(&neighbours);
    return status;
}

enum elbow_status elbow_yardstick_embedding(const struct elbow_yardstick_input *input,
                                            struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    size_t rows = input->rows, count = rows * input->values;
    double *data = NULL, trust = 0, continuity = 0;
    if (2 * input->neighbours >= rows)
        return elbow_error_set(error, ELBOW_DATA, "needs more than twice as many rows as %zu neighbours, and has %zu",
                               input->neighbours, rows);
    enum elbow_status status = elbow_allocate(&data, count, sizeof *data, "the rows in double precision", error);
    for (size_t i = 0; status == ELBOW_OK && i < count; ++i)
        data[i] = input->data[i];
    struct elbow_points of_data = {rows, input->values, data}, of_codes = {rows, input->width, input->codes};
    if (status == ELBOW_OK)
        status = elbow_trustworthiness(of_data, of_codes, input->neighbours, &trust, error);
    if (status == ELBOW_OK)
        status = elbow_trustworthiness(of_codes, of_data, input->neighbours, &continuity, error);
    elbow_release(&data);
    if (status != ELBOW_OK)
        return status;
    elbow_yardstick_add(figures, "trustworthiness", trust, NAN);
    elbow_yardstick_add(figures, "continuity", continuity, NAN);
    return ELBOW_OK;
}
