// SPDX-License-Identifier: BSD-3-Clause
// Reading a configuration from its file and the command line, for the subcommands that take one.
#ifndef ELBOW_CLI_CONFIGURATION_H
#define ELBOW_CLI_CONFIGURATION_H

#include "elbow/base/text.h"
#include "elbow/cli/command.h"
#include "elbow/config/config.h"

// Collective. Rank zero reads the file at `path`; all ranks parse its text, apply the assignments of `sets` (may be
// NULL) in order, and check the result. The file is noted as an input (elbow/base/inputs.h). CONFIG, with file and
// line, for any error in it; FILE if it cannot be read; USAGE if the ranks have different assignments. The same on all
// ranks.
enum elbow_status elbow_configuration_read(struct elbow_comm *comm, const char *path, const struct elbow_words *sets,
                                           struct elbow_config *config, struct elbow_error *error);

// Local. The same for this process alone.
enum elbow_status elbow_configuration_read_alone(const char *path, const struct elbow_words *sets,
                                                 struct elbow_config *config, struct elbow_error *error);

// Local. Reads the configuration and opens the datasets that it names (elbow/data/preview.h), which go to `note`.
// Reports no errors: the run will. Does nothing if `path` is no regular file: a pipe can be read only once.
void elbow_configuration_preview(const char *path, const struct elbow_words *sets, char *note);

// Local. The same from a text. `name`: stands for the file in messages.
enum elbow_status elbow_configuration_parse(const char *name, const char *text, const struct elbow_words *sets,
                                            struct elbow_config *config, struct elbow_error *error);

// Collective. Agrees on the status of a local parse, which is in `error`, and checks that all ranks have the same
// configuration: each rank parses its own command line. USAGE if they differ.
enum elbow_status elbow_configuration_agree(struct elbow_comm *comm, const char *name,
                                            const struct elbow_config *config, struct elbow_error *error);

// Collective (comm NULL: Local). The run directory: `wanted`, from the command line, unless it is NULL; else the key
// run.dir, with ~ and variables expanded on rank zero; else "runs/mnist-mlp" for "configs/mnist-mlp.yaml". USAGE if the
// name is too long or not valid UTF-8, CONFIG for a variable that is not set.
enum elbow_status elbow_configuration_run(struct elbow_comm *comm, const char *path, const struct elbow_config *config,
                                          const char *wanted, elbow_path run, struct elbow_error *error);

#endif
