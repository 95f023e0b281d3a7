// SPDX-License-Identifier: BSD-3-Clause
// Sums over samples turned into the figures that are reported. Everything is in double, and a NaN among the sums is a
// NaN in the figures.
#include "elbow/vae/detail/objective.h"

#include "elbow/base/status.h"

#include <math.h>

static const double ACTIVE_VARIANCE = 0.01, COLLAPSED_KL = 0.01; // nats

size_t elbow_statistics_size(size_t latent, bool moments)
{
    return ELBOW_STATISTIC_HEAD + (moments ? 3 * latent : latent);
}

void elbow_statistics_figures(const double *statistics, bool has_kl, struct elbow_figures *figures)
{
    double samples = statistics[ELBOW_STATISTIC_SAMPLES];
    double recon = statistics[ELBOW_STATISTIC_RECON] / samples, kl = statistics[ELBOW_STATISTIC_KL] / samples;
    elbow_figures_set(figures, ELBOW_FIGURE_SAMPLES, samples);
    elbow_figures_set(figures, ELBOW_FIGURE_OBJECTIVE, statistics[ELBOW_STATISTIC_OBJECTIVE] / samples);
    elbow_figures_set(figures, ELBOW_FIGURE_RECON, recon);
    if (!has_kl)
        return;
    elbow_figures_set(figures, ELBOW_FIGURE_KL, kl);
    elbow_figures_set(figures, ELBOW_FIGURE_ELBO, recon - kl);
}

size_t elbow_statistics_active(const double *statistics, size_t latent)
{
    const double *sums = statistics + ELBOW_STATISTIC_HEAD + latent;
    const double *squares = sums + latent;
    double samples = statistics[ELBOW_STATISTIC_SAMPLES];
    size_t active = 0;
    for (size_t j = 0; j < latent; ++j) {
        double mean = sums[j] / samples;
        active += squares[j] / samples - mean * mean > ACTIVE_VARIANCE;
    }
    return active;
}

bool elbow_kl_has_collapsed(const double *kl, size_t latent)
{
    for (size_t j = 0; j < latent; ++j)
        if (!(kl[j] < COLLAPSED_KL))
            return false;
    return true;
}

#define ROW(name, word, ...) [name] = &elbow_objective_##word,
static const struct elbow_objective *const rows[] = {ELBOW_OBJECTIVE_LIST(ROW)};

const struct elbow_objective *elbow_objective_row(enum elbow_objective_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_OBJECTIVES);
    return rows[kind];
}

struct elbow_terms elbow_objective_terms(const struct elbow_config *config, double beta)
{
    return (struct elbow_terms){.beta = beta,
                                .free_bits = config->objective.free_bits,
                                .free_of = (enum elbow_free)config->objective.free_of,
                                .kl = (enum elbow_kl_kind)config->objective.kl,
                                .gradient = (enum elbow_estimator)config->objective.gradient,
                                .capacity = config->objective.capacity.to,
                                .capacity_weight = config->objective.capacity.weight,
                                .parts = config->objective.parts,
                                .classifier = config->objective.classifier,
                                .penalties = config->objective.penalties,
                                .penalty_options = config->objective.penalty_options};
}

bool elbow_objective_looks_back(const struct elbow_config *config)
{
    return config->objective.kl == ELBOW_KL_CAPACITY ||
           (config->objective.kl == ELBOW_KL_WEIGHTED && config->objective.free_of == ELBOW_FREE_BATCH);
}

double elbow_objective_capacity(const struct elbow_config *config, uint64_t step)
{
    double from = config->objective.capacity.from, to = config->objective.capacity.to;
    if (step >= (uint64_t)config->objective.capacity.steps)
        return to;
    return from + (to - from) * ((double)step / (double)config->objective.capacity.steps);
}

// Whole numbers say which step of which cycle it is: sums of rounded parts would drift.
static double cyclical(const struct elbow_config *config, uint64_t step)
{
    uint64_t cycles = (uint64_t)config->objective.cyclical.cycles, steps = (uint64_t)config->objective.cyclical.steps;
    if (step >= steps)
        return 1;
    uint64_t behind = (uint64_t)((unsigned __int128)step * cycles % steps); // times the number of cycles
    double risen = ((double)behind + (double)cycles) / ((double)steps * config->objective.cyclical.share);
    return risen < 1 ? risen : 1;
}

double elbow_objective_beta(const struct elbow_config *config, uint64_t step)
{
    double beta = config->objective.beta;
    if (config->objective.ramp == ELBOW_RAMP_CYCLICAL)
        return beta * cyclical(config, step);
    if (config->objective.warmup <= 0 || step >= (uint64_t)config->objective.warmup)
        return beta;
    return beta * (((double)step + 1) / (double)config->objective.warmup);
}
