// SPDX-License-Identifier: BSD-3-Clause
// elbow map: the latent space as a picture.
#include "elbow/evaluate/map.h"
#include "elbow/cli/command.h"
#include "elbow/evaluate/session.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { GRID_MOST = 60 };

// The options on the command line.
struct options {
    struct elbow_session_request request;
    struct elbow_words conditions;
    const char *dimensions, *colour;
    int64_t pairs, grid;
    bool is_principal;
};

// "3,7": whole numbers.
static enum elbow_status read_dimensions(const char *text, struct elbow_map_request *map, struct elbow_error *error)
{
    const char *at = text;
    while (map->dimension_count < ELBOW_MAP_AXES_MAX) {
        char *end;
        if (*at < '0' || *at > '9' || strspn(at, "0123456789") > 9)
            break;
        map->dimensions[map->dimension_count] = strtol(at, &end, 10);
        for (size_t i = 0; i < map->dimension_count; ++i)
            if (map->dimensions[i] == map->dimensions[map->dimension_count])
                return elbow_error_set(error, ELBOW_USAGE, "--dimensions %.60s: %" PRId64 " is given twice", text,
                                       map->dimensions[i]);
        ++map->dimension_count;
        at = end;
        if (*at == '\0')
            return ELBOW_OK;
        if (*at++ != ',')
            break;
    }
    return elbow_error_set(error, ELBOW_USAGE,
                           "--dimensions %.60s: expected up to %d numbers of dimensions, such as 3,7", text,
                           ELBOW_MAP_AXES_MAX);
}

static enum elbow_status read_options(const struct elbow_call *call, struct options *options,
                                      struct elbow_map_request *map, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, options, error);
    options->request.condition_from = options->conditions.words;
    options->request.condition_count = (size_t)options->conditions.count;
    if (status == ELBOW_OK && options->dimensions != NULL)
        status = read_dimensions(options->dimensions, map, error);
    if (status != ELBOW_OK)
        return status;
    options->request.wants_names = !elbow_plot_draws(options->request.output);
    map->is_principal = options->is_principal;
    map->axes = map->dimension_count > 0 ? map->dimension_count : options->pairs > 0 ? (size_t)options->pairs : 2;
    if (options->dimensions != NULL && (options->is_principal || options->pairs > 0))
        return elbow_error_set(error, ELBOW_USAGE, "--dimensions and %s: each names the axes; leave one of them out",
                               options->is_principal ? "--principal" : "--pairs");
    const char *colour = options->colour;
    if (colour != NULL && strcmp(colour, "label") != 0 && strcmp(colour, "density") != 0 && strcmp(colour, "none") != 0)
        options->request.numbers = colour;
    return ELBOW_OK;
}

// The default is by labels, if there are any.
static enum elbow_map_colour colour_of(const struct options *options, const struct elbow_dataset *dataset)
{
    if (options->colour == NULL)
        return dataset->has_labels ? ELBOW_MAP_LABELS : ELBOW_MAP_PLAIN;
    if (options->request.numbers != NULL)
        return ELBOW_MAP_NUMBERS;
    return strcmp(options->colour, "label") == 0     ? ELBOW_MAP_LABELS
           : strcmp(options->colour, "density") == 0 ? ELBOW_MAP_DENSITY
                                                     : ELBOW_MAP_PLAIN;
}

// The last part of a path or of a dataset's name.
static const char *tail_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash == NULL || slash[1] == '\0' ? name : slash + 1;
}

