// SPDX-License-Identifier: BSD-3-Clause
// Statuses, error details and broken contracts.
//
// An error of the environment (file, format, key, disk, memory) is a status that a function returns, with its details
// in a fixed-size plain struct that needs no allocation and travels between ranks as bytes. A broken contract (NULL, a
// shape mismatch) ends the program through ELBOW_CHECK, in every build.
#ifndef ELBOW_BASE_STATUS_H
#define ELBOW_BASE_STATUS_H

#include "elbow/base/language.h"

#include <stdarg.h>
#include <stdbool.h>

ELBOW_C_BEGIN

// X(name, exit status, what it means)
#define ELBOW_STATUS_LIST(X)                                                                                           \
    X(OK, 0, "no error")                                                                                               \
    X(USAGE, 2, "wrong command line")                                                                                  \
    X(CONFIG, 2, "wrong configuration")                                                                                \
    X(MEMORY, 1, "out of memory")                                                                                      \
    X(FILE, 1, "file not accessible")                                                                                  \
    X(FORMAT, 1, "file of an unexpected format")                                                                       \
    X(DATA, 1, "unusable data")                                                                                        \
    X(MISMATCH, 1, "parts that do not fit together")                                                                   \
    X(NUMBERS, 1, "numbers that are not finite")                                                                       \
    X(OUTPUT, 3, "output that could not be written")                                                                   \
    X(STOPPED, 75, "stopped early with a checkpoint")

enum elbow_status {
#define ELBOW_STATUS_ENUM(name, exit_status, meaning) ELBOW_##name,
    ELBOW_STATUS_LIST(ELBOW_STATUS_ENUM)
#undef ELBOW_STATUS_ENUM
};

#define ELBOW_MESSAGE_SIZE 1536

// What went wrong, in one sentence. Plain bytes: may be copied and sent. Set to {0} before first use.
struct elbow_error {
    enum elbow_status status;
    int reason; // errno of the call of the system that failed; 0: another reason, or an unknown one
    char message[ELBOW_MESSAGE_SIZE]; // "data/train.h5: dataset /x not found (the file has: /images)", no newline
};

// Local. Fills error (may be NULL) with a printf-style message and returns status. The message is masked (base/mask),
// so that one error is one line. A message that is too long is truncated.
enum elbow_status elbow_error_set(struct elbow_error *error, enum elbow_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Local. What elbow_error_set does; the reason is an errno.
enum elbow_status elbow_error_set_reason(struct elbow_error *error, enum elbow_status status, int reason,
                                         const char *format, ...) __attribute__((format(printf, 4, 5)));

// Local. Whether the reason may be over a little later: a server or a device did not answer (EIO, ESTALE, ...), or a
// file was shorter for a moment (ENODATA).
bool elbow_error_may_pass(const struct elbow_error *error);

// Local. Puts a printf-style text before the message; `error` may be NULL, as in elbow_error_set.
void elbow_error_add(struct elbow_error *error, const char *text); // at its end, as far as it fits
void elbow_error_prefix(struct elbow_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Local. The exit status of a program that ends with this status.
int elbow_status_exit(enum elbow_status status);

// Local. Ends the program if cond does not hold: a message to stderr, then the hook. On in all builds.
#define ELBOW_CHECK(cond) ((cond) ? (void)0 : elbow_panic(__FILE__, __LINE__, #cond))

void elbow_panic(const char *file, int line, const char *condition) __attribute__((noreturn));

// Local. What ELBOW_CHECK calls after its message (default: abort). parallel/ sets MPI_Abort.
void elbow_panic_hook(void (*hook)(void));

ELBOW_C_END

#endif
