// SPDX-License-Identifier: BSD-3-Clause
// ONNX models, by the numbers of the fields in onnx.proto.
#include "elbow/base/onnx.h"

#include "elbow/base/build.h"
#include "elbow/base/memory.h"
#include "elbow/base/text.h"

#include <endian.h>
#include <string.h>

enum { IR_VERSION = 8, OPSET = 17, NAME_SIZE = 16 };
enum { MODEL_IR = 1, MODEL_PRODUCER = 2, MODEL_VERSION = 3, MODEL_GRAPH = 7, MODEL_OPSET = 8, MODEL_NOTE = 14 };
enum { OPSET_VERSION = 2, NOTE_KEY = 1, NOTE_TEXT = 2 };
enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_CONSTANT = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_OPERATION = 4, NODE_ATTRIBUTE = 5 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_NUMBER = 2, ATTRIBUTE_INTEGER = 3, ATTRIBUTE_INTEGERS = 8, ATTRIBUTE_TYPE = 20 };
enum { TYPE_NUMBER = 1, TYPE_INTEGER = 2, TYPE_INTEGERS = 7 };
enum { TENSOR_DIMENSION = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_BYTES = 9 };
enum { VALUE_NAME = 1, VALUE_TYPE = 2, TYPE_OF_TENSOR = 1, TENSOR_ELEMENT = 1, TENSOR_SHAPE = 2 };
enum { SHAPE_DIMENSION = 1, DIMENSION_VALUE = 1, DIMENSION_NAME = 2 };

_Static_assert(BYTE_ORDER == LITTLE_ENDIAN, "raw_data has the lowest byte first");

static const char *name_of(elbow_onnx_value value, char name[NAME_SIZE])
{
    elbow_text_format(name, NAME_SIZE, "v%d", value);
    return name;
}

static void add_attribute(struct elbow_protobuf *graph, const struct elbow_onnx_attribute *attribute)
{
    static const uint64_t types[] = {
        [ELBOW_ONNX_INTEGER] = TYPE_INTEGER, [ELBOW_ONNX_INTEGERS] = TYPE_INTEGERS, [ELBOW_ONNX_NUMBER] = TYPE_NUMBER};
    size_t begin = elbow_protobuf_begin(graph, NODE_ATTRIBUTE);
    elbow_protobuf_text(graph, ATTRIBUTE_NAME, attribute->name);
    if (attribute->kind == ELBOW_ONNX_NUMBER)
        elbow_protobuf_float(graph, ATTRIBUTE_NUMBER, attribute->number);
    if (attribute->kind == ELBOW_ONNX_INTEGER)
        elbow_protobuf_integer(graph, ATTRIBUTE_INTEGER, (uint64_t)attribute->integers[0]);
    for (int i = 0; attribute->kind == ELBOW_ONNX_INTEGERS && i < attribute->count; ++i)
        elbow_protobuf_integer(graph, ATTRIBUTE_INTEGERS, (uint64_t)attribute->integers[i]);
    elbow_protobuf_integer(graph, ATTRIBUTE_TYPE, types[attribute->kind]);
    elbow_protobuf_end(graph, begin);
}

// A node whose output has a name.
static void add_node(struct elbow_onnx *onnx, const char *operation, int input_count, const elbow_onnx_value *inputs,
                     int attribute_count, const struct elbow_onnx_attribute *attributes, const char *output)
{
    char name[NAME_SIZE];
    size_t begin = elbow_protobuf_begin(&onnx->graph, GRAPH_NODE);
    for (int i = 0; i < input_count; ++i)
        elbow_protobuf_text(&onnx->graph, NODE_INPUT, name_of(inputs[i], name));
    elbow_protobuf_text(&onnx->graph, NODE_OUTPUT, output);
    elbow_protobuf_text(&onnx->graph, NODE_NAME, output);
    elbow_protobuf_text(&onnx->graph, NODE_OPERATION, operation);
    for (int i = 0; i < attribute_count; ++i)
        add_attribute(&onnx->graph, &attributes[i]);
    elbow_protobuf_end(&onnx->graph, begin);
}

elbow_onnx_value elbow_onnx_node(struct elbow_onnx *onnx, const char *operation, int input_count,
                                 const elbow_onnx_value *inputs, int attribute_count,
                                 const struct elbow_onnx_attribute *attributes)
{
    char name[NAME_SIZE];
    ELBOW_CHECK(input_count <= ELBOW_ONNX_INPUTS_MAX);
    add_node(onnx, operation, input_count, inputs, attribute_count, attributes, name_of(onnx->count, name));
    return onnx->count++;
}

elbow_onnx_value elbow_onnx_one(struct elbow_onnx *onnx, const char *operation, elbow_onnx_value x)
{
    return elbow_onnx_node(onnx, operation, 1, &x, 0, NULL);
}

