// SPDX-License-Identifier: BSD-3-Clause
// score CHECKPOINT DATA: prints the score (minus the bound on the log-density) of each row, a line each, and which row
// is the most unusual. DATA is FILE:/dataset, or - for the data of the run itself.
#include <elbow/evaluate/scorer.h>
#include <elbow/evaluate/session.h>
#include <elbow/math/blas.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_scores(const struct elbow_row_scores *scores)
{
    uint64_t worst = 0;
    for (uint64_t row = 0; row < scores->rows; ++row) {
        printf("%" PRIu64 " %.4f\n", row, scores->scores[row]);
        if (scores->scores[row] > scores->scores[worst])
            worst = row;
    }
    printf("the most unusual row is %" PRIu64 "\n", worst);
}

// Collective. The scores are on rank zero.
static enum elbow_status score(struct elbow_comm *comm, const struct elbow_session *session,
                               struct elbow_row_scores *scores, struct elbow_error *error)
{
    const struct elbow_checkpoint *checkpoint = &session->checkpoint;
    const struct elbow_evaluation_request request = {
        .comm = comm,
        .model = session->model,
        .parameters = checkpoint->values,
        .dataset = &session->dataset,
        .config = &checkpoint->config,
        .terms = elbow_objective_terms(&checkpoint->config, checkpoint->config.objective.beta)};
    return elbow_score_rows(&request, ELBOW_SCORE_BY_ELBO, scores, error);
}

int main(int argc, char **argv)
{
    struct elbow_error error = {0};
    struct elbow_comm *comm = NULL;
    struct elbow_session session = {0};
    struct elbow_row_scores scores = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: score CHECKPOINT DATA\n");
        return 2;
    }
    elbow_blas_start();
    if (!elbow_hdf5_start() || elbow_comm_open(&argc, &argv, &comm, &error) != ELBOW_OK)
        return 1;
    bool is_first = elbow_comm_place(comm).rank == 0;
    struct elbow_log log = elbow_log_open(is_first, stderr);
    const struct elbow_session_request wanted = {
        .checkpoint = argv[1], .wants_data = true, .data = strcmp(argv[2], "-") == 0 ? NULL : argv[2]};
    enum elbow_status status = elbow_session_open(comm, &wanted, &log, &session, &error);
    if (status == ELBOW_OK)
        status = score(comm, &session, &scores, &error);
    if (status == ELBOW_OK && is_first)
        print_scores(&scores);
    elbow_row_scores_clear(&scores);
    elbow_session_close(comm, &session);
    elbow_comm_close(comm);
    if (status != ELBOW_OK && is_first)
        fprintf(stderr, "score: %s\n", error.message);
    return elbow_status_exit(status);
}
