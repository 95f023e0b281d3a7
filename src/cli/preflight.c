// SPDX-License-Identifier: BSD-3-Clause
// The trial. Only crashes between opening and closing a dataset count (the preview's note has its name): all other
// errors are reported by the program itself, under MPI.
#include "elbow/cli/preflight.h"

#include "elbow/base/child.h"
#include "elbow/cli/early.h"
#include "elbow/cli/launcher.h"

struct flight {
    const struct elbow_command *command;
    const struct elbow_call *call;
    FILE *early;
};

static void fly(char *note, void *user)
{
    const struct flight *flight = user;
    const struct elbow_command *command = flight->command;
    struct elbow_error error = {0};
    if (command->preview != NULL)
        command->preview(flight->call, note);
    else if (flight->early != NULL && command->describe(flight->call, note, flight->early, &error))
        elbow_early_finish(flight->early, &error);
}

// The sentence on a trial that did not pass.
static enum elbow_status report(const struct elbow_trial *trial, double seconds, struct elbow_error *error)
{
    char number[16];
    if (trial->end == ELBOW_TRIAL_HUNG)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: could not be opened within %g s: the file is damaged, its file system does not "
                               "answer, or the dataset is virtual and has very many mappings in the format before HDF5 "
                               "1.10; write such a dataset again with libver='v110' (h5py) or later, or list its "
                               "source files in its place",
                               trial->note, seconds);
    return elbow_error_set(
        error, ELBOW_FORMAT,
        "%s: the HDF5 library crashes reading it (signal %s): the file is damaged; create it again, or "
        "use another copy of it",
        trial->note, elbow_child_signal(trial->signal, number));
}

enum elbow_status elbow_preflight(const struct elbow_command *command, struct elbow_call *call, double seconds,
                                  struct elbow_error *error)
{
    struct flight flight = {.command = command, .call = call};
    struct elbow_trial trial;
    if ((command->preview == NULL && command->describe == NULL) || !elbow_launcher_is_first_of_node())
        return ELBOW_OK;
    if (command->describe != NULL)
        flight.early = elbow_early_open();
    elbow_child_try(fly, &flight, seconds, &trial);
    bool has_passed = trial.end == ELBOW_TRIAL_PASSED || trial.note[0] == '\0';
    if (trial.end != ELBOW_TRIAL_PASSED || !elbow_early_is_whole(flight.early))
        elbow_early_close(&flight.early);
    call->early = flight.early;
    return has_passed ? ELBOW_OK : report(&trial, seconds, error);
}