elbow_onnx_value elbow_onnx_two(struct elbow_onnx *onnx, const char *operation, elbow_onnx_value a, elbow_onnx_value b)
{
    const elbow_onnx_value inputs[] = {a, b};
    return elbow_onnx_node(onnx, operation, 2, inputs, 0, NULL);
}

static elbow_onnx_value add_constant(struct elbow_onnx *onnx, enum elbow_onnx_type type, int rank, const size_t *shape,
                                     const void *values, size_t size)
{
    char name[NAME_SIZE];
    size_t count = 1, begin = elbow_protobuf_begin(&onnx->graph, GRAPH_CONSTANT);
    for (int i = 0; i < rank; ++i) {
        elbow_protobuf_integer(&onnx->graph, TENSOR_DIMENSION, shape[i]);
        count *= shape[i];
    }
    elbow_protobuf_integer(&onnx->graph, TENSOR_TYPE, type);
    elbow_protobuf_text(&onnx->graph, TENSOR_NAME, name_of(onnx->count, name));
    elbow_protobuf_bytes(&onnx->graph, TENSOR_BYTES, values, count * size);
    elbow_protobuf_end(&onnx->graph, begin);
    return onnx->count++;
}

elbow_onnx_value elbow_onnx_floats(struct elbow_onnx *onnx, int rank, const size_t *shape, const float *values)
{
    return add_constant(onnx, ELBOW_ONNX_FLOAT, rank, shape, values, sizeof *values);
}

elbow_onnx_value elbow_onnx_doubles(struct elbow_onnx *onnx, size_t count, const double *values)
{
    return add_constant(onnx, ELBOW_ONNX_DOUBLE, 1, &count, values, sizeof *values);
}

elbow_onnx_value elbow_onnx_integers(struct elbow_onnx *onnx, int count, const int64_t *values)
{
    return add_constant(onnx, ELBOW_ONNX_INT64, 1, &(size_t){(size_t)count}, values, sizeof *values);
}

elbow_onnx_value elbow_onnx_float(struct elbow_onnx *onnx, float value)
{
    return add_constant(onnx, ELBOW_ONNX_FLOAT, 0, NULL, &value, sizeof value);
}

elbow_onnx_value elbow_onnx_double(struct elbow_onnx *onnx, double value)
{
    return add_constant(onnx, ELBOW_ONNX_DOUBLE, 0, NULL, &value, sizeof value);
}

// In a shape 0 stands for the axis as it is: that of the rows.
elbow_onnx_value elbow_onnx_reshape(struct elbow_onnx *onnx, elbow_onnx_value x, int rank, const size_t *shape)
{
    int64_t sides[1 + ELBOW_ONNX_RANK_MAX] = {0};
    ELBOW_CHECK(rank <= ELBOW_ONNX_RANK_MAX);
    for (int i = 0; i < rank; ++i)
        sides[1 + i] = (int64_t)shape[i];
    return elbow_onnx_two(onnx, "Reshape", x, elbow_onnx_integers(onnx, 1 + rank, sides));
}

elbow_onnx_value elbow_onnx_transpose(struct elbow_onnx *onnx, elbow_onnx_value x, int rank, const int64_t *axes)
{
    struct elbow_onnx_attribute order = {.name = "perm", .kind = ELBOW_ONNX_INTEGERS, .count = rank};
    ELBOW_CHECK(rank <= ELBOW_ONNX_RANK_MAX);
    memcpy(order.integers, axes, (size_t)rank * sizeof *axes);
    return elbow_onnx_node(onnx, "Transpose", 1, &x, 1, &order);
}

elbow_onnx_value elbow_onnx_slice(struct elbow_onnx *onnx, elbow_onnx_value x, int axis, size_t first, size_t end)
{
    const int64_t begin = (int64_t)first, behind = (int64_t)end, along = axis;
    const elbow_onnx_value inputs[] = {x, elbow_onnx_integers(onnx, 1, &begin), elbow_onnx_integers(onnx, 1, &behind),
                                       elbow_onnx_integers(onnx, 1, &along)};
    return elbow_onnx_node(onnx, "Slice", 4, inputs, 0, NULL);
}

elbow_onnx_value elbow_onnx_cast(struct elbow_onnx *onnx, elbow_onnx_value x, enum elbow_onnx_type type)
{
    const struct elbow_onnx_attribute to = {.name = "to", .kind = ELBOW_ONNX_INTEGER, .integers = {type}, .count = 1};
    return elbow_onnx_node(onnx, "Cast", 1, &x, 1, &to);
}

