// SPDX-License-Identifier: BSD-3-Clause
// The KL of a run, divided into the costs of the means and of the variances of its posteriors, and the pull of each.
#include "figures.h"

#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "elbow/output/plot.h"

#include <math.h>

enum { ROWS_MOST = 100000, SHOWN_ROWS = 400, FLOWS = 8, STEPS = 120, TIMES = 5, POINTS = 161 };

double figures_pull_of_mean(double mean)
{
    return mean * mean / 2;
}

double figures_pull_of_variance(double log_variance)
{
    return (expm1(log_variance) - log_variance) / 2;
}

struct latents {
    size_t rows, dimensions;
    float *mean, *log_variance;
};

static enum elbow_status read_one(struct elbow_hdf5 *file, const char *path, const char *name, struct latents *latents,
                                  float **values, struct elbow_error *error)
{
    struct elbow_hdf5_info info;
    enum elbow_status status = elbow_hdf5_describe_dataset(file, name, &info, error);
    if (status != ELBOW_OK)
        return status;
    if (info.rank != 2 || info.element != ELBOW_ELEMENT_FLOAT32 || info.shape[0] < 1 || info.shape[1] < 1)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s:%s: expected rows of float32, as elbow encode writes them of a "
                               "diagonal posterior",
                               path, name);
    size_t rows = info.shape[0] < ROWS_MOST ? (size_t)info.shape[0] : ROWS_MOST;
    if (latents->rows != 0 && (latents->rows != rows || latents->dimensions != info.shape[1]))
        return elbow_error_set(error, ELBOW_FORMAT, "%s: means and log-variances have different shapes", path);
    latents->rows = rows;
    latents->dimensions = (size_t)info.shape[1];
    status = elbow_allocate(values, rows * latents->dimensions, sizeof(float), "latents", error);
    return status == ELBOW_OK ? elbow_hdf5_read_rows(file, name, 0, rows, *values, error) : status;
}

static enum elbow_status read_latents(const char *path, struct latents *latents, struct elbow_error *error)
{
    struct elbow_hdf5 *file;
    enum elbow_status status = elbow_hdf5_open(path, &file, error);
    if (status != ELBOW_OK)
        return status;
    status = read_one(file, path, "/mean", latents, &latents->mean, error);
    if (status == ELBOW_OK)
        status = read_one(file, path, "/log_variance", latents, &latents->log_variance, error);
    (void)elbow_hdf5_close(file, NULL); // it was only read
    return status;
}

// The mean over rows of both parts, of each dimension.
struct parts {
    double *number, *of_mean, *of_variance;
};

static size_t find_parts(const struct latents *latents, struct parts *parts)
{
    size_t most = 0;
    for (size_t j = 0; j < latents->dimensions; ++j) {
        double mean = 0, variance = 0;
        for (size_t i = 0; i < latents->rows; ++i) {
            mean += figures_pull_of_mean((double)latents->mean[i * latents->dimensions + j]);
            variance += figures_pull_of_variance((double)latents->log_variance[i * latents->dimensions + j]);
        }
        parts->number[j] = (double)j;
        parts->of_mean[j] = mean / (double)latents->rows;
        parts->of_variance[j] = variance / (double)latents->rows;
        if (parts->of_mean[j] + parts->of_variance[j] > parts->of_mean[most] + parts->of_variance[most])
            most = j;
    }
    return most;
}

// The end of steps against the gradient of the KL alone: mean and log-variance after a time, in many short steps.
static void follow(double time, double *mean, double *log_variance)
{
    for (int step = 0; step < STEPS; ++step) {
        *mean -= time / STEPS * *mean;
        *log_variance -= time / STEPS * expm1(*log_variance) / 2;
    }
}

// Posteriors of one dimension as points, and the ways on which the KL pulls some of them.
struct field {
    double mean[SHOWN_ROWS], deviation[SHOWN_ROWS], path_mean[FLOWS][STEPS + 1], path_deviation[FLOWS][STEPS + 1];
    double z[POINTS], density[TIMES][POINTS];
    size_t shown;
};

static void find_field(const struct latents *latents, size_t j, struct field *field)
{
    field->shown = latents->rows < SHOWN_ROWS ? latents->rows : SHOWN_ROWS;
    for (size_t i = 0; i < field->shown; ++i) {
        field->mean[i] = (double)latents->mean[i * latents->dimensions + j];
        field->deviation[i] = exp((double)latents->log_variance[i * latents->dimensions + j] / 2);
    }
    for (size_t k = 0; k < FLOWS; ++k) {
        size_t i = k * field->shown / FLOWS;
        double mean = field->mean[i], log_variance = 2 * log(field->deviation[i]);
        for (size_t step = 0; step <= STEPS; ++step) {
            field->path_mean[k][step] = mean;
            field->path_deviation[k][step] = exp(log_variance / 2);
            follow(20.0 / STEPS, &mean, &log_variance);
        }
    }
}

