// SPDX-License-Identifier: BSD-3-Clause
// The n-th call of libhdf5 by this program's own code fails, as asked for.
#ifndef ELBOW_TESTS_HDF5_FAULTS_H
#define ELBOW_TESTS_HDF5_FAULTS_H

#include <stdint.h>

// The n-th call from now on fails (1 is the next one; 0: none).
void hdf5_fail_at(uint64_t n);

// How many calls were made.
uint64_t hdf5_calls(void);

// How many files, datasets and the like are open in libhdf5.
long hdf5_open_objects(void);

#endif
