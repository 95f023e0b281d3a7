// SPDX-License-Identifier: BSD-3-Clause
// Fits a mixture of Gaussians, in double, one point after the other: no bit depends on ranks or threads. A pass over
// the points sums the statistics of the next components, so no responsibility is stored.
#include "elbow/evaluate/mixture.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <string.h>

enum { FULL_MOST = 32, LLOYD_PASSES = 20, PASSES_MOST = 200 };

static const double FLOOR = 1e-6, GAIN_LEAST = 1e-6, LOG_2_PI = 1.83787706640934548356;

struct fitting {
    const float *points;
    size_t count, latent, components, of_factor; // Z Z, or Z
    double floor;                                // of variances
    struct elbow_mixture *mixture;
    double *mass, *sums, *products; // (K), (K, Z), (K, of_factor): about the means
    double *difference, *logs;      // (Z), (K)
    double *distances;              // (count): squared, from the nearest centre
};

static enum elbow_status allocate_workspace(struct fitting *fitting, struct elbow_error *error)
{
    struct elbow_mixture *mixture = fitting->mixture;
    size_t components = fitting->components, latent = fitting->latent, factors = components * fitting->of_factor;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(mixture->weights, components),       ELBOW_ARRAY(mixture->means, components * latent),
        ELBOW_ARRAY(mixture->factors, factors),          ELBOW_ARRAY(fitting->mass, components),
        ELBOW_ARRAY(fitting->sums, components * latent), ELBOW_ARRAY(fitting->products, factors),
        ELBOW_ARRAY(fitting->difference, latent),        ELBOW_ARRAY(fitting->logs, components),
        ELBOW_ARRAY(fitting->distances, fitting->count),
    };
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a mixture", error);
}

static void clear_sums(struct fitting *fitting)
{
    memset(fitting->mass, 0, fitting->components * sizeof *fitting->mass);
    memset(fitting->sums, 0, fitting->components * fitting->latent * sizeof *fitting->sums);
    memset(fitting->products, 0, fitting->components * fitting->of_factor * sizeof *fitting->products);
}

// Fills the difference of a point from a component's mean; returns its square.
static double subtract(const struct fitting *fitting, size_t point, size_t component)
{
    const double *mean = fitting->mixture->means + component * fitting->latent;
    double square = 0;
    for (size_t j = 0; j < fitting->latent; ++j) {
        fitting->difference[j] = (double)fitting->points[point * fitting->latent + j] - mean[j];
        square += fitting->difference[j] * fitting->difference[j];
    }
    return square;
}

static size_t find_nearest(const struct fitting *fitting, size_t point, double *square)
{
    size_t nearest = 0;
    *square = INFINITY;
    for (size_t k = 0; k < fitting->components; ++k) {
        double distance = subtract(fitting, point, k);
        if (distance < *square) {
            *square = distance;
            nearest = k;
        }
    }
    return nearest;
}

static void place_centre(struct fitting *fitting, size_t component, size_t point)
{
    for (size_t j = 0; j < fitting->latent; ++j)
        fitting->mixture->means[component * fitting->latent + j] = (double)fitting->points[point * fitting->latent + j];
}

// A point, with a probability proportional to its distance; the first one uniformly.
static size_t choose(const struct fitting *fitting, double all, float word)
{
    double reached = 0, wanted = (double)word * all;
    for (size_t i = 0; i < fitting->count; ++i) {
        reached += fitting->distances[i];
        if (reached > wanted)
            return i;
    }
    return fitting->count - 1;
}

// k-means++: each further centre is likely to be far from the previous ones.
static void place_centres(struct fitting *fitting, uint64_t seed)
{
    const struct elbow_stream stream = {.seed = seed, .purpose = ELBOW_PURPOSE_FIT_CHOICE, .id = 1};
    for (size_t i = 0; i < fitting->count; ++i)
        fitting->distances[i] = 1;
    for (size_t k = 0; k < fitting->components; ++k) {
        double all = 0;
        uint32_t word;
        elbow_random_words(stream, k, 1, &word);
        for (size_t i = 0; i < fitting->count; ++i)
            all += fitting->distances[i];
        place_centre(fitting, k, choose(fitting, all, elbow_random_unit(word)));
        for (size_t i = 0; i < fitting->count; ++i) {
            double square = subtract(fitting, i, k);
            if (k == 0 || square < fitting->distances[i])
                fitting->distances[i] = square;
        }
    }
}

