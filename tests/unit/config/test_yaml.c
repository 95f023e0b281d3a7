// SPDX-License-Identifier: BSD-3-Clause
// YAML trees: kinds, positions, every refusal with its place, and hostile texts. Nothing may leak on any path.
#include "elbow/base/memory.h"
#include "elbow/config/yaml.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static enum elbow_status parse(const char *text, size_t size, struct elbow_yaml **root, struct elbow_error *error)
{
    memset(error, 0, sizeof *error);
    return elbow_yaml_parse("t.yaml", text, size, root, error);
}

// The text is refused with a message that begins as given, and nothing is held afterwards.
static void refused_bytes(const char *text, size_t size, const char *message)
{
    struct elbow_error error;
    struct elbow_yaml *root = NULL;
    size_t blocks = elbow_memory_count().blocks;
    ck_assert_int_eq(parse(text, size, &root, &error), ELBOW_CONFIG);
    ck_assert_msg(strncmp(error.message, message, strlen(message)) == 0, "'%s' begins '%s'", error.message, message);
    ck_assert_ptr_null(root);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}

static void refused(const char *text, const char *message)
{
    refused_bytes(text, strlen(text), message);
}

static const char sample[] = "# comment\nseed: 1\ndata:\n  file: 'a b.h5'\n  shape: [28, 28]\nmodel:\n  encoder:\n"
                             "    - dense: {units: 512, activation: relu}\n    - \"x\"\n  path: \"\\u00e9\\n\"\n";

START_TEST(test_tree)
{
    struct elbow_error error;
    struct elbow_yaml *root = NULL;
    ck_assert_int_eq(parse(sample, strlen(sample), &root, &error), ELBOW_OK);
    ck_assert_int_eq(root->kind, ELBOW_YAML_MAP);
    const struct elbow_yaml *seed = root->child;
    ck_assert_str_eq(seed->key, "seed");
    ck_assert_str_eq(seed->text, "1");
    ck_assert(!seed->quoted);
    ck_assert_int_eq(seed->key_line, 2);
    ck_assert_int_eq(seed->key_column, 1);
    ck_assert_int_eq(seed->line, 2);
    ck_assert_int_eq(seed->column, 7);
    const struct elbow_yaml *data = seed->next;
    ck_assert_int_eq(data->kind, ELBOW_YAML_MAP);
    ck_assert(data->child->quoted);
    ck_assert_str_eq(data->child->text, "a b.h5");
    const struct elbow_yaml *shape = data->child->next;
    ck_assert_int_eq(shape->kind, ELBOW_YAML_LIST);
    ck_assert_ptr_null(shape->child->key);
    ck_assert_str_eq(shape->child->next->text, "28");
    ck_assert_int_eq(shape->child->next->column, 15);
    ck_assert_ptr_null(shape->child->next->next);
    const struct elbow_yaml *encoder = data->next->child;
    ck_assert_str_eq(encoder->child->child->key, "dense");
    ck_assert_str_eq(encoder->child->child->child->next->text, "relu");
    ck_assert_int_eq(encoder->child->child->child->next->key_line, 8);
    ck_assert(encoder->child->next->quoted);
    ck_assert_str_eq(encoder->next->text, "\xc3\xa9\n");
    ck_assert_ptr_null(data->next->next);
    elbow_yaml_destroy(root);
    elbow_yaml_destroy(NULL);
}
END_TEST

START_TEST(test_empty)
{
    const char *const texts[] = {"", "\n\n", "# only a comment\n", "---\n", "--- # x\n...\n", "{}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        struct elbow_error error;
        struct elbow_yaml *root = NULL;
        ck_assert_int_eq(parse(texts[i], strlen(texts[i]), &root, &error), ELBOW_OK);
        ck_assert_int_eq(root->kind, ELBOW_YAML_MAP);
        ck_assert_ptr_null(root->child);
        elbow_yaml_destroy(root);
    }
}
END_TEST

