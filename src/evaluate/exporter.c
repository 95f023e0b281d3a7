// SPDX-License-Identifier: BSD-3-Clause
// Exports: chooses the files, and writes them.
#include "elbow/evaluate/exporter.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/detail/exporter.h"

#include <string.h>

static const char *const halves[ELBOW_EXPORT_FILES] = {"encoder", "decoder"};
static const char ONNX[] = ".onnx";

bool elbow_export_files(const char *path, elbow_path files[ELBOW_EXPORT_FILES], int *count)
{
    *count = 1;
    if (!elbow_output_ends(path, ONNX))
        return elbow_text_format(files[0], ELBOW_PATH_SIZE, "%s", path);
    bool fits = true;
    *count = ELBOW_EXPORT_FILES;
    for (int i = 0; i < ELBOW_EXPORT_FILES; ++i)
        fits = fits && elbow_text_format(files[i], ELBOW_PATH_SIZE, "%.*s-%s%s", (int)(strlen(path) - sizeof ONNX + 1),
                                         path, halves[i], ONNX);
    return fits;
}

enum elbow_status elbow_export_check(const char *path, enum elbow_publish publish, struct elbow_error *error)
{
    int count;
    elbow_path files[ELBOW_EXPORT_FILES];
    if (!elbow_output_ends(path, ".safetensors") && !elbow_output_ends(path, ONNX))
        return elbow_error_set(error, ELBOW_USAGE, "%s: must end in .safetensors or .onnx", path);
    if (!elbow_export_files(path, files, &count))
        return elbow_error_set(error, ELBOW_USAGE, "%.60s...: the path is too long", path);
    for (int i = 0; i < count; ++i)
        if (elbow_output_check(files[i], publish, error) != ELBOW_OK)
            return error->status;
    return ELBOW_OK;
}

// Rank zero.
static enum elbow_status write_all(const struct elbow_export_request *request, struct elbow_error *error)
{
    int count;
    elbow_path files[ELBOW_EXPORT_FILES];
    char *bytes[ELBOW_EXPORT_FILES] = {0};
    size_t sizes[ELBOW_EXPORT_FILES];
    enum elbow_status status = ELBOW_OK;
    ELBOW_CHECK(elbow_export_files(request->path, files, &count));
    if (count == 1)
        status = elbow_safetensors_make(request, &bytes[0], &sizes[0], error);
    for (int i = 0; i < count && count > 1 && status == ELBOW_OK; ++i)
        status = elbow_onnx_graphs_make(request, i, &bytes[i], &sizes[i], error);
    for (int i = 0; i < count && status == ELBOW_OK; ++i)
        status = elbow_output_write(files[i], bytes[i], sizes[i], request->publish, error);
    for (int i = 0; i < count; ++i)
        elbow_release(&bytes[i]);
    return status;
}

enum elbow_status elbow_export(const struct elbow_export_request *request, struct elbow_error *error)
{
    *error = (struct elbow_error){0};
    if (elbow_comm_place(request->comm).rank == 0)
        write_all(request, error);
    return elbow_comm_agree_root(request->comm, error);
}
