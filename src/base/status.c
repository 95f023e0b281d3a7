// SPDX-License-Identifier: BSD-3-Clause
// Statuses and broken contracts. A message is masked, so one error is one line of output.
#include "elbow/base/status.h"

#include "elbow/base/mask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void (*panic_hook)(void) = abort;

static const int exit_statuses[] = {
#define ELBOW_STATUS_ROW(name, exit_status, meaning) [ELBOW_##name] = exit_status,
    ELBOW_STATUS_LIST(ELBOW_STATUS_ROW)
#undef ELBOW_STATUS_ROW
};

static enum elbow_status set(struct elbow_error *error, enum elbow_status status, int reason, const char *format,
                             va_list arguments)
{
    if (error == NULL)
        return status;
    // Arguments may point into the old message, so the new one is made beside it.
    char message[ELBOW_MESSAGE_SIZE] = {0}; // whole, because errors travel as bytes
    vsnprintf(message, sizeof message, format, arguments);
    elbow_mask(message);
    error->status = status;
    error->reason = reason;
    memcpy(error->message, message, sizeof message);
    return status;
}

enum elbow_status elbow_error_set(struct elbow_error *error, enum elbow_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set(error, status, 0, format, arguments);
    va_end(arguments);
    return status;
}

enum elbow_status elbow_error_set_reason(struct elbow_error *error, enum elbow_status status, int reason,
                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set(error, status, reason, format, arguments);
    va_end(arguments);
    return status;
}

bool elbow_error_may_pass(const struct elbow_error *error)
{
    static const int passing[] = {EIO,       ESTALE,       ETIMEDOUT,    EAGAIN,    EINTR,       EBUSY,
                                  ENFILE,    ENODATA,      ENOTCONN,     ESHUTDOWN, ECONNRESET,  ECONNABORTED,
                                  EHOSTDOWN, EHOSTUNREACH, ECONNREFUSED, ENETDOWN,  ENETUNREACH, EREMOTEIO};
    for (size_t i = 0; i < sizeof passing / sizeof *passing; ++i)
        if (error->reason == passing[i])
            return true;
    return false;
}

void elbow_error_add(struct elbow_error *error, const char *text)
{
    if (error == NULL)
        return;
    size_t length = strnlen(error->message, sizeof error->message - 1);
    snprintf(error->message + length, sizeof error->message - length, "%s", text);
}

void elbow_error_prefix(struct elbow_error *error, const char *format, ...)
{
    if (error == NULL)
        return;
    char prefix[ELBOW_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    elbow_mask(prefix);
    size_t length = strlen(prefix);
    size_t kept = strnlen(error->message, sizeof error->message - 1);
    if (kept > sizeof error->message - 1 - length)
        kept = sizeof error->message - 1 - length;
    memmove(error->message + length, error->message, kept);
    memcpy(error->message, prefix, length);
    error->message[length + kept] = 0;
}

int elbow_status_exit(enum elbow_status status)
{
    return exit_statuses[status];
}

void elbow_panic_hook(void (*hook)(void))
{
    panic_hook = hook;
}

void elbow_panic(const char *file, int line, const char *condition)
{
    fprintf(stderr, "elbow: %s:%d: broken contract: %s; this is a bug, please report it\n", file, line, condition);
    panic_hook();
    abort();
}
