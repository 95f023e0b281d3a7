// SPDX-License-Identifier: BSD-3-Clause
// The one home of libyaml: its events become a tree of elbow_yaml nodes.
//
// Invariants: the tree is at most DEPTH_MAX deep and NODES_MAX large for any text (so that walks may recurse); every
// text is zero-terminated without a zero inside; a key waits in the reader for its value and then belongs to it.
#include "elbow/config/yaml.h"

#include "elbow/base/memory.h"

#include <limits.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 32, NODES_MAX = 100000 };

struct level {
    struct elbow_yaml *parent;
    struct elbow_yaml **end; // where its next child is linked
};

struct reader {
    yaml_parser_t parser;
    const char *name, *text;
    size_t size;
    struct elbow_error *error;
    struct elbow_yaml *root;
    struct level levels[DEPTH_MAX];
    size_t depth, nodes, documents;
    char *key; // of the next value; owned
    int key_line, key_column;
};

static int from_one(size_t count)
{
    return count >= INT_MAX ? INT_MAX : (int)count + 1;
}

static enum elbow_status refuse(const struct reader *reader, yaml_mark_t mark, const char *message)
{
    return elbow_error_set(reader->error, ELBOW_CONFIG, "%s:%d:%d: %s", reader->name, from_one(mark.line),
                           from_one(mark.column), message);
}

// Errors of libyaml's byte reader have an offset and no mark.
static yaml_mark_t mark_of_offset(const struct reader *reader, size_t offset)
{
    yaml_mark_t mark = {offset, 0, 0};
    for (size_t i = 0; i < offset && i < reader->size; ++i) {
        unsigned char byte = (unsigned char)reader->text[i];
        if (byte == '\n') {
            ++mark.line;
            mark.column = 0;
        } else if ((byte & 0xC0) != 0x80) {
            ++mark.column;
        }
    }
    return mark;
}

static enum elbow_status syntax_error(const struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "unexpected text";
    if (parser->error == YAML_MEMORY_ERROR)
        return elbow_error_set(reader->error, ELBOW_MEMORY, "%s: no memory left to read the YAML text", reader->name);
    if (parser->error == YAML_READER_ERROR) {
        yaml_mark_t mark = mark_of_offset(reader, parser->problem_offset);
        return elbow_error_set(reader->error, ELBOW_CONFIG,
                               "%s:%d:%d: not valid YAML: %s; save the file as plain UTF-8 text", reader->name,
                               from_one(mark.line), from_one(mark.column), problem);
    }
    char context[160] = "";
    if (parser->context)
        snprintf(context, sizeof context, " %s that begins at line %d", parser->context,
                 from_one(parser->context_mark.line));
    return elbow_error_set(
        reader->error, ELBOW_CONFIG, "%s:%d:%d: not valid YAML: %s%s; check indentation, brackets and quotes there",
        reader->name, from_one(parser->problem_mark.line), from_one(parser->problem_mark.column), problem, context);
}

static enum elbow_status copy_text(const struct reader *reader, const yaml_event_t *event, char **copy)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (memchr(value, 0, length))
        return refuse(reader, event->start_mark, "a text with a zero byte in it; remove the byte");
    enum elbow_status status = elbow_allocate(copy, length + 1, 1, "a YAML text", reader->error);
    if (status == ELBOW_OK)
        memcpy(*copy, value, length);
    return status;
}

// Links a new node into the tree, with the waiting key if its parent is a map.
static enum elbow_status add_node(struct reader *reader, enum elbow_yaml_kind kind, yaml_mark_t mark,
                                  struct elbow_yaml **node)
{
    if (reader->nodes == NODES_MAX)
        return refuse(reader, mark, "more than 100000 entries; a configuration is much shorter");
    enum elbow_status status = elbow_allocate(node, 1, sizeof **node, "a YAML node", reader->error);
    if (status != ELBOW_OK)
        return status;
    ++reader->nodes;
    **node = (struct elbow_yaml){.kind = kind, .line = from_one(mark.line), .column = from_one(mark.column)};
    if (reader->depth == 0) {
        reader->root = *node;
        return ELBOW_OK;
    }
    struct level *level = &reader->levels[reader->depth - 1];
    if (level->parent->kind == ELBOW_YAML_MAP) {
        (*node)->key = reader->key;
        (*node)->key_line = reader->key_line;
        (*node)->key_column = reader->key_column;
        reader->key = NULL;
    }
    *level->end = *node;
    level->end = &(*node)->next;
    return ELBOW_OK;
}

