// SPDX-License-Identifier: BSD-3-Clause
// Configurations: a YAML text and, behind zero bytes, assignments as --set takes them; read, checked, and used for the
// model's tensors. An accepted configuration must survive being written and read again.
#include "fuzz.h"

#include "elbow/config/config.h"
#include "elbow/vae/model.h"

static enum elbow_status read_all(const char *text, size_t size, struct elbow_config *config, struct elbow_error *error)
{
    size_t length = strnlen(text, size);
    elbow_config_default(config);
    enum elbow_status status = elbow_config_parse(config, "fuzz.yaml", text, length, error);
    for (size_t at = length + 1; at < size && status == ELBOW_OK; at += strlen(text + at) + 1)
        status = elbow_config_set(config, text + at, error);
    return status == ELBOW_OK ? elbow_config_finish(config, "fuzz.yaml", error) : status;
}

static void expect_round_trip(const struct elbow_config *config)
{
    static struct elbow_config again;
    struct elbow_error error = {0};
    char *first = NULL, *second = NULL;
    FUZZ_EXPECT(elbow_config_dump(config, &first, &error) == ELBOW_OK);
    elbow_config_default(&again);
    FUZZ_EXPECT(elbow_config_parse(&again, "again", first, strlen(first), &error) == ELBOW_OK);
    FUZZ_EXPECT(elbow_config_finish(&again, "again", &error) == ELBOW_OK);
    FUZZ_EXPECT(elbow_config_dump(&again, &second, &error) == ELBOW_OK);
    FUZZ_EXPECT(strcmp(first, second) == 0);
    elbow_release(&first);
    elbow_release(&second);
}

static void ask_for_tensors(const struct elbow_config *config)
{
    static const struct elbow_shape SHAPES[] = {
        {28, 28, 1, 0}, {64, 64, 3, 0}, {1, 1, 17, 0}, {1, 40, 2, 0}, {6, 5, 1, 7}};
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; ++i) {
        struct elbow_parameters parameters = {0};
        struct elbow_error error = {0};
        enum elbow_status status = elbow_model_layout(config, SHAPES[i], &parameters, &error);
        elbow_parameters_clear(&parameters);
        fuzz_expect_end(status, &error);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct elbow_config config;
    struct elbow_error error = {0};
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    enum elbow_status status = read_all(text, size, &config, &error);
    free(text);
    fuzz_expect_end(status, &error);
    if (status != ELBOW_OK)
        return 0;
    expect_round_trip(&config);
    ask_for_tensors(&config);
    return 0;
}
