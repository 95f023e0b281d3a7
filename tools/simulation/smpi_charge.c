// SPDX-License-Identifier: BSD-3-Clause
// The simulated time of computing. The linker puts these functions before those of the program that compute (--wrap).
// Each runs the real one and charges its rank with processor time, and nothing else is charged.
//
// One process computes for all ranks: each finds the caches full of another one's memory, and other users of the
// machine disturb it. The same work is therefore charged with the least time that any rank has needed so far.
#include "smpi_shim.h"

#include "elbow/data/prefetch.h"
#include "elbow/math/vector.h"
#include "elbow/nn/optimizer.h"
#include "elbow/parallel/partition.h"
#include "elbow/vae/layerwise.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#undef clock_gettime

// A piece of work: the function, and the sizes that determine its time.
enum work { TRAIN, FORWARD, BACKWARD, INPUTS, SCORE, TAKE, UPDATE, ADD, SCALE, STATISTICS, NORMS };
struct piece {
    int work;
    size_t a, b, c;
    double least; // seconds
};
enum { PIECES = 4096 };

// Ranks share it, as they are one process without privatisation; none of them runs beside another.
static struct {
    struct piece list[PIECES];
    int count;
} known;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static struct piece *find(int work, size_t a, size_t b, size_t c)
{
    for (int i = 0; i < known.count; ++i) {
        struct piece *piece = &known.list[i];
        if (piece->work == work && piece->a == a && piece->b == b && piece->c == c)
            return piece;
    }
    if (known.count == PIECES) {
        fprintf(stderr, "elbow: the simulation knows no more than %d pieces of work\n", PIECES);
        abort();
    }
    known.list[known.count] = (struct piece){.work = work, .a = a, .b = b, .c = c, .least = 1e9};
    return &known.list[known.count++];
}

// Ends a piece of work that began at `start`.
static void charge(double start, int work, size_t a, size_t b, size_t c)
{
    double seconds = now() - start;
    struct piece *piece = find(work, a, b, c);
    if (seconds < piece->least)
        piece->least = seconds;
    elbow_simulation_owe(piece->least);
}

// The prototypes are those of the headers: a wrapper of another signature does not compile.
#define WRAPPED(function) __typeof__(function) __real_##function, __wrap_##function
WRAPPED(elbow_model_train);
WRAPPED(elbow_model_score);
WRAPPED(elbow_layerwise_forward);
WRAPPED(elbow_layerwise_backward);
WRAPPED(elbow_layerwise_backward_inputs);
WRAPPED(elbow_prefetch_take);
WRAPPED(elbow_optimizer_apply);
WRAPPED(elbow_vector_add);
WRAPPED(elbow_vector_scale);
WRAPPED(elbow_partition_sum);
WRAPPED(elbow_partition_sum_leaves);

void __wrap_elbow_model_train(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                              struct elbow_terms terms, float *gradient, double *statistics)
{
    double start = now();
    __real_elbow_model_train(model, parameters, microbatch, terms, gradient, statistics);
    charge(start, TRAIN, microbatch.rows, 0, 0);
}

void __wrap_elbow_layerwise_forward(struct elbow_model *model, const struct elbow_layerwise *layerwise, size_t layer,
                                    size_t part, const float *parameters)
{
    double start = now();
    __real_elbow_layerwise_forward(model, layerwise, layer, part, parameters);
    charge(start, FORWARD, layerwise->microbatch.rows, layer, part);
}

void __wrap_elbow_layerwise_backward(struct elbow_model *model, const struct elbow_layerwise *layerwise, size_t layer,
                                     size_t part, const float *parameters, float *gradient)
{
    double start = now();
    __real_elbow_layerwise_backward(model, layerwise, layer, part, parameters, gradient);
    charge(start, BACKWARD, layerwise->microbatch.rows, layer, part);
}

void __wrap_elbow_layerwise_backward_inputs(struct elbow_model *model, const struct elbow_layerwise *layerwise,
                                            size_t layer, const float *parameters)
{
    double start = now();
    __real_elbow_layerwise_backward_inputs(model, layerwise, layer, parameters);
    charge(start, INPUTS, layerwise->microbatch.rows, layer, 0);
}

void __wrap_elbow_model_score(struct elbow_model *model, size_t slot, const float *parameters,
                              struct elbow_microbatch microbatch, struct elbow_terms terms, float *gradient,
                              double *statistics)
{
    double start = now();
    __real_elbow_model_score(model, slot, parameters, microbatch, terms, gradient, statistics);
    charge(start, SCORE, microbatch.rows, 0, 0);
}

struct elbow_microbatch __wrap_elbow_prefetch_take(struct elbow_prefetch *prefetch,
                                                   const struct elbow_microbatch_range *wanted,
                                                   const struct elbow_microbatch_range *next)
{
    double start = now();
    struct elbow_microbatch microbatch = __real_elbow_prefetch_take(prefetch, wanted, next);
    charge(start, TAKE, microbatch.rows, 0, 0);
    return microbatch;
}

void __wrap_elbow_optimizer_apply(struct elbow_optimizer *optimizer, struct elbow_optimizer_part part, uint64_t update,
                                  double rate, double clip, const float *gradient, float *parameters)
{
    double start = now();
    __real_elbow_optimizer_apply(optimizer, part, update, rate, clip, gradient, parameters);
    charge(start, UPDATE, part.count, 0, 0);
}

void __wrap_elbow_vector_add(size_t n, const float *a, const float *b, float *sum)
{
    double start = now();
    __real_elbow_vector_add(n, a, b, sum);
    charge(start, ADD, n, 0, 0);
}

double __wrap_elbow_vector_scale(size_t n, float factor, const float *x, float *y)
{
    double start = now(), norm = __real_elbow_vector_scale(n, factor, x, y);
    charge(start, SCALE, n, 0, 0);
    return norm;
}

void __wrap_elbow_partition_sum(uint64_t n, const struct elbow_range *subtrees, int count, size_t width, double *sums)
{
    double start = now();
    __real_elbow_partition_sum(n, subtrees, count, width, sums);
    charge(start, STATISTICS, n, (size_t)count, width);
}

double __wrap_elbow_partition_sum_leaves(const double *leaves, uint64_t n)
{
    double start = now(), sum = __real_elbow_partition_sum_leaves(leaves, n);
    charge(start, NORMS, n, 0, 0);
    return sum;
}