// Adds a point to a component, of which its share is that component's.
static void add(struct fitting *fitting, size_t point, size_t component, double share)
{
    size_t latent = fitting->latent;
    double *sums = fitting->sums + component * latent, *products = fitting->products + component * fitting->of_factor;
    subtract(fitting, point, component);
    fitting->mass[component] += share;
    for (size_t j = 0; j < latent; ++j) {
        double part = share * fitting->difference[j];
        sums[j] += part;
        for (size_t i = 0; fitting->mixture->is_full && i <= j; ++i)
            products[j * latent + i] += part * fitting->difference[i];
        if (!fitting->mixture->is_full)
            products[j] += part * fitting->difference[j];
    }
}

// In place: a covariance becomes its lower triangular factor, and is positive, thanks to its floor and to this one.
static void factorize(size_t latent, double floor, double *matrix)
{
    for (size_t j = 0; j < latent; ++j) {
        for (size_t i = 0; i <= j; ++i) {
            double sum = matrix[j * latent + i];
            for (size_t k = 0; k < i; ++k)
                sum -= matrix[j * latent + k] * matrix[i * latent + k];
            matrix[j * latent + i] = i < j ? sum / matrix[i * latent + i] : sqrt(fmax(sum, floor));
        }
        for (size_t i = j + 1; i < latent; ++i)
            matrix[j * latent + i] = 0;
    }
}

// The components from the sums. An empty component keeps its place, with weight 0.
static void conclude(struct fitting *fitting)
{
    struct elbow_mixture *mixture = fitting->mixture;
    size_t latent = fitting->latent;
    for (size_t k = 0; k < fitting->components; ++k) {
        double mass = fitting->mass[k], *mean = mixture->means + k * latent, *sums = fitting->sums + k * latent;
        double *factor = mixture->factors + k * fitting->of_factor;
        const double *products = fitting->products + k * fitting->of_factor;
        mixture->weights[k] = mass / (double)fitting->count;
        if (!(mass > 0))
            continue;
        for (size_t j = 0; j < latent; ++j) {
            double shift = sums[j] / mass;
            for (size_t i = 0; mixture->is_full && i <= j; ++i)
                factor[j * latent + i] = products[j * latent + i] / mass - shift * (sums[i] / mass);
            if (mixture->is_full)
                factor[j * latent + j] += fitting->floor;
            else
                factor[j] = sqrt(fmax(products[j] / mass - shift * shift, 0) + fitting->floor);
        }
        if (mixture->is_full)
            factorize(latent, fitting->floor, factor);
        for (size_t j = 0; j < latent; ++j)
            mean[j] += sums[j] / mass;
    }
}

// log of a component's weight times its density at a point.
static double log_part(const struct fitting *fitting, size_t point, size_t component)
{
    const struct elbow_mixture *mixture = fitting->mixture;
    size_t latent = fitting->latent;
    const double *factor = mixture->factors + component * fitting->of_factor;
    double *solved = fitting->difference, sum = 0;
    if (!(mixture->weights[component] > 0))
        return -INFINITY;
    subtract(fitting, point, component);
    for (size_t j = 0; j < latent; ++j) {
        double deviation = mixture->is_full ? factor[j * latent + j] : factor[j];
        for (size_t i = 0; mixture->is_full && i < j; ++i)
            solved[j] -= factor[j * latent + i] * solved[i];
        solved[j] /= deviation;
        sum -= 0.5 * (solved[j] * solved[j] + LOG_2_PI) + log(deviation);
    }
    return sum + log(mixture->weights[component]);
}

// The mean log-density of the points, and the sums of the next components.
static double expect(struct fitting *fitting)
{
    double all = 0;
    clear_sums(fitting);
    for (size_t i = 0; i < fitting->count; ++i) {
        double most = -INFINITY, sum = 0;
        for (size_t k = 0; k < fitting->components; ++k) {
            fitting->logs[k] = log_part(fitting, i, k);
            most = fmax(most, fitting->logs[k]);
        }
        for (size_t k = 0; k < fitting->components; ++k)
            sum += exp(fitting->logs[k] - most);
        for (size_t k = 0; k < fitting->components; ++k) {
            double share = exp(fitting->logs[k] - most) / sum;
            if (share > 0)
                add(fitting, i, k, share);
        }
        all += most + log(sum);
    }
    return all / (double)fitting->count;
}

