// SPDX-License-Identifier: BSD-3-Clause
// Rows that are read from files while a run trains: the calls of the steps.
#include "elbow/train/detail/engine.h"

#include "elbow/base/text.h"
#include "elbow/data/pages.h"

#include <stdio.h>

static struct elbow_pages *pages_of(const struct elbow_engine *engine)
{
    return elbow_dataset_pages(&engine->plan->train);
}

void elbow_engine_say_pages(const struct elbow_engine *engine)
{
    char text[ELBOW_MESSAGE_SIZE];
    const struct elbow_train_plan *plan = engine->plan;
    while (pages_of(engine) != NULL && elbow_pages_take_note(pages_of(engine), text, sizeof text)) {
        if (plan->place.rank == 0)
            elbow_log_warn(plan->log, "rank 0: %s", text);
        else
            elbow_text_print(stderr, "elbow: warning: rank %d: %s\n", plan->place.rank, text);
    }
}

static void go_on(void *user)
{
    const struct elbow_engine *engine = user;
    elbow_exchange_poll(engine->exchange);
    elbow_engine_say_pages(engine);
}

void elbow_engine_await_pages(struct elbow_engine *engine, struct elbow_data_source *source)
{
    if (pages_of(engine) == NULL)
        return;
    source->meanwhile = go_on;
    source->user = engine;
    elbow_pages_meanwhile(pages_of(engine), go_on, engine);
}

void elbow_engine_trace_pages(const struct elbow_engine *engine, struct elbow_track *track)
{
    if (pages_of(engine) != NULL)
        elbow_pages_trace(pages_of(engine), track);
}

void elbow_engine_stop_data(struct elbow_engine *engine)
{
    if (engine->prefetch != NULL)
        elbow_prefetch_stop(engine->prefetch);
    if (engine->plan != NULL && pages_of(engine) != NULL)
        elbow_pages_stop(pages_of(engine));
}

uint64_t elbow_engine_count_late(const struct elbow_engine *engine, struct elbow_figures *figures)
{
    if (engine->plan->page_order == NULL)
        return 0;
    uint64_t late = pages_of(engine) != NULL ? elbow_pages_count(pages_of(engine)).late : 0;
    elbow_figures_set(figures, ELBOW_FIGURE_LATE_PAGES, (double)(late - engine->times.late));
    return late;
}