static enum elbow_status draw(const struct options *options, const struct elbow_map *map,
                              const struct elbow_map_grid *grid, struct elbow_error *error)
{
    struct elbow_map_panels panels;
    char title[ELBOW_PATH_SIZE + 64];
    struct elbow_plot_panel both[2];
    elbow_text_format(title, sizeof title, "Latent space of %s, %s", tail_of(options->request.checkpoint),
                      elbow_text_count(map->rows, "row").text);
    enum elbow_status status = elbow_map_panels_make(map, title, &panels, error);
    if (status == ELBOW_OK && grid->count > 0) {
        both[0] = panels.plot.panels[0];
        both[0].title = "means of q(z|x)";
        both[1] = grid->panel;
        panels.plot.panels = both;
        panels.plot.panel_count = panels.plot.columns = 2;
    }
    if (status == ELBOW_OK)
        status = elbow_plot_write(&panels.plot, options->request.output,
                                  elbow_output_publishing(options->request.force), error);
    elbow_map_panels_clear(&panels);
    return status;
}

// Rank zero's part: the file.
static enum elbow_status write(const struct elbow_map_request *request, const struct options *options,
                               const struct elbow_map *map, struct elbow_error *error)
{
    struct elbow_map_grid grid = {0};
    enum elbow_status status = ELBOW_OK;
    if (!elbow_plot_draws(options->request.output))
        return elbow_map_write_table(map, request, options->request.output,
                                     elbow_output_publishing(options->request.force), error);
    if (options->grid > 0)
        status = elbow_map_grid_make(request->evaluation, (size_t)options->grid, (size_t)request->dimensions[0], &grid,
                                     error);
    if (status == ELBOW_OK)
        status = draw(options, map, &grid, error);
    elbow_map_grid_clear(&grid);
    return status;
}

// Collective.
static enum elbow_status make_map(struct elbow_call *call, struct options *options, struct elbow_map_request *request,
                                  struct elbow_session *session, struct elbow_error *error)
{
    const struct elbow_checkpoint *checkpoint = &session->checkpoint;
    const struct elbow_evaluation_request evaluation = {
        .comm = call->comm,
        .model = session->model,
        .parameters = checkpoint->values,
        .dataset = &session->dataset,
        .config = &checkpoint->config,
        .terms = elbow_objective_terms(&checkpoint->config, checkpoint->config.objective.beta)};
    struct elbow_map map = {0};
    request->evaluation = &evaluation;
    request->colour = colour_of(options, &session->dataset);
    request->numbers = session->numbers;
    if (options->request.numbers != NULL)
        request->number_name = tail_of(options->request.numbers);
    enum elbow_status status = elbow_map_make(request, &map, error);
    if (status == ELBOW_OK) {
        if (elbow_comm_place(call->comm).rank == 0)
            write(request, options, &map, error);
        status = elbow_comm_agree_root(call->comm, error);
    }
    if (status == ELBOW_OK)
        elbow_log_say(call->log, "%s: %s, mapped by step %" PRIu64 " of %s", options->request.output,
                      elbow_text_count(session->dataset.samples, "row").text, checkpoint->state.step, checkpoint->path);
    elbow_map_clear(&map);
    return status;
}

// A grid uses both dimensions in their order, unless they are named.
static enum elbow_status check_grid(const struct options *options, const struct elbow_session *session,
                                    struct elbow_map_request *map, struct elbow_error *error)
{
    if (options->grid == 0)
        return ELBOW_OK;
    if (!elbow_plot_draws(options->request.output))
        return elbow_error_set(error, ELBOW_USAGE, "--grid: %.500s cannot contain pictures; write a PNG, SVG or PDF",
                               options->request.output);
    if (map->is_principal || map->axes != 2)
        return elbow_error_set(
            error, ELBOW_USAGE,
            "--grid: is drawn beside a map of two latent dimensions; leave --principal and --pairs out");
    if (session->frozen != NULL)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--grid: %.500s was trained on latents (data.through), which are not images",
                               session->checkpoint.path);
    if (map->dimension_count == 0 && session->model->latent == 2) {
        map->dimension_count = 2;
        map->dimensions[1] = 1;
    }
    return ELBOW_OK;
}

