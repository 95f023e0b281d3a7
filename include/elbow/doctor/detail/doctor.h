// SPDX-License-Identifier: BSD-3-Clause
// The parts of the examination.
#ifndef ELBOW_DOCTOR_DETAIL_DOCTOR_H
#define ELBOW_DOCTOR_DETAIL_DOCTOR_H

#include "elbow/doctor/doctor.h"

// Collective. What a run of this configuration would take on a node. What is wrong with the configuration's data goes
// to facts->trouble. MEMORY.
enum elbow_status elbow_doctor_find_need(struct elbow_comm *comm, const struct elbow_config *config,
                                         struct elbow_doctor_facts *facts, struct elbow_error *error);

// Collective. Loads the data of a configuration as a run of it would, up to `most` bytes of each dataset (0: all), and
// gives them back. What is wrong with them goes to facts->trouble.
void elbow_doctor_look_at_values(struct elbow_comm *comm, const struct elbow_config *config, uint64_t most,
                                 struct elbow_doctor_facts *facts);

// Collective. Reads a sample of the pages of the training data into facts->pages, on rank zero; what cannot be read
// leaves none.
void elbow_doctor_read_pages(struct elbow_comm *comm, const struct elbow_config *config,
                             struct elbow_doctor_facts *facts);

// Collective. Locks and writes in the run directory, reads facts->data.
void elbow_doctor_try_files(struct elbow_comm *comm, struct elbow_doctor_facts *facts);

#endif
