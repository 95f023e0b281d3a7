// SPDX-License-Identifier: BSD-3-Clause
// The help of all keys.
#include "config_support.h"

#include <stdio.h>
#include <string.h>

START_TEST(test_explain)
{
    static char text[1 << 16];
    FILE *out = fmemopen(text, sizeof text, "w");
    ck_assert_ptr_nonnull(out);
    elbow_config_explain(out);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "\ntrain.rate: a number above 0; default 1.0e-3\n    "));
    ck_assert_ptr_nonnull(strstr(text, "\nmodel.encoder: a list of up to 64 layers"));
    ck_assert_ptr_nonnull(strstr(text, "\nunits: a whole number from 1 to 1048576; must be given\n"));
    ck_assert_ptr_nonnull(strstr(text, "\ndata.valid: a text of at most 1023 bytes, a list of such, {channels: [/u, "
                                       "/v]}, or a number above 0 and below 1; default empty\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "auto: he before relu, leaky_relu, silu, softplus, gelu and elu, glorot before"));
    // every key of the dump is explained
    struct elbow_config config = defaults();
    char *dump = NULL, *rest = NULL, section[64] = "";
    size_t keys = 0;
    ck_assert_int_eq(elbow_config_dump(&config, &dump, &error), ELBOW_OK);
    for (char *line = strtok_r(dump, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char name[200];
        int length = (int)strcspn(line, ":");
        bool is_inside = line[0] == ' ';
        if (!is_inside && line[length + 1] == 0) {
            snprintf(section, sizeof section, "%.*s.", length, line);
            continue;
        }
        snprintf(name, sizeof name, "%s%.*s: ", is_inside ? section : "", is_inside ? length - 2 : length,
                 is_inside ? line + 2 : line);
        ck_assert_msg(strstr(text, name) != NULL, "%s is not explained", name);
        ++keys;
    }
    ck_assert_uint_gt(keys, 50);
    elbow_release(&dump);
}
END_TEST

UNIT_MAIN("config/explain", test_explain)