START_TEST(test_values)
{
    struct elbow_error error;
    struct elbow_yaml *root = NULL;
    const char *text = "a:\nb: ''\nc: ~\na: 2\n"; // keys given twice are the caller's affair
    ck_assert_int_eq(parse(text, strlen(text), &root, &error), ELBOW_OK);
    ck_assert_str_eq(root->child->text, "");
    ck_assert(!root->child->quoted);
    ck_assert_str_eq(root->child->next->text, "");
    ck_assert(root->child->next->quoted);
    ck_assert_str_eq(root->child->next->next->next->key, "a");
    elbow_yaml_destroy(root);
    ck_assert_int_eq(parse("3e-4", 4, &root, &error), ELBOW_OK);
    ck_assert_int_eq(root->kind, ELBOW_YAML_SCALAR);
    ck_assert_str_eq(root->text, "3e-4");
    elbow_yaml_destroy(root);
    ck_assert_int_eq(parse("[1, 2]", 6, &root, &error), ELBOW_OK);
    ck_assert_int_eq(root->kind, ELBOW_YAML_LIST);
    elbow_yaml_destroy(root);
}
END_TEST

START_TEST(test_refusals)
{
    refused("a: 1\nb: [1, 2\nc: 3\n", "t.yaml:3:2: not valid YAML: ");
    refused("a: 1\n b: 2\n", "t.yaml:2:3: not valid YAML: ");
    refused("a: 'open\n", "t.yaml:2:1: not valid YAML: ");
    refused("a:\n\tb: 1\n", "t.yaml:2:1: not valid YAML: ");
    refused("a: &x 1\n", "t.yaml:1:4: an anchor");
    refused("a: &x [1]\n", "t.yaml:1:4: an anchor");
    refused("a: &x {b: 1}\n", "t.yaml:1:4: an anchor");
    refused("a: 1\nb: *x\n", "t.yaml:2:4: an alias");
    refused("*x : 1\n", "t.yaml:1:1: an alias");
    refused("a: !!str 1\n", "t.yaml:1:4: a tag");
    refused("a: !x [1]\n", "t.yaml:1:4: a tag");
    refused("a: !x {b: 1}\n", "t.yaml:1:4: a tag");
    refused("a: 1\n---\nb: 1\n", "t.yaml:2:1: a second YAML document");
    refused("? [a, b]\n: 1\n", "t.yaml:1:3: a list or map as a key");
    refused("{{a: 1}: 2}\n", "t.yaml:1:2: a list or map as a key");
    refused("a: 1\nb: \"x\\0y\"\n", "t.yaml:2:4: a text with a zero byte");
    refused("a: 1\n\"x\\0\": 1\n", "t.yaml:2:1: a text with a zero byte");
    refused("%YAML 3.0\n---\na: 1\n", "t.yaml:1:1: not valid YAML: ");
}
END_TEST

START_TEST(test_bytes)
{
    refused_bytes("a: b\nc: \xff\n", 10, "t.yaml:2:4: not valid YAML: invalid leading UTF-8 octet; save the file");
    refused_bytes("a: \0\n", 5, "t.yaml:1:4: not valid YAML: control characters are not allowed");
    refused_bytes("a: \x01\n", 5, "t.yaml:1:4: not valid YAML: control characters are not allowed");
    refused_bytes("\xc3\xa9: \xc3", 5, "t.yaml:1:4: not valid YAML: incomplete UTF-8");
    refused_bytes("a: \xed\xa0\x80\n", 7, "t.yaml:1:4: not valid YAML: invalid Unicode character");
}
END_TEST

START_TEST(test_deep)
{
    char text[200000];
    memset(text, '[', sizeof text);
    refused_bytes(text, sizeof text, "t.yaml:1:33: nested deeper than 32 levels");
    for (size_t i = 0; i + 4 <= sizeof text; i += 4)
        memcpy(text + i, "{a: ", 4);
    refused_bytes(text, sizeof text, "t.yaml:1:129: nested deeper than 32 levels"); // 32 * 4 characters before
    for (size_t i = 0; i + 2 <= sizeof text; i += 2)
        memcpy(text + i, "- ", 2);
    refused_bytes(text, sizeof text, "t.yaml:1:65: nested deeper than 32 levels");
    char legal[64];
    memset(legal, '[', 32);
    memset(legal + 32, ']', 32);
    struct elbow_error error;
    struct elbow_yaml *root = NULL;
    ck_assert_int_eq(parse(legal, sizeof legal, &root, &error), ELBOW_OK);
    elbow_yaml_destroy(root);
}
END_TEST