// One axis is a histogram, which has no colours.
static enum elbow_status check_axes(const struct options *options, const struct elbow_session *session,
                                    struct elbow_map_request *map, struct elbow_error *error)
{
    if (map->dimension_count == 0 && options->pairs == 0 && session->model->latent == 1)
        map->axes = 1;
    if (map->axes > 1 || options->colour == NULL || !elbow_plot_draws(options->request.output))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE,
                           "--colour: one axis is drawn as a histogram, which has no colours; leave it out");
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {.request = {.wants_data = true, .plots = true}};
    struct elbow_map_request request = {0};
    struct elbow_session session = {0};
    enum elbow_status status = read_options(call, &options, &request, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_session_open(call->comm, &options.request, call->log, &session, error);
    if (status == ELBOW_OK)
        status = check_axes(&options, &session, &request, error);
    if (status == ELBOW_OK)
        status = check_grid(&options, &session, &request, error);
    if (status == ELBOW_OK)
        status = make_map(call, &options, &request, &session, error);
    elbow_session_close(call->comm, &session);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = {.request = {.wants_data = true}};
    struct elbow_map_request request = {0};
    struct elbow_error error = {0};
    if (read_options(call, &options, &request, &error) == ELBOW_OK)
        elbow_session_preview(&options.request, note);
}

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct options, request.checkpoint)),
    {.name = "output",
     .letter = 'o',
     .kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "FILE",
     .help = "the output file, with one of these endings: .png, .svg, .pdf, .h5, .csv",
     .offset = offsetof(struct options, request.output)},
    ELBOW_ROW_FORCE(offsetof(struct options, request.force)),
    {.name = "dimensions",
     .kind = ELBOW_FLAG_TEXT,
     .value = "I,J",
     .help = "the axes, by number from 0 (those of the largest KL): a histogram of one, a pair plot of three or more",
     .offset = offsetof(struct options, dimensions)},
    {.name = "principal",
     .kind = ELBOW_FLAG_SWITCH,
     .help = "use the first principal components of the means as axes",
     .offset = offsetof(struct options, is_principal)},
    {.name = "pairs",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "a pair plot of N axes",
     .offset = offsetof(struct options, pairs),
     .least = 2,
     .most = ELBOW_MAP_AXES_MAX},
    {.name = "colour",
     .kind = ELBOW_FLAG_TEXT,
     .value = "WHAT",
     .help = "colours by label (if there are any), density or none, or by a number of each row: [FILE:]/dataset",
     .offset = offsetof(struct options, colour)},
    {.name = "grid",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "with two latent dimensions: also decodes N x N quantiles of the prior N(0, 1)",
     .offset = offsetof(struct options, grid),
     .least = 2,
     .most = GRID_MOST},
    ELBOW_ROW_DATA(offsetof(struct options, request.data)),
    {.name = "labels",
     .kind = ELBOW_FLAG_TEXT,
     .value = "[FILE:]/dataset",
     .help = ELBOW_HELP_LABELS,
     .offset = offsetof(struct options, request.labels)},
    ELBOW_ROW_NAMES(offsetof(struct options, request.names)),
    ELBOW_ROW_MASK(offsetof(struct options, request.mask)),
    ELBOW_ROW_SIZE(offsetof(struct options, request.size)),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct options, conditions), "the rows of --data"),
    ELBOW_ROW_BINARIZE(offsetof(struct options, request.binarize)),
    ELBOW_ROW_BEST(offsetof(struct options, request.best)),
    ELBOW_ROW_RAW(offsetof(struct options, request.is_raw)),
};

const struct elbow_command elbow_command_map = {
    .name = "map",
    .summary = "draw the latent space",
    .text = "Draws the means of q(z|x) of every row: along the two dimensions with the largest KL, two others, or the\n"
            "first principal components; coloured by label, by a number, or by density. An HDF5 or CSV file has the\n"
            "coordinates, with row, label and name.\n",
    .examples = "elbow map runs/shapes -o map.png\n"
                "elbow map runs/mnist-mlp -o pairs.pdf --pairs 5\n"
                "mpirun -n 8 elbow map runs/mnist-mlp -o map.svg --principal --colour density\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
    .preview = preview,
};
