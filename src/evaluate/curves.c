// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/curves.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/output/plot.h"

enum { POINTS_MOST = 4096, NAME_SIZE = 96 }; // a picture has fewer places
enum { SERIES = ELBOW_CURVES_MOST + 1 };
enum { GREY = 8 }; // the colour of the lines of chance

struct drawn {
    double *x, *y; // of a curve; owned
    size_t count;
    double level[2]; // of the first one: the prevalence
    char name[NAME_SIZE];
};

// Points (share of the normal rows, share of the anomalies), or (recall, precision), of at most POINTS_MOST scores.
static enum elbow_status draw(const struct elbow_curve *curve, bool is_precision, struct drawn *drawn,
                              struct elbow_error *error)
{
    const struct elbow_ranking *ranking = curve->ranking;
    size_t step = ranking->count / POINTS_MOST + 1;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(drawn->x, ranking->count / step + 3),
                                         ELBOW_ARRAY(drawn->y, ranking->count / step + 3)};
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a curve", error);
    if (status != ELBOW_OK)
        return status;
    if (!is_precision)
        drawn->count = 1; // it begins at (0, 0)
    for (size_t i = 0; i < ranking->count; ++i) {
        const struct elbow_ranking_point *point = &ranking->points[i];
        double recall = (double)point->anomalies / (double)ranking->anomalies;
        if (i % step != 0 && i + 1 != ranking->count)
            continue;
        drawn->x[drawn->count] = is_precision ? recall : (double)point->normal / (double)ranking->normal;
        drawn->y[drawn->count++] =
            is_precision ? (double)point->anomalies / (double)(point->anomalies + point->normal) : recall;
    }
    elbow_text_format(drawn->name, sizeof drawn->name, "%s: %s %.4f", curve->name, is_precision ? "AP" : "AUROC",
                      is_precision ? curve->average_precision : curve->auroc);
    return ELBOW_OK;
}

static struct elbow_plot_series series_of(const struct drawn *drawn, bool is_dashed)
{
    return (struct elbow_plot_series){.name = drawn->name,
                                      .mark = ELBOW_PLOT_LINE,
                                      .count = drawn->count,
                                      .x = drawn->x,
                                      .y = drawn->y,
                                      .is_dashed = is_dashed};
}

// The panel of all curves, with memory for their series and points.
static enum elbow_status make_panel(size_t count, const struct elbow_curve *curves, bool is_precision,
                                    struct drawn *drawn, struct elbow_plot_series *series,
                                    struct elbow_plot_panel *panel, struct elbow_error *error)
{
    static const double ends[] = {0, 1};
    double *level = drawn[0].level;
    const struct elbow_ranking *ranking = curves->ranking;
    level[0] = level[1] = (double)ranking->anomalies / (double)(ranking->anomalies + ranking->normal);
    enum elbow_status status = ELBOW_OK;
    for (size_t c = 0; c < count && status == ELBOW_OK; ++c) {
        status = draw(&curves[c], is_precision, &drawn[c], error);
        series[c] = series_of(&drawn[c], c > 0);
    }
    series[count] = (struct elbow_plot_series){.name = is_precision ? "prevalence" : "chance",
                                               .mark = ELBOW_PLOT_LINE,
                                               .count = 2,
                                               .x = ends,
                                               .y = is_precision ? level : ends,
                                               .colour = GREY,
                                               .is_dashed = true};
    *panel = (struct elbow_plot_panel){
        .title = is_precision ? "Precision and recall" : "Receiver operating characteristic",
        .x = {.label =
                  is_precision ? "recall (share of the anomalies found)" : "share of the normal rows above the limit",
              .least = 0,
              .most = 1},
        .y = {.label = is_precision ? "precision (share of anomalies)" : "share of the anomalies above the limit",
              .least = 0,
              .most = 1},
        .series = series,
        .series_count = count + 1};
    return status;
}

enum elbow_status elbow_curves_write(size_t count, const struct elbow_curve *curves, const char *path,
                                     enum elbow_publish publish, struct elbow_error *error)
{
    struct drawn drawn[2][ELBOW_CURVES_MOST] = {0};
    struct elbow_plot_series series[2][SERIES];
    struct elbow_plot_panel panels[2];
    ELBOW_CHECK(count > 0 && count <= ELBOW_CURVES_MOST);
    enum elbow_status status = make_panel(count, curves, false, drawn[0], series[0], &panels[0], error);
    if (status == ELBOW_OK)
        status = make_panel(count, curves, true, drawn[1], series[1], &panels[1], error);
    const struct elbow_plot plot = {.columns = 2, .panels = panels, .panel_count = 2};
    if (status == ELBOW_OK)
        status = elbow_plot_write(&plot, path, publish, error);
    for (size_t p = 0; p < 2; ++p)
        for (size_t c = 0; c < ELBOW_CURVES_MOST; ++c) {
            elbow_release(&drawn[p][c].x);
            elbow_release(&drawn[p][c].y);
        }
    return status;
}
