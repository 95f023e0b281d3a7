// SPDX-License-Identifier: BSD-3-Clause
// The n-th call of libhdf5 by this program's own code fails, on request.
#ifndef ELBOW_TESTS_HDF5_FAULTS_H
#define ELBOW_TESTS_HDF5_FAULTS_H

#include <stdint.h>

// The n-th call from now on fails (1 is the next one; 0: none).
void hdf5_fail_at(uint64_t n);

// The number of calls.
uint64_t hdf5_calls(void);

// The number of open objects (files, datasets, ...) in libhdf5.
long hdf5_open_objects(void);

#endif
