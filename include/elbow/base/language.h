// SPDX-License-Identifier: BSD-3-Clause
// Makes the headers usable from C++: the declarations between ELBOW_C_BEGIN and ELBOW_C_END are C's.
#ifndef ELBOW_BASE_LANGUAGE_H
#define ELBOW_BASE_LANGUAGE_H

#ifdef __cplusplus
#define ELBOW_C_BEGIN extern "C" {
#define ELBOW_C_END }
#else
#define ELBOW_C_BEGIN
#define ELBOW_C_END
#endif

#endif
