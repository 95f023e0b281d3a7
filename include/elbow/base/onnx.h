// SPDX-License-Identifier: BSD-3-Clause
// A writer of ONNX models (onnx.ai, opset 17): a graph of nodes over named values, made node by node.
//
// Values are numbers of a graph; a value is used by what is added after it. Layers pass rows on flat: (rows, values),
// where the number of rows is known when the graph is run.
#ifndef ELBOW_BASE_ONNX_H
#define ELBOW_BASE_ONNX_H

#include "elbow/base/language.h"
#include "elbow/base/protobuf.h"

ELBOW_C_BEGIN

enum { ELBOW_ONNX_RANK_MAX = 12, ELBOW_ONNX_INPUTS_MAX = 4 };

// Types of elements, by their numbers in the format.
enum elbow_onnx_type { ELBOW_ONNX_FLOAT = 1, ELBOW_ONNX_INT64 = 7, ELBOW_ONNX_BOOL = 9, ELBOW_ONNX_DOUBLE = 11 };

struct elbow_onnx {
    struct elbow_protobuf graph; // fields of a GraphProto
    int count;                   // values so far
};

typedef int elbow_onnx_value;

struct elbow_onnx_attribute {
    const char *name;
    enum { ELBOW_ONNX_INTEGER, ELBOW_ONNX_INTEGERS, ELBOW_ONNX_NUMBER } kind;
    int64_t integers[ELBOW_ONNX_RANK_MAX];
    int count; // of integers
    float number;
};

// Local. A node with one output and `count` inputs.
elbow_onnx_value elbow_onnx_node(struct elbow_onnx *onnx, const char *operation, int input_count,
                                 const elbow_onnx_value *inputs, int attribute_count,
                                 const struct elbow_onnx_attribute *attributes);

// Local. Nodes without attributes.
elbow_onnx_value elbow_onnx_one(struct elbow_onnx *onnx, const char *operation, elbow_onnx_value x);
elbow_onnx_value elbow_onnx_two(struct elbow_onnx *onnx, const char *operation, elbow_onnx_value a, elbow_onnx_value b);

// Local. Constants, whose values are copied.
elbow_onnx_value elbow_onnx_floats(struct elbow_onnx *onnx, int rank, const size_t *shape, const float *values);
elbow_onnx_value elbow_onnx_doubles(struct elbow_onnx *onnx, size_t count, const double *values);
elbow_onnx_value elbow_onnx_integers(struct elbow_onnx *onnx, int count, const int64_t *values);
elbow_onnx_value elbow_onnx_float(struct elbow_onnx *onnx, float value); // of rank 0
elbow_onnx_value elbow_onnx_double(struct elbow_onnx *onnx, double value);

// Local. Rows of another shape; with other axes (0 is that of the rows); columns [first, end) of an axis; another type.
elbow_onnx_value elbow_onnx_reshape(struct elbow_onnx *onnx, elbow_onnx_value x, int rank, const size_t *shape);
elbow_onnx_value elbow_onnx_transpose(struct elbow_onnx *onnx, elbow_onnx_value x, int rank, const int64_t *axes);
elbow_onnx_value elbow_onnx_slice(struct elbow_onnx *onnx, elbow_onnx_value x, int axis, size_t first, size_t end);
elbow_onnx_value elbow_onnx_cast(struct elbow_onnx *onnx, elbow_onnx_value x, enum elbow_onnx_type type);
elbow_onnx_value elbow_onnx_concat(struct elbow_onnx *onnx, elbow_onnx_value a, elbow_onnx_value b, int axis);

// Local. What goes in and comes out, floats of shape (rows, shape...), under its name.
elbow_onnx_value elbow_onnx_input(struct elbow_onnx *onnx, const char *name, int rank, const size_t *shape);
void elbow_onnx_output(struct elbow_onnx *onnx, elbow_onnx_value value, const char *name, int rank,
                       const size_t *shape);

// A text about the model.
struct elbow_onnx_note {
    const char *key, *text;
};

// Local. The bytes of the model file, new, released with elbow_release; the graph is given back. MEMORY.
enum elbow_status elbow_onnx_finish(struct elbow_onnx *onnx, const char *name, int note_count,
                                    const struct elbow_onnx_note *notes, char **bytes, size_t *size,
                                    struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_onnx_clear(struct elbow_onnx *onnx);

ELBOW_C_END

#endif
