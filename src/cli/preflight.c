// SPDX-License-Identifier: BSD-3-Clause
// The trial. Only crashes between opening and closing a dataset count (the preview's note has its name): all other
// errors are reported by the program itself, under MPI.
#include "elbow/cli/preflight.h"

#include "elbow/base/child.h"
#include "elbow/cli/launcher.h"

struct flight {
    const struct elbow_command *command;
    const struct elbow_call *call;
};

static void fly(char *note, void *user)
{
    const struct flight *flight = user;
    flight->command->preview(flight->call, note);
}

enum elbow_status elbow_preflight(const struct elbow_command *command, const struct elbow_call *call, double seconds,
                                  struct elbow_error *error)
{
    struct flight flight = {command, call};
    struct elbow_trial trial;
    char number[16];
    if (command->preview == NULL || !elbow_launcher_is_first_of_node())
        return ELBOW_OK;
    elbow_child_try(fly, &flight, seconds, &trial);
    if (trial.end == ELBOW_TRIAL_PASSED || trial.note[0] == '\0')
        return ELBOW_OK;
    if (trial.end == ELBOW_TRIAL_HUNG)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: could not be opened within %g s: the file is damaged, its file system does not "
                               "answer, or the dataset is virtual and has very many mappings in the format before HDF5 "
                               "1.10; write such a dataset again with libver='v110' (h5py) or later, or list its "
                               "source files in its place",
                               trial.note, seconds);
    return elbow_error_set(
        error, ELBOW_FORMAT,
        "%s: the HDF5 library crashes reading it (signal %s): the file is damaged; create it again, or "
        "use another copy of it",
        trial.note, elbow_child_signal(trial.signal, number));
}
