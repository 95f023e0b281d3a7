// SPDX-License-Identifier: BSD-3-Clause
// encode CHECKPOINT DATA OUTPUT: writes the latent means and variances of all rows. DATA is FILE:/dataset, or - for the
// data of the run itself. The ending of OUTPUT names its format (.h5, .csv, .npy, .npz).
#include <elbow/evaluate/encoder.h>
#include <elbow/evaluate/session.h>
#include <elbow/math/blas.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Collective.
static enum elbow_status encode(struct elbow_comm *comm, const struct elbow_session *session, const char *output,
                                struct elbow_error *error)
{
    const struct elbow_checkpoint *checkpoint = &session->checkpoint;
    const struct elbow_evaluation_request request = {
        .comm = comm,
        .model = session->model,
        .parameters = checkpoint->values,
        .dataset = &session->dataset,
        .config = &checkpoint->config,
        .terms = elbow_objective_terms(&checkpoint->config, checkpoint->config.objective.beta)};
    const struct elbow_encode_output to = {
        .path = output, .publish = elbow_output_publishing(false), .checkpoint = checkpoint};
    return elbow_encode(&request, &to, error);
}

int main(int argc, char **argv)
{
    struct elbow_error error = {0};
    struct elbow_comm *comm = NULL;
    struct elbow_session session = {0};
    if (argc != 4) {
        fprintf(stderr, "usage: encode CHECKPOINT DATA OUTPUT\n");
        return 2;
    }
    elbow_blas_start();
    if (!elbow_hdf5_start() || elbow_comm_open(&argc, &argv, &comm, &error) != ELBOW_OK)
        return 1;
    bool is_first = elbow_comm_place(comm).rank == 0;
    struct elbow_log log = elbow_log_open(is_first, stdout);
    const struct elbow_session_request wanted = {.checkpoint = argv[1],
                                                 .wants_data = true,
                                                 .data = strcmp(argv[2], "-") == 0 ? NULL : argv[2],
                                                 .output = argv[3]};
    enum elbow_status status = elbow_session_open(comm, &wanted, &log, &session, &error);
    if (status == ELBOW_OK)
        status = encode(comm, &session, argv[3], &error);
    if (status == ELBOW_OK && is_first)
        printf("%s: %" PRIu64 " rows encoded\n", argv[3], session.dataset.samples);
    elbow_session_close(comm, &session);
    elbow_comm_close(comm);
    if (status != ELBOW_OK && is_first)
        fprintf(stderr, "encode: %s\n", error.message);
    return elbow_status_exit(status);
}
