// SPDX-License-Identifier: BSD-3-Clause
// The tables of bash's completion: every command with its options, the kinds of their values, every key.
#include "elbow/cli/command.h"
#include "elbow/cli/manual.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

// To be freed.
static char *tables(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    elbow_completion_write(out);
    fclose(out);
    return text;
}

static void expect(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "missing: %s", part);
}

START_TEST(every_command)
{
    char *text = tables(), part[128];
    size_t count;
    const struct elbow_command *const *commands = elbow_commands(&count);
    for (size_t c = 0; c < count; ++c) {
        snprintf(part, sizeof part, "\n_elbow_options[%s]='", commands[c]->name);
        expect(text, part);
    }
    expect(text, " rechunk ");
    free(text);
}
END_TEST

START_TEST(kinds_of_values)
{
    static const char *const parts[] = {
        "\n_elbow_kinds[train]='config'\n",
        "\n_elbow_kinds['train --set']='key'\n",
        "\n_elbow_kinds['train --run-dir']='directory'\n",
        "\n_elbow_kinds['sample -n']='number'\n",
        "\n_elbow_kinds['encode --data']='file'\n",
        "\n_elbow_kinds[encode]='file'\n",
    };
    char *text = tables();
    for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i)
        expect(text, parts[i]);
    ck_assert_ptr_null(strstr(text, "_elbow_kinds['train --resume']")); // its value is optional
    free(text);
}
END_TEST

START_TEST(keys)
{
    char *text = tables();
    expect(text, "\n_elbow_keys='seed= ");
    expect(text, " train.epochs= ");
    expect(text, " checkpoint.keep= ");
    ck_assert_ptr_null(strstr(text, " units= ")); // an option of layers, not a key
    free(text);
}
END_TEST

UNIT_MAIN("cli/completion", every_command, kinds_of_values, keys)
