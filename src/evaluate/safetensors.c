// SPDX-License-Identifier: BSD-3-Clause
// safetensors (github.com/huggingface/safetensors): the size of the header (8 bytes, the lowest first), the header in
// JSON, filled up with blanks to a multiple of 8, and the tensors one behind the other, in C order.
#include "elbow/evaluate/detail/exporter.h"

#include "elbow/base/build.h"
#include "elbow/base/json.h"
#include "elbow/base/memory.h"
#include "elbow/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 8, FITS = 2, NUMBER_SIZE = 64 };

// The learned numbers of a checkpoint's transforms, as tensors beside those of the model.
struct fit {
    const char *name;
    const struct elbow_fit *fit;
};

static void list_fits(const struct elbow_checkpoint *checkpoint, struct fit fits[FITS])
{
    fits[0] = (struct fit){"data/transform", &checkpoint->data.transform};
    fits[1] = (struct fit){"data/input", &checkpoint->data.input};
}

static void add_number(struct elbow_json *json, const char *key, double value)
{
    char text[NUMBER_SIZE];
    elbow_text_format(text, sizeof text, "%.17g", value);
    elbow_json_text(json, key, text);
}

// Texts only, as the format requires.
static void add_metadata(struct elbow_json *json, const struct elbow_export_request *request)
{
    const struct elbow_checkpoint *checkpoint = request->checkpoint;
    const struct elbow_data_facts *data = &checkpoint->data;
    char text[256] = "";
    size_t used = 0;
    elbow_json_open(json, "__metadata__", '{');
    elbow_json_text(json, "format", "elbow");
    elbow_json_text(json, "elbow_version", elbow_build_version());
    add_number(json, "step", (double)checkpoint->state.step);
    elbow_json_text(json, "weights", request->is_averaged ? "averaged" : "trained");
    elbow_json_text(json, "config", checkpoint->config_text);
    for (uint64_t i = 0; i < data->rank; ++i, used += strlen(text + used))
        elbow_text_format(text + used, sizeof text - used, "%s%" PRIu64, i > 0 ? ", " : "", data->shape[i]);
    elbow_json_text(json, "data_shape", text);
    add_number(json, "data_factor", data->scale.factor);
    add_number(json, "data_offset", data->scale.offset);
    elbow_json_close(json, '}');
}

// A tensor in the header; its bytes begin at *end, which advances to their end.
static void add_tensor(struct elbow_json *json, const char *name, const char *type, size_t bytes, int rank,
                       const size_t *shape, size_t *end)
{
    elbow_json_open(json, name, '{');
    elbow_json_text(json, "dtype", type);
    elbow_json_open(json, "shape", '[');
    for (int i = 0; i < rank; ++i)
        elbow_json_integer(json, NULL, (int64_t)shape[i]);
    elbow_json_close(json, ']');
    elbow_json_open(json, "data_offsets", '[');
    elbow_json_integer(json, NULL, (int64_t)*end);
    elbow_json_integer(json, NULL, (int64_t)(*end + bytes));
    elbow_json_close(json, ']');
    elbow_json_close(json, '}');
    *end += bytes;
}

static void write_header(FILE *out, const struct elbow_export_request *request, size_t *end)
{
    struct elbow_json json = {.out = out};
    struct fit fits[FITS];
    const struct elbow_parameters *parameters = &request->checkpoint->parameters;
    elbow_json_open(&json, NULL, '{');
    add_metadata(&json, request);
    *end = 0;
    list_fits(request->checkpoint, fits); // first, because they are doubles and must be aligned to eight bytes
    for (int i = 0; i < FITS; ++i) {
        size_t shape[] = {2, fits[i].fit->columns};
        if (shape[1] > 0)
            add_tensor(&json, fits[i].name, "F64", 2 * shape[1] * sizeof(double), 2, shape, end);
    }
    for (size_t i = 0; i < parameters->count; ++i) {
        const struct elbow_tensor *tensor = &parameters->tensors[i];
        add_tensor(&json, tensor->name, "F32", tensor->count * sizeof(float), tensor->rank, tensor->shape, end);
    }
    elbow_json_close(&json, '}');
}

static void put_tensors(const struct elbow_export_request *request, char *at)
{
    struct fit fits[FITS];
    const struct elbow_parameters *parameters = &request->checkpoint->parameters;
    list_fits(request->checkpoint, fits);
    for (int i = 0; i < FITS; ++i) {
        size_t bytes = 2 * fits[i].fit->columns * sizeof(double);
        if (bytes > 0)
            memcpy(at, fits[i].fit->numbers, bytes);
        at += bytes;
    }
    for (size_t i = 0; i < parameters->count; ++i) {
        const struct elbow_tensor *tensor = &parameters->tensors[i];
        memcpy(at, request->checkpoint->values + tensor->offset, tensor->count * sizeof(float));
        at += tensor->count * sizeof(float);
    }
}

enum elbow_status elbow_safetensors_make(const struct elbow_export_request *request, char **bytes, size_t *size,
                                         struct elbow_error *error)
{
    char *header = NULL;
    size_t length = 0, data = 0;
    *bytes = NULL;
    FILE *out = open_memstream(&header, &length);
    if (out == NULL)
        return elbow_error_set(error, ELBOW_MEMORY, "no memory for the header of a safetensors file");
    write_header(out, request, &data);
    if (fclose(out) != 0) {
        free(header);
        return elbow_error_set(error, ELBOW_MEMORY, "no memory for the header of a safetensors file");
    }
    size_t padded = (length + WORD - 1) / WORD * WORD;
    *size = WORD + padded + data;
    enum elbow_status status = elbow_allocate(bytes, *size, 1, "a safetensors file", error);
    if (status == ELBOW_OK) {
        for (int i = 0; i < WORD; ++i)
            (*bytes)[i] = (char)((uint64_t)padded >> 8 * i);
        memset(*bytes + WORD, ' ', padded);
        memcpy(*bytes + WORD, header, length);
        put_tensors(request, *bytes + WORD + padded);
    }
    free(header);
    return status;
}
