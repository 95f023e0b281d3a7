// SPDX-License-Identifier: BSD-3-Clause
// Calls of LAPACK by its Fortran names, which need no header of the library. The lower triangle of a row-major matrix
// is the upper one of the column-major matrix that LAPACK sees, and a column of LAPACK's is a row here.
#include "elbow/math/lapack.h"

#include "elbow/base/memory.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>

// The lengths of the texts follow all other arguments, as Fortran's compilers pass them.
void dsyevr_(const char *job, const char *range, const char *triangle, const int *n, double *a, const int *lda,
             const double *low, const double *high, const int *first, const int *last, const double *tolerance,
             int *found, double *values, double *vectors, const int *ldz, int *support, double *work,
             const int *work_size, int *whole_work, const int *whole_size, int *info, size_t, size_t, size_t);
void dposv_(const char *triangle, const int *n, const int *rights, double *a, const int *lda, double *b, const int *ldb,
            int *info, size_t);

// The first call queries the size of the workspace, the second one computes.
struct eigen {
    int n, first, last, found;
    double *matrix, *values, *vectors;
    int *support;
};

static int call(struct eigen *eigen, double *work, int work_size, int *whole_work, int whole_size)
{
    double unused = 0, tolerance = 0;
    int info = 0;
    dsyevr_("V", "I", "U", &eigen->n, eigen->matrix, &eigen->n, &unused, &unused, &eigen->first, &eigen->last,
            &tolerance, &eigen->found, eigen->values, eigen->vectors, &eigen->n, eigen->support, work, &work_size,
            whole_work, &whole_size, &info, 1, 1, 1);
    ELBOW_CHECK(info >= 0);
    return info;
}

// From the smallest to the largest, into the order and the signs that are promised.
static void arrange(size_t n, size_t count, const double *found_values, const double *found, double *values,
                    double *vectors)
{
    for (size_t i = 0; i < count; ++i) {
        const double *from = found + (count - 1 - i) * n;
        size_t largest = 0;
        for (size_t j = 1; j < n; ++j)
            largest = fabs(from[j]) > fabs(from[largest]) ? j : largest;
        double sign = from[largest] < 0 ? -1 : 1;
        for (size_t j = 0; j < n; ++j)
            vectors[i * n + j] = sign * from[j];
        values[i] = found_values[count - 1 - i];
    }
}

static enum elbow_status decompose(struct eigen *eigen, struct elbow_error *error)
{
    double wanted = 0, *work = NULL;
    int whole_wanted = 0, *whole_work = NULL, info = 0;
    call(eigen, &wanted, -1, &whole_wanted, -1);
    const struct elbow_array arrays[] = {ELBOW_ARRAY(work, (size_t)wanted),
                                         ELBOW_ARRAY(whole_work, (size_t)whole_wanted)};
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a workspace for eigenvectors", error);
    if (status == ELBOW_OK)
        info = call(eigen, work, (int)wanted, whole_work, whole_wanted);
    if (status == ELBOW_OK && (info > 0 || eigen->found != eigen->last - eigen->first + 1))
        status =
            elbow_error_set(error, ELBOW_NUMBERS, "the eigenvectors of a matrix of %d rows were not found", eigen->n);
    elbow_release(&work);
    elbow_release(&whole_work);
    return status;
}

enum elbow_status elbow_lapack_eigen(size_t n, double *matrix, size_t count, double *values, double *vectors,
                                     struct elbow_error *error)
{
    ELBOW_CHECK(n >= 1 && n <= INT_MAX && count >= 1 && count <= n);
    double *found_values = NULL, *found = NULL;
    int *support = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(found_values, n), ELBOW_ARRAY(found, count * n),
                                         ELBOW_ARRAY(support, 2 * count)};
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a workspace for eigenvectors", error);
    struct eigen eigen = {.n = (int)n,
                          .first = (int)(n - count + 1),
                          .last = (int)n,
                          .matrix = matrix,
                          .values = found_values,
                          .vectors = found,
                          .support = support};
    if (status == ELBOW_OK)
        status = decompose(&eigen, error);
    if (status == ELBOW_OK)
        arrange(n, count, found_values, found, values, vectors);
    elbow_release(&found_values);
    elbow_release(&found);
    elbow_release(&support);
    return status;
}

enum elbow_status elbow_lapack_solve(size_t n, double *a, size_t rights, double *b, struct elbow_error *error)
{
    ELBOW_CHECK(n >= 1 && n <= INT_MAX && rights >= 1 && rights <= INT_MAX);
    int size = (int)n, columns = (int)rights, info = 0;
    dposv_("U", &size, &columns, a, &size, b, &size, &info, 1);
    ELBOW_CHECK(info >= 0);
    if (info == 0)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_NUMBERS, "a matrix of %zu rows is not positive definite", n);
}
