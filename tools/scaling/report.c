// SPDX-License-Identifier: BSD-3-Clause
// The report: the table of measured or simulated points, explained in sentences.
#include "scaling.h"

#include <math.h>
#include <string.h>

static void print_origin(const struct scaling_samples *samples)
{
    const struct scaling_sample *list = samples->list, *first = &list[0], *last = first;
    for (size_t i = 0; i < samples->count; ++i) {
        if (strcmp(list[i].started, first->started) < 0)
            first = &list[i];
        if (strcmp(list[i].started, last->started) > 0)
            last = &list[i];
    }
    elbow_text_print(stdout, "%zu measurements, %s to %s\n", samples->count, first->started, last->started);
    elbow_text_print(stdout, "build: %s; processor: %s; hosts of the most ranks: %s\n", last->build, last->processor,
                     list[samples->count - 1].hosts);
    for (size_t i = 0; i < samples->count; ++i) {
        bool differs = strcmp(list[i].build, last->build) != 0 || strcmp(list[i].processor, last->processor) != 0;
        if (list[i].kind != last->kind || !differs)
            continue;
        elbow_text_print(stdout,
                         "warning: builds or processors differ: also %s on %s; ratios may compare different machines\n",
                         list[i].build, list[i].processor);
        break;
    }
}

static void warn_of_crowds(const struct scaling_samples *samples)
{
    size_t crowded = 0;
    for (size_t i = 0; i < samples->count; ++i)
        crowded += samples->list[i].kind == SCALING_MEASURED &&
                   samples->list[i].cores_busy < SCALING_BUSY_LEAST * samples->list[i].threads;
    if (crowded > 0)
        printf(
            "warning: in %zu of %zu measurements a rank had less than %.0f%% of its core: other programs were running, "
            "and these figures are unreliable\n",
            crowded, samples->count, 100 * SCALING_BUSY_LEAST);
}

static void print_series(struct scaling_series series)
{
    const struct scaling_row *first = series.rows;
    printf("\n%s scaling, %s: %llu parameters, microbatches of %llu, %d thread%s per rank, %d repeat%s\n",
           scaling_mode_name(first->mode), scaling_kind_name(first->kind), (unsigned long long)first->parameters,
           (unsigned long long)first->microbatch, first->threads, first->threads == 1 ? "" : "s", first->repeats,
           first->repeats == 1 ? "" : "s");
    bool has_crowded = false;
    printf("%6s %6s %7s %10s %22s %10s %24s %11s %8s %8s %8s %6s\n", "nodes", "ranks", "batch", "step, ms",
           "least to most", "samples/s", "speed-up (least to most)", "efficiency", "compute", "exchange", "data",
           "core");
    for (size_t i = 0; i < series.count; ++i) {
        const struct scaling_row *row = &series.rows[i];
        printf("%6d %6d %7llu %10.3f %10.3f to %8.3f %10.0f %8.2f (%5.2f to %5.2f) %10.1f%% %7.1f%% %7.1f%% %7.1f%%",
               row->nodes, row->ranks, (unsigned long long)row->batch, row->step.median * 1e3, row->step.least * 1e3,
               row->step.most * 1e3, row->samples_per_s.median, row->speedup.median, row->speedup.least,
               row->speedup.most, 100 * row->efficiency.median, 100 * row->compute, 100 * row->exchange,
               100 * row->data);
        if (isnan(row->cores_busy))
            printf("\n");
        else
            printf(" %5.0f%%%s\n", 100 * row->cores_busy, scaling_row_is_crowded(row) ? " *" : "");
        has_crowded |= scaling_row_is_crowded(row);
    }
    if (has_crowded)
        printf("* A rank had less than %.0f%% of its core: other programs were running, and this line is unreliable.\n",
               100 * SCALING_BUSY_LEAST);
}

// The part of a loss that is largest, in words.
static const char *greatest(struct scaling_loss loss)
{
    const struct {
        double share;
        const char *why;
    } parts[] = {
        {loss.uneven, "microbatches do not divide evenly among the ranks, and most ranks wait for those with one more"},
        {loss.compute, "a microbatch takes longer than with the fewest ranks: the ranks share caches, memory or cores"},
        {loss.exchange, "the exchange, with its waiting, takes longer"},
        {loss.data, "the data take longer"},
        {loss.rest, "something other than computing, exchange and data takes longer"},
    };
    size_t most = 0;
    for (size_t i = 1; i < sizeof parts / sizeof *parts; ++i)
        if (parts[i].share > parts[most].share)
            most = i;
    return parts[most].why;
}

