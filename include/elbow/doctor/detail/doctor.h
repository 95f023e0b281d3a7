// SPDX-License-Identifier: BSD-3-Clause
// The parts of the examination.
#ifndef ELBOW_DOCTOR_DETAIL_DOCTOR_H
#define ELBOW_DOCTOR_DETAIL_DOCTOR_H

#include "elbow/doctor/doctor.h"

// Collective. Computes the memory that a run of this configuration needs on a node. An error in the configuration's
// data goes to facts->trouble. MEMORY.
enum elbow_status elbow_doctor_find_need(struct elbow_comm *comm, const struct elbow_config *config,
                                         struct elbow_doctor_facts *facts, struct elbow_error *error);

// Collective. Loads the data of a configuration as a run would, up to `most` bytes of each dataset (0: all), describes
// their values and releases them. An error in the data goes to facts->trouble.
void elbow_doctor_look_at_values(struct elbow_comm *comm, const struct elbow_config *config, uint64_t most,
                                 struct elbow_doctor_facts *facts);

// Collective. Reads a sample of the pages of the training data on rank zero, and describes it in facts->pages, which
// stays zeroed if they cannot be read.
void elbow_doctor_read_pages(struct elbow_comm *comm, const struct elbow_config *config,
                             struct elbow_doctor_facts *facts);

// Collective. Tries locks in the run directory, and measures writing there and reading facts->data. Failures are facts,
// not errors.
void elbow_doctor_try_files(struct elbow_comm *comm, struct elbow_doctor_facts *facts);

#endif
