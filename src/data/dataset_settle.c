// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: its figures and what follows from them, in turn or in a common walk over its rows.
#include "elbow/data/detail/learning.h"
#include "elbow/data/detail/page_load.h"

// Collective. Each figure from a walk of its own over the rows that are looked at.
static enum elbow_status settle_in_turn(struct elbow_loading *loading, struct elbow_error *error)
{
    if (elbow_loading_find_range(loading, error) != ELBOW_OK || elbow_loading_measure(loading, error) != ELBOW_OK)
        return error->status;
    if (elbow_loading_settle_known(loading, error) != ELBOW_OK)
        return error->status;
    if (elbow_loading_doubt_sentinels(loading, error) != ELBOW_OK)
        return error->status;
    elbow_loading_settle_scale(loading, error);
    if (elbow_loading_agree(loading, error) != ELBOW_OK || elbow_loading_take_transform(loading, error) != ELBOW_OK)
        return error->status;
    elbow_loading_check(loading, error);
    if (elbow_loading_agree_check(loading, error) != ELBOW_OK)
        return error->status;
    enum elbow_status status = elbow_loading_measure_transformed(loading, error);
    return status == ELBOW_OK ? elbow_loading_take_input(loading, NULL, error) : status;
}

enum elbow_status elbow_loading_settle(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    bool is_walked = dataset->sample.count > 0 && !loading->is_sampled;
    enum elbow_status status = is_walked ? elbow_loading_learn(loading, log, error) : settle_in_turn(loading, error);
    if (status == ELBOW_OK && dataset->pages != NULL)
        elbow_page_load_settle(dataset->page_load, dataset);
    if (elbow_loading_agree(loading, error) != ELBOW_OK || dataset->pages == NULL || is_walked)
        return error->status;
    return elbow_loading_learn_start(loading, log, error);
}
