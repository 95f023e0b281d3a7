// SPDX-License-Identifier: BSD-3-Clause
// Eastwood, Williams (2018), "A framework for the quantitative evaluation of disentangled representations", with linear
// importances.
#include "elbow/statistics/disentanglement.h"

#include "elbow/base/memory.h"
#include "elbow/math/blas_double.h"
#include "elbow/math/lapack.h"
#include "elbow/statistics/detail/yardstick.h"

static const double PENALTY = 1;

// The mean over `count` groups, by their share of all importances, of 1 - entropy by its most. Member m of group g is
// importances[g * step + m * stride].
static double concentration(size_t count, size_t members, size_t step, size_t stride, const double *importances)
{
    double total = 0, sum = 0;
    if (members < 2)
        return NAN;
    for (size_t g = 0; g < count; ++g) {
        double whole = 0, entropy = 0;
        for (size_t m = 0; m < members; ++m)
            whole += importances[g * step + m * stride];
        if (whole <= 0)
            continue;
        for (size_t m = 0; m < members; ++m) {
            double share = importances[g * step + m * stride] / whole;
            entropy -= share > 0 ? share * log(share) : 0;
        }
        total += whole;
        sum += whole * (1 - entropy / log((double)members));
    }
    return total > 0 ? sum / total : 0;
}

struct elbow_dci elbow_dci_of(size_t width, size_t factors, const double *importances)
{
    return (struct elbow_dci){.disentanglement = concentration(width, factors, factors, 1, importances),
                              .completeness = concentration(factors, width, 1, factors, importances)};
}

// Mean 0 and variance 1; a column that does not vary becomes zero. Returns how many vary.
static size_t standardise(size_t rows, size_t width, const double *table, double *standard)
{
    size_t varying = 0;
    for (size_t k = 0; k < width; ++k) {
        double mean = 0, square = 0, most = 0;
        for (size_t i = 0; i < rows; ++i)
            mean += table[i * width + k];
        mean /= (double)rows;
        for (size_t i = 0; i < rows; ++i) {
            double from = table[i * width + k] - mean;
            square += from * from;
            most = fabs(table[i * width + k]) > most ? fabs(table[i * width + k]) : most;
        }
        double deviation = sqrt(square / (double)rows);
        bool varies = deviation > 1e-12 * most; // else rounding errors of the mean
        for (size_t i = 0; i < rows; ++i)
            standard[i * width + k] = varies ? (table[i * width + k] - mean) / deviation : 0;
        varying += varies;
    }
    return varying;
}

struct workspace {
    double *codes, *factors;                // standardised
    double *products, *kept, *coefficients; // (width, width) twice, (factors, width)
    double *rights, *importances;           // (factors, width), (width, factors)
};

// R^2 of a standardised factor: with G the products, b the coefficients and r the right side, |y - X b|^2 is
// rows - 2 b r + b G b.
static double explained(size_t rows, size_t width, const double *products, const double *b, const double *right)
{
    double cross = 0, square = 0;
    for (size_t j = 0; j < width; ++j) {
        cross += b[j] * right[j];
        for (size_t k = 0; k < width; ++k)
            square += b[j] * b[k] * products[(j > k ? j * width + k : k * width + j)];
    }
    return (2 * cross - square) / (double)rows;
}

static enum elbow_status regress(size_t rows, size_t width, size_t factors, size_t varying, struct workspace *workspace,
                                 struct elbow_dci *dci, struct elbow_error *error)
{
    elbow_blas_double_square_at(width, rows, workspace->codes, width, false, workspace->products, width);
    elbow_blas_double_multiply_at(factors, width, rows, workspace->factors, factors, workspace->codes, width, false,
                                  workspace->rights, width);
    for (size_t i = 0; i < width * width; ++i)
        workspace->kept[i] = workspace->products[i];
    for (size_t i = 0; i < factors * width; ++i)
        workspace->coefficients[i] = workspace->rights[i];
    for (size_t j = 0; j < width; ++j)
        workspace->products[j * width + j] += PENALTY;
    enum elbow_status status = elbow_lapack_solve(width, workspace->products, factors, workspace->coefficients, error);
    if (status != ELBOW_OK)
        return status;
    double sum = 0;
    for (size_t f = 0; f < factors; ++f) {
        const double *b = workspace->coefficients + f * width;
        for (size_t j = 0; j < width; ++j)
            workspace->importances[j * factors + f] = fabs(b[j]);
        sum += explained(rows, width, workspace->kept, b, workspace->rights + f * width);
    }
    *dci = elbow_dci_of(width, factors, workspace->importances);
    dci->informativeness = sum / (double)varying;
    return ELBOW_OK;
}

enum elbow_status elbow_dci(size_t rows, size_t width, const double *codes, size_t factors, const double *table,
                            struct elbow_dci *dci, struct elbow_error *error)
{
    struct workspace workspace = {0};
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(workspace.codes, rows * width),         ELBOW_ARRAY(workspace.factors, rows * factors),
        ELBOW_ARRAY(workspace.products, width * width),     ELBOW_ARRAY(workspace.kept, width * width),
        ELBOW_ARRAY(workspace.rights, factors * width),     ELBOW_ARRAY(workspace.coefficients, factors * width),
        ELBOW_ARRAY(workspace.importances, factors * width)};
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "regressions of all factors", error);
    size_t varying = 0;
    if (status == ELBOW_OK) {
        standardise(rows, width, codes, workspace.codes);
        varying = standardise(rows, factors, table, workspace.factors);
    }
    if (status == ELBOW_OK && varying == 0)
        status = elbow_error_set(error, ELBOW_DATA, "no factor varies");
    if (status == ELBOW_OK)
        status = regress(rows, width, factors, varying, &workspace, dci, error);
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; ++i)
        elbow_release(arrays[i].pointer);
    return status;
}

enum elbow_status elbow_yardstick_dci(const struct elbow_yardstick_input *input,
                                      struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    struct elbow_dci dci;
    enum elbow_status status =
        elbow_dci(input->rows, input->width, input->codes, input->factor_count, input->factors, &dci, error);
    if (status != ELBOW_OK)
        return status;
    if (input->factor_count > 1)
        elbow_yardstick_add(figures, "disentanglement", dci.disentanglement, NAN);
    if (input->width > 1)
        elbow_yardstick_add(figures, "completeness", dci.completeness, NAN);
    elbow_yardstick_add(figures, "informativeness", dci.informativeness, NAN);
    return ELBOW_OK;
}