// Moves each centre to the mean of its nearest points, and gives it their covariance.
static void start(struct fitting *fitting, uint64_t seed)
{
    double moved = INFINITY, square;
    place_centres(fitting, seed);
    for (int pass = 0; pass < LLOYD_PASSES && moved > 0; ++pass) {
        clear_sums(fitting);
        for (size_t i = 0; i < fitting->count; ++i)
            add(fitting, i, find_nearest(fitting, i, &square), 1);
        moved = 0;
        for (size_t k = 0; k < fitting->components * fitting->latent; ++k)
            moved += fabs(fitting->sums[k]);
        conclude(fitting);
    }
}

// A millionth of the mean variance of the points' dimensions, or of 1 if all points are equal.
static double find_floor(const struct fitting *fitting)
{
    double all = 0;
    for (size_t j = 0; j < fitting->latent; ++j) {
        double sum = 0, squares = 0, origin = (double)fitting->points[j];
        for (size_t i = 0; i < fitting->count; ++i) {
            double value = (double)fitting->points[i * fitting->latent + j] - origin;
            sum += value;
            squares += value * value;
        }
        sum /= (double)fitting->count;
        all += fmax(squares / (double)fitting->count - sum * sum, 0);
    }
    all /= (double)fitting->latent;
    return FLOOR * (all > 0 ? all : 1);
}

enum elbow_status elbow_mixture_fit(const float *points, size_t count, size_t latent, size_t components, uint64_t seed,
                                    struct elbow_mixture *mixture, struct elbow_error *error)
{
    bool is_full = latent <= FULL_MOST;
    ELBOW_CHECK(points && count >= components && components > 0 && latent > 0);
    *mixture = (struct elbow_mixture){
        .components = components, .latent = latent, .is_full = is_full, .latents = count, .log_density = -INFINITY};
    struct fitting fitting = {.points = points,
                              .count = count,
                              .latent = latent,
                              .components = components,
                              .of_factor = is_full ? latent * latent : latent,
                              .mixture = mixture};
    enum elbow_status status = allocate_workspace(&fitting, error);
    if (status == ELBOW_OK) {
        fitting.floor = find_floor(&fitting);
        start(&fitting, seed);
        for (int pass = 1;; ++pass) {
            double before = mixture->log_density;
            mixture->log_density = expect(&fitting);
            bool has_gained = mixture->log_density - before > GAIN_LEAST * (1 + fabs(mixture->log_density));
            if (!has_gained || pass == PASSES_MOST) // the density is that of the current mixture
                break;
            conclude(&fitting);
        }
    }
    elbow_release(&fitting.mass);
    elbow_release(&fitting.sums);
    elbow_release(&fitting.products);
    elbow_release(&fitting.difference);
    elbow_release(&fitting.logs);
    elbow_release(&fitting.distances);
    return status;
}

void elbow_mixture_draw(const struct elbow_mixture *mixture, uint64_t seed, uint64_t id, float *z)
{
    struct elbow_stream stream = {.seed = seed, .purpose = ELBOW_PURPOSE_SAMPLE_COMPONENT, .id = id};
    size_t latent = mixture->latent, k = 0, last = 0;
    double reached = 0;
    uint32_t word;
    elbow_random_words(stream, 0, 1, &word);
    for (k = 0; k < mixture->components; ++k) {
        if (!(mixture->weights[k] > 0))
            continue;
        last = k;
        reached += mixture->weights[k];
        if (reached > (double)elbow_random_unit(word))
            break;
    }
    stream.purpose = ELBOW_PURPOSE_SAMPLE_LATENT;
    elbow_random_normal(stream, latent, z);
    const double *mean = mixture->means + last * latent;
    const double *factor = mixture->factors + last * latent * (mixture->is_full ? latent : 1);
    for (size_t j = latent; j-- > 0;) { // backwards, because the lower ones are still noise
        double sum = mixture->is_full ? 0 : factor[j] * (double)z[j];
        for (size_t i = 0; mixture->is_full && i <= j; ++i)
            sum += factor[j * latent + i] * (double)z[i];
        z[j] = (float)(mean[j] + sum);
    }
}

void elbow_mixture_clear(struct elbow_mixture *mixture)
{
    elbow_release(&mixture->weights);
    elbow_release(&mixture->means);
    elbow_release(&mixture->factors);
    *mixture = (struct elbow_mixture){0};
}
