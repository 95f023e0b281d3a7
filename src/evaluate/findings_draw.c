// SPDX-License-Identifier: BSD-3-Clause
// The pictures of elbow score.
#include "elbow/evaluate/curves.h"
#include "elbow/evaluate/detail/findings.h"

#include "elbow/base/memory.h"

// Rank zero's.
static enum elbow_status draw_curves(const struct elbow_findings *findings, const char *path,
                                     enum elbow_publish publish, struct elbow_error *error)
{
    char pca[40];
    const struct elbow_findings_ranking *own = &findings->ranking, *baseline = &findings->baseline;
    elbow_text_format(pca, sizeof pca, "PCA of %zu", findings->components);
    const struct elbow_curve curves[ELBOW_CURVES_MOST] = {
        {"score", &own->ranking, own->auroc.value, own->average_precision.value},
        {pca, &baseline->ranking, baseline->auroc.value, baseline->average_precision.value}};
    return elbow_curves_write(baseline->is_there ? 2 : 1, curves, path, publish, error);
}

struct elbow_gallery elbow_findings_gallery(struct elbow_comm *comm, const struct elbow_findings *findings)
{
    const struct elbow_session *own = &findings->sessions[ELBOW_FINDINGS_OWN];
    return (struct elbow_gallery){.comm = comm,
                                  .model = own->model,
                                  .parameters = own->checkpoint.values,
                                  .data = &own->checkpoint.data,
                                  .config = &own->checkpoint.config,
                                  .frozen = own->frozen};
}

// Collective. The most unusual rows, which rank zero knows, beside their reconstructions.
static enum elbow_status draw_rows(struct elbow_comm *comm, const struct elbow_findings *findings,
                                   const struct elbow_findings_request *request, struct elbow_error *error)
{
    const struct elbow_session *own = &findings->sessions[ELBOW_FINDINGS_OWN];
    struct elbow_gallery gallery = elbow_findings_gallery(comm, findings);
    uint64_t asked = (uint64_t)request->worst, count = asked < findings->own.rows ? asked : findings->own.rows;
    uint64_t *rows = NULL;
    double *scores = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(rows, count), ELBOW_ARRAY(scores, count)};
    elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the most unusual rows", error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK) {
        for (uint64_t k = 0; findings->order != NULL && k < count; ++k) {
            rows[k] = findings->order[k];
            scores[k] = findings->scores[findings->order[k]];
        }
        elbow_comm_broadcast(comm, rows, count * sizeof *rows);
        elbow_comm_broadcast(comm, scores, count * sizeof *scores);
        const struct elbow_gallery_list list = {rows, count, "score", scores};
        gallery.publish = elbow_output_publishing(request->rows.force);
        elbow_gallery_rows(&gallery, &own->dataset, request->picture, &list, (uint64_t)own->checkpoint.config.seed,
                           false, error);
    }
    elbow_release(&rows);
    elbow_release(&scores);
    return error->status;
}

enum elbow_status elbow_findings_draw(struct elbow_comm *comm, const struct elbow_findings *findings,
                                      const struct elbow_findings_request *request, struct elbow_error *error)
{
    enum elbow_publish publish = elbow_output_publishing(request->rows.force);
    *error = (struct elbow_error){0};
    if (request->curves != NULL && elbow_comm_place(comm).rank == 0)
        draw_curves(findings, request->curves, publish, error);
    if (elbow_comm_agree_root(comm, error) != ELBOW_OK || request->picture == NULL)
        return error->status;
    return draw_rows(comm, findings, request, error);
}