static bool expects_key(const struct reader *reader)
{
    return reader->depth > 0 && reader->levels[reader->depth - 1].parent->kind == ELBOW_YAML_MAP && !reader->key;
}

static enum elbow_status on_scalar(struct reader *reader, const yaml_event_t *event)
{
    if (event->data.scalar.anchor)
        return refuse(reader, event->start_mark, "an anchor (&name); write the value out where it is used");
    if (event->data.scalar.tag)
        return refuse(reader, event->start_mark, "a tag (!type); remove it, every key knows its type");
    if (expects_key(reader)) {
        reader->key_line = from_one(event->start_mark.line);
        reader->key_column = from_one(event->start_mark.column);
        return copy_text(reader, event, &reader->key);
    }
    struct elbow_yaml *node = NULL;
    bool quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    bool empty_document = reader->depth == 0 && !quoted && event->data.scalar.length == 0;
    enum elbow_status status =
        add_node(reader, empty_document ? ELBOW_YAML_MAP : ELBOW_YAML_SCALAR, event->start_mark, &node);
    if (status != ELBOW_OK || empty_document)
        return status;
    node->quoted = quoted;
    return copy_text(reader, event, &node->text);
}

static enum elbow_status on_start(struct reader *reader, const yaml_event_t *event, enum elbow_yaml_kind kind)
{
    bool is_map = kind == ELBOW_YAML_MAP;
    if (is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor)
        return refuse(reader, event->start_mark, "an anchor (&name); write the value out where it is used");
    if (is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag)
        return refuse(reader, event->start_mark, "a tag (!type); remove it, every key knows its type");
    if (expects_key(reader))
        return refuse(reader, event->start_mark, "a list or map as a key; a key is a plain word");
    if (reader->depth == DEPTH_MAX)
        return refuse(reader, event->start_mark, "nested deeper than 32 levels; a configuration is much flatter");
    struct elbow_yaml *node = NULL;
    enum elbow_status status = add_node(reader, kind, event->start_mark, &node);
    if (status == ELBOW_OK)
        reader->levels[reader->depth++] = (struct level){node, &node->child};
    return status;
}

static enum elbow_status on_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(reader, event);
    case YAML_SEQUENCE_START_EVENT:
        return on_start(reader, event, ELBOW_YAML_LIST);
    case YAML_MAPPING_START_EVENT:
        return on_start(reader, event, ELBOW_YAML_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        --reader->depth;
        return ELBOW_OK;
    case YAML_ALIAS_EVENT:
        return refuse(reader, event->start_mark, "an alias (*name); write the value out where it is used");
    case YAML_DOCUMENT_START_EVENT:
        if (++reader->documents > 1)
            return refuse(reader, event->start_mark, "a second YAML document (---); a file holds one configuration");
        return ELBOW_OK;
    default:
        return ELBOW_OK;
    }
}

static enum elbow_status read_events(struct reader *reader)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event))
            return syntax_error(reader);
        bool is_end = event.type == YAML_STREAM_END_EVENT;
        enum elbow_status status = on_event(reader, &event);
        yaml_event_delete(&event);
        if (status != ELBOW_OK || is_end)
            return status;
    }
}

enum elbow_status elbow_yaml_parse(const char *name, const char *text, size_t size, struct elbow_yaml **root,
                                   struct elbow_error *error)
{
    ELBOW_CHECK(name && (text || size == 0) && root);
    *root = NULL;
    struct reader reader = {.name = name, .text = text, .size = size, .error = error};
    if (!yaml_parser_initialize(&reader.parser))
        return elbow_error_set(error, ELBOW_MEMORY, "%s: no memory left to read the YAML text", name);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(text ? text : ""), size);
    enum elbow_status status = read_events(&reader);
    yaml_parser_delete(&reader.parser);
    if (status == ELBOW_OK && !reader.root) {
        struct elbow_yaml *node = NULL; // no document at all: an empty file, or comments only
        status = add_node(&reader, ELBOW_YAML_MAP, (yaml_mark_t){0, 0, 0}, &node);
    }
    elbow_release(&reader.key);
    if (status == ELBOW_OK)
        *root = reader.root;
    else
        elbow_yaml_destroy(reader.root);
    return status;
}

// Recursion is as deep as the tree, siblings are a loop.
void elbow_yaml_destroy(struct elbow_yaml *root)
{
    while (root) {
        struct elbow_yaml *next = root->next;
        elbow_yaml_destroy(root->child);
        elbow_release(&root->key);
        elbow_release(&root->text);
        elbow_release(&root);
        root = next;
    }
}