// The posterior that lies farthest out, at times of its way to N(0, 1).
static void find_densities(struct field *field, const double times[TIMES])
{
    size_t far = 0;
    for (size_t i = 1; i < field->shown; ++i)
        if (fabs(field->mean[i]) > fabs(field->mean[far]))
            far = i;
    for (size_t t = 0; t < TIMES; ++t) {
        double mean = field->mean[far], log_variance = 2 * log(field->deviation[far]);
        follow(times[t], &mean, &log_variance);
        for (size_t p = 0; p < POINTS; ++p) {
            field->z[p] = -4 + 8.0 * (double)p / (POINTS - 1);
            double off = (field->z[p] - mean) / exp(log_variance / 2);
            field->density[t][p] = exp(-off * off / 2 - log_variance / 2) / sqrt(8 * atan(1));
        }
    }
}

static enum elbow_status plot_it(const struct latents *latents, const struct parts *parts, size_t j,
                                 struct figures_target target, struct elbow_error *error)
{
    static const double times[TIMES] = {0, 1, 4, 10, 20};
    static const char *const names[TIMES] = {"posterior", "after 1", "after 4", "after 10", "after 20: the prior"};
    static struct field field;
    find_field(latents, j, &field);
    find_densities(&field, times);
    const struct elbow_plot_series bars[] = {{.name = "of the mean",
                                              .mark = ELBOW_PLOT_BARS,
                                              .count = latents->dimensions,
                                              .x = parts->number,
                                              .y = parts->of_mean},
                                             {.name = "of the variance",
                                              .mark = ELBOW_PLOT_BARS,
                                              .count = latents->dimensions,
                                              .x = parts->number,
                                              .y = parts->of_variance}};
    struct elbow_plot_series flow[FLOWS + 1], densities[TIMES];
    flow[0] = (struct elbow_plot_series){
        .mark = ELBOW_PLOT_POINTS, .count = field.shown, .x = field.mean, .y = field.deviation, .colour = 1};
    for (size_t k = 0; k < FLOWS; ++k)
        flow[k + 1] = (struct elbow_plot_series){
            .count = STEPS + 1, .x = field.path_mean[k], .y = field.path_deviation[k], .colour = 2};
    for (size_t t = 0; t < TIMES; ++t)
        densities[t] =
            (struct elbow_plot_series){.name = names[t], .count = POINTS, .x = field.z, .y = field.density[t]};
    const struct elbow_plot_panel panels[] = {{.title = "The KL of each dimension",
                                               .x = {.label = "latent dimension", .is_whole = true},
                                               .y = {.label = "KL in nats"},
                                               .series = bars,
                                               .series_count = 2},
                                              {.title = "Posteriors, and where the KL pulls them",
                                               .x = {.label = "mean"},
                                               .y = {.label = "standard deviation"},
                                               .series = flow,
                                               .series_count = FLOWS + 1},
                                              {.title = "One posterior on its way",
                                               .x = {.label = "z"},
                                               .y = {.label = "density"},
                                               .series = densities,
                                               .series_count = TIMES}};
    const struct elbow_plot plot = {.columns = 3, .panels = panels, .panel_count = 3};
    return elbow_plot_write(&plot, target.path, target.publish, error);
}

enum elbow_status figures_divergence(const char *input, struct figures_target target, struct elbow_error *error)
{
    struct latents latents = {0};
    struct parts parts = {0};
    enum elbow_status status = read_latents(input, &latents, error);
    if (status == ELBOW_OK) {
        const struct elbow_array arrays[] = {ELBOW_ARRAY(parts.number, latents.dimensions),
                                             ELBOW_ARRAY(parts.of_mean, latents.dimensions),
                                             ELBOW_ARRAY(parts.of_variance, latents.dimensions)};
        status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the parts of the KL", error);
    }
    if (status == ELBOW_OK)
        status = plot_it(&latents, &parts, find_parts(&latents, &parts), target, error);
    elbow_release(&parts.number);
    elbow_release(&parts.of_mean);
    elbow_release(&parts.of_variance);
    elbow_release(&latents.mean);
    elbow_release(&latents.log_variance);
    return status;
}