elbow_onnx_value elbow_onnx_concat(struct elbow_onnx *onnx, elbow_onnx_value a, elbow_onnx_value b, int axis)
{
    const elbow_onnx_value inputs[] = {a, b};
    const struct elbow_onnx_attribute along = {
        .name = "axis", .kind = ELBOW_ONNX_INTEGER, .integers = {axis}, .count = 1};
    return elbow_onnx_node(onnx, "Concat", 2, inputs, 1, &along);
}

// Name and type of what goes in or comes out.
static void add_value(struct elbow_onnx *onnx, int field, const char *name, int rank, const size_t *shape)
{
    struct elbow_protobuf *graph = &onnx->graph;
    size_t begin = elbow_protobuf_begin(graph, field);
    elbow_protobuf_text(graph, VALUE_NAME, name);
    size_t type = elbow_protobuf_begin(graph, VALUE_TYPE), tensor = elbow_protobuf_begin(graph, TYPE_OF_TENSOR);
    elbow_protobuf_integer(graph, TENSOR_ELEMENT, ELBOW_ONNX_FLOAT);
    size_t sides = elbow_protobuf_begin(graph, TENSOR_SHAPE), side = elbow_protobuf_begin(graph, SHAPE_DIMENSION);
    elbow_protobuf_text(graph, DIMENSION_NAME, "rows");
    elbow_protobuf_end(graph, side);
    for (int i = 0; i < rank; ++i) {
        side = elbow_protobuf_begin(graph, SHAPE_DIMENSION);
        elbow_protobuf_integer(graph, DIMENSION_VALUE, shape[i]);
        elbow_protobuf_end(graph, side);
    }
    elbow_protobuf_end(graph, sides);
    elbow_protobuf_end(graph, tensor);
    elbow_protobuf_end(graph, type);
    elbow_protobuf_end(graph, begin);
}

// Nodes know numbers alone: a node that does nothing gives what goes in its number.
elbow_onnx_value elbow_onnx_input(struct elbow_onnx *onnx, const char *name, int rank, const size_t *shape)
{
    char number[NAME_SIZE];
    add_value(onnx, GRAPH_INPUT, name, rank, shape);
    size_t begin = elbow_protobuf_begin(&onnx->graph, GRAPH_NODE);
    elbow_protobuf_text(&onnx->graph, NODE_INPUT, name);
    elbow_protobuf_text(&onnx->graph, NODE_OUTPUT, name_of(onnx->count, number));
    elbow_protobuf_text(&onnx->graph, NODE_NAME, number);
    elbow_protobuf_text(&onnx->graph, NODE_OPERATION, "Identity");
    elbow_protobuf_end(&onnx->graph, begin);
    return onnx->count++;
}

void elbow_onnx_output(struct elbow_onnx *onnx, elbow_onnx_value value, const char *name, int rank, const size_t *shape)
{
    add_node(onnx, "Identity", 1, &value, 0, NULL, name);
    add_value(onnx, GRAPH_OUTPUT, name, rank, shape);
}

enum elbow_status elbow_onnx_finish(struct elbow_onnx *onnx, const char *name, int note_count,
                                    const struct elbow_onnx_note *notes, char **bytes, size_t *size,
                                    struct elbow_error *error)
{
    struct elbow_protobuf model = {0};
    elbow_protobuf_text(&onnx->graph, GRAPH_NAME, name);
    elbow_protobuf_integer(&model, MODEL_IR, IR_VERSION);
    elbow_protobuf_text(&model, MODEL_PRODUCER, "elbow");
    elbow_protobuf_text(&model, MODEL_VERSION, elbow_build_version());
    elbow_protobuf_bytes(&model, MODEL_GRAPH, onnx->graph.bytes, onnx->graph.size);
    size_t begin = elbow_protobuf_begin(&model, MODEL_OPSET);
    elbow_protobuf_integer(&model, OPSET_VERSION, OPSET);
    elbow_protobuf_end(&model, begin);
    for (int i = 0; i < note_count; ++i) {
        begin = elbow_protobuf_begin(&model, MODEL_NOTE);
        elbow_protobuf_text(&model, NOTE_KEY, notes[i].key);
        elbow_protobuf_text(&model, NOTE_TEXT, notes[i].text);
        elbow_protobuf_end(&model, begin);
    }
    model.lacks_memory |= onnx->graph.lacks_memory;
    enum elbow_status status = elbow_protobuf_check(&model, "an ONNX model", error);
    if (status != ELBOW_OK)
        elbow_protobuf_clear(&model);
    elbow_onnx_clear(onnx);
    *bytes = model.bytes;
    *size = model.size;
    return status;
}

void elbow_onnx_clear(struct elbow_onnx *onnx)
{
    elbow_protobuf_clear(&onnx->graph);
    *onnx = (struct elbow_onnx){0};
}
