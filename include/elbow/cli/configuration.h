// SPDX-License-Identifier: BSD-3-Clause
// A configuration from its file and the command line, for the subcommands that take one.
#ifndef ELBOW_CLI_CONFIGURATION_H
#define ELBOW_CLI_CONFIGURATION_H

#include "elbow/base/text.h"
#include "elbow/cli/command.h"
#include "elbow/config/config.h"

// Collective. Rank zero reads the file at `path`, all parse it, carry out the assignments of `sets` (may be NULL) in
// order, and check the whole. The file is an input from then on (elbow/base/inputs.h). CONFIG, with the place, for
// whatever is wrong; FILE if the file cannot be read.
enum elbow_status elbow_configuration_read(struct elbow_comm *comm, const char *path, const struct elbow_words *sets,
                                           struct elbow_config *config, struct elbow_error *error);

// Local. Likewise for this process alone.
enum elbow_status elbow_configuration_read_alone(const char *path, const struct elbow_words *sets,
                                                 struct elbow_config *config, struct elbow_error *error);

// Local. Likewise, to look at the datasets that the configuration names (elbow/data/preview.h).
// What is wrong is not told. A configuration that comes from a pipe is left for the run.
void elbow_configuration_preview(const char *path, const struct elbow_words *sets, char *note);

// Local. Likewise from a text; `name` stands in the messages.
enum elbow_status elbow_configuration_parse(const char *name, const char *text, const struct elbow_words *sets,
                                            struct elbow_config *config, struct elbow_error *error);

// Collective. Agrees on the outcome of such a local parse (in error), and whether all ranks have got the same
// configuration: flags come from each rank's own command line. USAGE if they differ.
enum elbow_status elbow_configuration_agree(struct elbow_comm *comm, const char *name,
                                            const struct elbow_config *config, struct elbow_error *error);

// Collective (comm NULL: Local). The run directory: what the command line wants (may be NULL), else the key run.dir
// with ~ and variables as rank zero has them, else "runs/mnist-mlp" for the configuration "configs/mnist-mlp.yaml".
// USAGE if its name is too long, CONFIG for a variable that is not set.
enum elbow_status elbow_configuration_run(struct elbow_comm *comm, const char *path, const struct elbow_config *config,
                                          const char *wanted, elbow_path run, struct elbow_error *error);

#endif