// "2 ranks on 1 node"
struct place {
    char text[64];
};

static struct place place_of(const struct scaling_row *row)
{
    struct place place;
    elbow_text_format(place.text, sizeof place.text, "%d rank%s on %d node%s", row->ranks, row->ranks == 1 ? "" : "s",
                      row->nodes, row->nodes == 1 ? "" : "s");
    return place;
}

static void explain_loss(const struct scaling_row *base, const struct scaling_row *row)
{
    struct scaling_loss loss = scaling_loss_of(base, row);
    printf(
        "With %s the efficiency is %.1f%%. Compared with %s, the additional time of a step is, as shares of that step: "
        "slower computation %.1f%%, exchange and waiting %.1f%%, uneven microbatches %.1f%%, data %.1f%%, other %.1f%%",
        place_of(row).text, 100 * row->efficiency.median, place_of(base).text, 100 * loss.compute, 100 * loss.exchange,
        100 * loss.uneven, 100 * loss.data, 100 * loss.rest);
    if (row->efficiency.median < 0.98)
        printf(". Mainly, %s.\n", greatest(loss));
    else
        printf(".\n");
}

static void explain(struct scaling_series series)
{
    const struct scaling_row *base = series.rows, *last = &series.rows[series.count - 1];
    if (series.count < 2) {
        printf("One number of ranks does not show scaling; measure several.\n");
        return;
    }
    size_t knee = scaling_knee(series);
    explain_loss(base, last);
    if (knee + 1 == series.count) {
        printf("No knee up to %s: speed-up times efficiency still rises there.\n", place_of(last).text);
    } else {
        const struct scaling_row *at = &series.rows[knee], *next = at + 1;
        printf("The knee is at %s: there speed-up times efficiency is largest (%.2f; %.2f with %s). Beyond it, %s.\n",
               place_of(at).text, at->speedup.median * at->efficiency.median,
               next->speedup.median * next->efficiency.median, place_of(next).text,
               greatest(scaling_loss_of(at, next)));
    }
    if (base->mode == SCALING_STRONG)
        printf("A batch of %llu makes %llu microbatches, so at most %llu ranks can share it.\n",
               (unsigned long long)base->batch, (unsigned long long)base->microbatches,
               (unsigned long long)base->microbatches);
}

enum elbow_status scaling_report(const struct scaling_options *options, struct elbow_error *error)
{
    struct scaling_samples samples;
    struct scaling_table table = {0};
    elbow_path path;
    if (!elbow_text_format(path, sizeof path, "%s/scaling.csv", options->directory))
        return elbow_error_set(error, ELBOW_USAGE, "%s: the path is too long", options->directory);
    enum elbow_status status = scaling_samples_read(options->directory, &samples, error);
    if (status != ELBOW_OK)
        return status;
    status = scaling_table_make(&samples, &table, error);
    if (status == ELBOW_OK && table.count == 0)
        status = elbow_error_set(
            error, ELBOW_DATA,
            "%s: contains only exchanges; measure strong or weak scaling (elbow-scaling run --mode both)",
            options->directory);
    if (status == ELBOW_OK)
        status = scaling_table_write(&table, path, options->force, error);
    if (status == ELBOW_OK) {
        print_origin(&samples);
        warn_of_crowds(&samples);
    }
    for (int kind = 0; status == ELBOW_OK && kind < SCALING_KINDS; ++kind)
        for (int mode = 0; mode < SCALING_EXCHANGE; ++mode) {
            struct scaling_series series = scaling_series_of(&table, (enum scaling_kind)kind, (enum scaling_mode)mode);
            if (series.count == 0)
                continue;
            print_series(series);
            explain(series);
        }
    if (status == ELBOW_OK)
        elbow_text_print(stdout, "\ntable: %s\n", path);
    scaling_table_clear(&table);
    scaling_samples_clear(&samples);
    return status;
}
