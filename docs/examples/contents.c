// SPDX-License-Identifier: BSD-3-Clause
// contents CHECKPOINT: prints what a checkpoint holds. CHECKPOINT is a run directory or a file.
#include <elbow/checkpoint/checkpoint.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void print_tensor(const struct elbow_tensor *tensor, const float *values)
{
    float largest = 0;
    for (size_t i = 0; i < tensor->count; ++i)
        largest = fmaxf(largest, fabsf(values[tensor->offset + i]));
    printf("%-28s", tensor->name);
    for (int i = 0; i < tensor->rank; ++i)
        printf("%s%zu", i == 0 ? "" : " x ", tensor->shape[i]);
    printf(", largest absolute value %.4g\n", largest);
}

int main(int argc, char **argv)
{
    struct elbow_error error = {0};
    struct elbow_comm *comm = NULL;
    struct elbow_checkpoint checkpoint = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: contents CHECKPOINT\n");
        return 2;
    }
    // HDF5 starts before MPI, so that MPI_Finalize does not end it.
    if (!elbow_hdf5_start() || elbow_comm_open(&argc, &argv, &comm, &error) != ELBOW_OK)
        return 1;
    bool is_first = elbow_comm_place(comm).rank == 0; // all ranks load, one prints
    struct elbow_log log = elbow_log_open(is_first, stdout);
    enum elbow_status status = elbow_checkpoint_load(comm, argv[1], false, &log, &checkpoint, &error);
    if (status == ELBOW_OK && is_first) {
        printf("step %" PRIu64 ", %" PRIu64 " samples of %" PRIu64 " values, %zu parameters\n", checkpoint.state.step,
               checkpoint.data.samples, checkpoint.data.values, elbow_parameters_trainable(&checkpoint.parameters));
        for (size_t i = 0; i < checkpoint.parameters.count; ++i)
            print_tensor(&checkpoint.parameters.tensors[i], checkpoint.values);
    }
    elbow_checkpoint_clear(&checkpoint);
    elbow_comm_close(comm);
    if (status != ELBOW_OK && is_first)
        fprintf(stderr, "contents: %s\n", error.message);
    return elbow_status_exit(status);
}
