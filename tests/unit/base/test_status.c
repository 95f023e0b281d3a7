// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/base/status.h"
#include "unit.h"

#include <string.h>

START_TEST(sets_status_and_message)
{
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_error_set(&error, ELBOW_FORMAT, "%s: row %d", "a.h5", 7), ELBOW_FORMAT);
    ck_assert_int_eq(error.status, ELBOW_FORMAT);
    ck_assert_str_eq(error.message, "a.h5: row 7");
    ck_assert_int_eq(elbow_error_set(NULL, ELBOW_FILE, "x"), ELBOW_FILE);
}
END_TEST

START_TEST(keeps_one_line)
{
    struct elbow_error error = {0};
    elbow_error_set(&error, ELBOW_DATA, "a\nb\tc\x7f");
    ck_assert_str_eq(error.message, "a?b?c?");
}
END_TEST

START_TEST(prefixes_and_cuts)
{
    struct elbow_error error = {0};
    elbow_error_set(&error, ELBOW_DATA, "tail");
    elbow_error_prefix(NULL, "rank %d: ", 3);
    elbow_error_prefix(&error, "rank %d: ", 3);
    ck_assert_int_eq(error.status, ELBOW_DATA);
    ck_assert_str_eq(error.message, "rank 3: tail");
    char longer[2 * ELBOW_MESSAGE_SIZE];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = 0;
    elbow_error_set(&error, ELBOW_DATA, "%s", longer);
    ck_assert_uint_eq(strlen(error.message), ELBOW_MESSAGE_SIZE - 1);
    elbow_error_prefix(&error, "front: ");
    ck_assert_uint_eq(strlen(error.message), ELBOW_MESSAGE_SIZE - 1);
    ck_assert_int_eq(strncmp(error.message, "front: xxx", 10), 0);
    elbow_error_prefix(&error, "%s", longer);
    ck_assert_uint_eq(strlen(error.message), ELBOW_MESSAGE_SIZE - 1);
}
END_TEST

START_TEST(message_may_quote_itself)
{
    struct elbow_error error = {0};
    elbow_error_set(&error, ELBOW_DATA, "inner");
    elbow_error_set(&error, ELBOW_FILE, "outer: %s", error.message);
    ck_assert_str_eq(error.message, "outer: inner");
}
END_TEST

START_TEST(every_status_has_an_exit)
{
    ck_assert_int_eq(elbow_status_exit(ELBOW_OK), 0);
    ck_assert_int_eq(elbow_status_exit(ELBOW_CONFIG), 2);
    ck_assert_int_eq(elbow_status_exit(ELBOW_STOPPED), 75);
    for (int status = ELBOW_OK; status <= ELBOW_STOPPED; ++status) {
        if (status != ELBOW_OK)
            ck_assert_int_ne(elbow_status_exit(status), 0);
    }
}
END_TEST

UNIT_MAIN("base/status", sets_status_and_message, keeps_one_line, prefixes_and_cuts, message_may_quote_itself,
          every_status_has_an_exit)
