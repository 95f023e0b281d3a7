// SPDX-License-Identifier: BSD-3-Clause
// Plots: the ending of the path selects the format. The parts are in src/output/plot/.
#include "elbow/output/plot.h"

#include "elbow/base/memory.h"
#include "elbow/output/detail/plot_panel.h"

typedef enum elbow_status encoder(const struct elbow_drawing *drawing, char **bytes, size_t *size,
                                  struct elbow_error *error);

static encoder *encoder_of(const char *path)
{
    static const struct {
        const char *ending;
        encoder *encode;
    } FORMATS[] = {{".png", elbow_cairo_png}, {".svg", elbow_svg_encode}, {".pdf", elbow_cairo_pdf}};
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; ++i)
        if (elbow_output_ends(path, FORMATS[i].ending))
            return FORMATS[i].encode;
    return NULL;
}

bool elbow_plot_draws(const char *path)
{
    return encoder_of(path) != NULL;
}

enum elbow_status elbow_plot_check(const char *path, struct elbow_error *error)
{
    if (elbow_plot_draws(path))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "%s: not a format of plots; give a name that ends in .png, .svg or .pdf",
                           path);
}

static enum elbow_status encode_by(encoder *encode, const struct elbow_plot *plot, const char *path, char **bytes,
                                   size_t *size, struct elbow_error *error)
{
    char title[ELBOW_LETTERS] = "";
    struct elbow_drawing drawing = {.draw = elbow_plot_draw, .context = plot, .path = path};
    if (plot->title != NULL) {
        elbow_canvas_letters(plot->title, title);
        drawing.title = title;
    }
    elbow_plot_size(plot, &drawing.width, &drawing.height);
    *bytes = NULL;
    *size = 0;
    return encode(&drawing, bytes, size, error);
}

enum elbow_status elbow_plot_encode(const struct elbow_plot *plot, const char *path, char **bytes, size_t *size,
                                    struct elbow_error *error)
{
    encoder *encode = encoder_of(path);
    return encode == NULL ? elbow_plot_check(path, error) : encode_by(encode, plot, path, bytes, size, error);
}

enum elbow_status elbow_plot_svg(const struct elbow_plot *plot, char **text, size_t *size, struct elbow_error *error)
{
    return encode_by(elbow_svg_encode, plot, "a plot", text, size, error);
}

enum elbow_status elbow_plot_write(const struct elbow_plot *plot, const char *path, enum elbow_publish publish,
                                   struct elbow_error *error)
{
    char *bytes;
    size_t size;
    enum elbow_status status = elbow_plot_encode(plot, path, &bytes, &size, error);
    if (status == ELBOW_OK)
        status = elbow_output_write(path, bytes, size, publish, error);
    elbow_release(&bytes);
    return status;
}