START_TEST(test_large)
{
    enum { SIZE = 4 << 20 };
    char *text = NULL;
    struct elbow_error error = {0};
    struct elbow_yaml *root = NULL;
    ck_assert_int_eq(elbow_allocate(&text, SIZE, 1, "a text", &error), ELBOW_OK);
    memset(text, 'x', SIZE);
    memcpy(text, "a: ", 3);
    ck_assert_int_eq(parse(text, SIZE, &root, &error), ELBOW_OK);
    ck_assert_uint_eq(strlen(root->child->text), SIZE - 3);
    elbow_yaml_destroy(root);
    memcpy(text, "'x: ", 4); // never closed
    refused_bytes(text, SIZE, "t.yaml:1:4194305: not valid YAML");
    for (size_t i = 0; i + 2 <= SIZE; i += 2)
        memcpy(text + i, i == 0 ? "[1" : ",1", 2);
    refused_bytes(text, SIZE, "t.yaml:1:200000: more than 100000 entries"); // the list is the first of them
    elbow_release(&text);
}
END_TEST

// Every beginning of a text, and every text with one byte changed, is read or refused with a position.
START_TEST(test_damaged)
{
    char text[sizeof sample];
    struct elbow_error error;
    struct elbow_yaml *root = NULL;
    size_t blocks = elbow_memory_count().blocks;
    for (size_t size = 0; size < sizeof sample; ++size) {
        char *copy = malloc(size ? size : 1); // so that the sanitizer sees a read behind the end
        memcpy(copy, sample, size);
        if (parse(copy, size, &root, &error) == ELBOW_OK)
            elbow_yaml_destroy(root);
        else
            ck_assert_int_eq(strncmp(error.message, "t.yaml:", 7), 0);
        free(copy);
    }
    static const char bytes[] = {'\0', '\xff', '\x80', '\xc3', '[',  '{',  '}', ']',
                                 ':',  '-',    '"',    '\'',   '\t', '\n', '*', '%'};
    for (size_t at = 0; at < sizeof sample - 1; ++at)
        for (size_t i = 0; i < sizeof bytes; ++i) {
            memcpy(text, sample, sizeof sample);
            text[at] = bytes[i];
            if (parse(text, sizeof sample - 1, &root, &error) == ELBOW_OK)
                elbow_yaml_destroy(root);
            else
                ck_assert_int_eq(strncmp(error.message, "t.yaml:", 7), 0);
        }
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}
END_TEST

START_TEST(test_no_memory)
{
    struct elbow_error error;
    struct elbow_yaml *root = NULL;
    size_t blocks = elbow_memory_count().blocks;
    enum elbow_status status = ELBOW_MEMORY;
    int failures = 0;
    for (uint64_t n = 1; status != ELBOW_OK; ++n, ++failures) {
        elbow_memory_fail_at(n);
        status = parse(sample, strlen(sample), &root, &error);
        elbow_memory_fail_at(0);
        if (status == ELBOW_OK)
            break;
        ck_assert_int_eq(status, ELBOW_MEMORY);
        ck_assert_ptr_null(root);
        ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    }
    ck_assert_int_gt(failures, 20); // a node, its key and its text are three each
    elbow_yaml_destroy(root);
    elbow_memory_fail_at(1); // the empty document
    ck_assert_int_eq(parse("", 0, &root, &error), ELBOW_MEMORY);
    elbow_memory_fail_at(0);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}
END_TEST

UNIT_MAIN("config/yaml", test_tree, test_empty, test_values, test_refusals, test_bytes, test_deep, test_large,
          test_damaged, test_no_memory)
