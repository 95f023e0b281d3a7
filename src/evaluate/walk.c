// SPDX-License-Identifier: BSD-3-Clause
// Decodes the points of a walk. Microbatches are filled with copies of their last point, so that each point has the
// same bits beside any others, and the ends of an interpolation have those of the rows' reconstructions.
#include "elbow/evaluate/detail/walk.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/detail/decoder.h"
#include "elbow/evaluate/detail/gallery.h"
#include "elbow/evaluate/detail/written.h"
#include "elbow/parallel/ordered_rows.h"

#include <string.h>

enum { COLUMNS_MAX = 5 };

enum elbow_status elbow_walk_create(const struct elbow_model *model, size_t points, struct elbow_walk *walk,
                                    struct elbow_error *error)
{
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(walk->z, points * model->latent),
        ELBOW_ARRAY(walk->condition, points * model->conditions),
        ELBOW_ARRAY(walk->from, points),
        ELBOW_ARRAY(walk->to, points),
        ELBOW_ARRAY(walk->share, points),
    };
    walk->points = points;
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "points of a walk", error);
}

void elbow_walk_clear(struct elbow_walk *walk)
{
    elbow_anchors_clear(&walk->anchors);
    elbow_release(&walk->z);
    elbow_release(&walk->condition);
    elbow_release(&walk->from);
    elbow_release(&walk->to);
    elbow_release(&walk->share);
    elbow_release(&walk->places);
    elbow_release(&walk->uses);
    elbow_release(&walk->ends[0]);
    elbow_release(&walk->ends[1]);
    *walk = (struct elbow_walk){0};
}

struct walking {
    struct elbow_decoder decoder;
    const struct elbow_walk *walk;
    float *x, *known; // (microbatch, D): inputs of the totals; owned
    double *sizes;    // (microbatch); owned
    size_t row_bytes;
    bool has_points; // the output has them
    struct elbow_sink_column columns[COLUMNS_MAX];
    size_t column_count;
};

static double between(double from, double to, double share)
{
    return share <= 0 ? from : share >= 1 ? to : (1 - share) * from + share * to;
}

// The input of the total of point n: values between those of its ends, if both are known.
static void mix(const struct walking *walking, size_t n, size_t i)
{
    const struct elbow_walk *walk = walking->walk;
    const struct elbow_anchors *anchors = &walk->anchors;
    size_t values = walking->decoder.gallery->model->values, from = walk->from[n], to = walk->to[n];
    double share = from == to ? 0 : walk->share[n];
    for (size_t d = 0; d < values; ++d) {
        size_t one = from * values + d, other = to * values + d;
        walking->x[i * values + d] = (float)between((double)anchors->x[one], (double)anchors->x[other], share);
        if (anchors->known != NULL)
            walking->known[i * values + d] = share <= 0   ? anchors->known[one]
                                             : share >= 1 ? anchors->known[other]
                                                          : anchors->known[one] * anchors->known[other];
    }
    if (anchors->sizes != NULL)
        walking->sizes[i] = between(anchors->sizes[from], anchors->sizes[to], share);
}

static struct elbow_model_sizes sizes_of(const struct walking *walking)
{
    const struct elbow_anchors *anchors = &walking->walk->anchors;
    if (anchors->count == 0)
        return elbow_decoder_sizes(&walking->decoder);
    return (struct elbow_model_sizes){.x = walking->x,
                                      .known = anchors->known != NULL ? walking->known : NULL,
                                      .sizes = anchors->sizes != NULL ? walking->sizes : NULL};
}

static char *put(char *at, const void *values, size_t bytes)
{
    memcpy(at, values, bytes);
    return at + bytes;
}

// The point, and the columns beside it, in their order.
static void pack_point(const struct walking *walking, size_t n, char *at)
{
    const struct elbow_walk *walk = walking->walk;
    size_t latent = walking->decoder.gallery->model->latent;
    at = put(at, walk->z + n * latent, latent * sizeof *walk->z);
    if (walk->places != NULL)
        at = put(at, walk->places + n, sizeof *walk->places);
    for (int end = 0; end < 2 && walk->ends[end] != NULL; ++end)
        at = put(at, walk->ends[end] + n, sizeof *walk->ends[end]);
    at = put(at, walk->share + n, sizeof *walk->share);
    if (walk->uses != NULL)
        put(at, walk->uses + n, sizeof *walk->uses);
}

static void produce(void *user, uint64_t first, size_t count, void *results)
{
    struct walking *walking = user;
    const struct elbow_walk *walk = walking->walk;
    struct elbow_decoder *decoder = &walking->decoder;
    struct elbow_model *model = decoder->gallery->model;
    size_t latent = model->latent, conditions = model->conditions;
    for (size_t i = 0; i < decoder->microbatch; ++i) {
        size_t n = (size_t)first + (i < count ? i : count - 1);
        decoder->ids[i] = n;
        memcpy(decoder->z + i * latent, walk->z + n * latent, latent * sizeof *walk->z);
        if (conditions > 0)
            memcpy(decoder->condition + i * conditions, walk->condition + n * conditions,
                   conditions * sizeof *walk->condition);
        if (walk->anchors.count > 0)
            mix(walking, n, i);
    }
    elbow_model_set_conditions(model, decoder->microbatch, decoder->condition);
    elbow_decoder_run(decoder, decoder->microbatch, sizes_of(walking));
    for (size_t i = 0; i < count; ++i) {
        elbow_decoder_show(decoder, i, decoder->shown);
        char *at = elbow_decoder_pack(decoder, decoder->shown, true, (char *)results + i * walking->row_bytes);
        if (walking->has_points)
            pack_point(walking, (size_t)first + i, at);
    }
}

static void add_column(struct walking *walking, struct elbow_sink_column column)
{
    ELBOW_CHECK(walking->column_count < COLUMNS_MAX);
    walking->columns[walking->column_count++] = column;
    walking->row_bytes += elbow_sink_column_bytes(&column);
}

static void add_columns(struct walking *walking)
{
    const struct elbow_walk *walk = walking->walk;
    const char *const ends[] = {"from", "to"};
    add_column(walking, elbow_decoder_column(&walking->decoder, "decoded"));
    if (!walking->has_points)
        return;
    add_column(walking, (struct elbow_sink_column){.name = "z",
                                                   .element = ELBOW_ELEMENT_FLOAT32,
                                                   .rank = 1,
                                                   .shape = {walking->decoder.gallery->model->latent}});
    if (walk->places != NULL)
        add_column(walking, (struct elbow_sink_column){.name = "dimension", .element = ELBOW_ELEMENT_INT64});
    for (int end = 0; end < 2 && walk->ends[end] != NULL; ++end)
        add_column(walking, (struct elbow_sink_column){.name = ends[end], .element = ELBOW_ELEMENT_INT64});
    add_column(walking, (struct elbow_sink_column){.name = "share", .element = ELBOW_ELEMENT_FLOAT64});
    if (walk->uses != NULL)
        add_column(walking, (struct elbow_sink_column){.name = "use", .element = ELBOW_ELEMENT_FLOAT64});
}

static enum elbow_status allocate_workspace(struct walking *walking, struct elbow_error *error)
{
    size_t rows = walking->walk->anchors.count > 0 ? walking->decoder.microbatch : 0;
    size_t values = walking->decoder.gallery->model->values;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(walking->x, rows * values),
        ELBOW_ARRAY(walking->known, rows * values),
        ELBOW_ARRAY(walking->sizes, rows),
    };
    enum elbow_status status = elbow_decoder_create(&walking->decoder, error);
    return status == ELBOW_OK
               ? elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a microbatch of a walk", error)
               : status;
}

static void give_room_back(struct walking *walking)
{
    elbow_decoder_destroy(&walking->decoder);
    elbow_release(&walking->x);
    elbow_release(&walking->known);
    elbow_release(&walking->sizes);
}

static struct walking walking_of(const struct elbow_gallery *gallery, const struct elbow_walk *walk, uint64_t seed,
                                 bool draw)
{
    return (struct walking){.decoder = {.gallery = gallery,
                                        .microbatch = (size_t)gallery->config->train.microbatch,
                                        .draw = draw,
                                        .seed = seed,
                                        .of = ELBOW_DRAW_OF_SAMPLES},
                            .walk = walk};
}

enum elbow_status elbow_walk_write(const struct elbow_gallery *gallery, const struct elbow_walk *walk, const char *path,
                                   uint64_t seed, bool draw, struct elbow_error *error)
{
    struct walking walking = walking_of(gallery, walk, seed, draw);
    walking.decoder.is_double = elbow_gallery_needs_doubles(gallery, path);
    walking.has_points = elbow_sink_holds_texts(path);
    *error = (struct elbow_error){0};
    add_columns(&walking);
    struct elbow_sink_plan plan = {.path = path,
                                   .columns = walking.columns,
                                   .column_count = walking.column_count,
                                   .is_gallery = !walking.has_points,
                                   .rows = walk->points,
                                   .across = walk->across,
                                   .at_once = walking.decoder.microbatch,
                                   .publish = gallery->publish};
    elbow_decoder_plan(&walking.decoder, &plan);
    if (elbow_sink_check(&plan, error) == ELBOW_OK)
        allocate_workspace(&walking, error);
    const struct elbow_written written = {.plan = &plan,
                                          .microbatch = walking.decoder.microbatch,
                                          .row_bytes = walking.row_bytes,
                                          .user = &walking,
                                          .produce = produce};
    if (elbow_comm_agree(gallery->comm, error) == ELBOW_OK)
        elbow_written_run(gallery->comm, &written, error);
    give_room_back(&walking);
    return error->status;
}

// A walk whose points are kept.
struct gathering {
    struct walking walking; // first: what `produce` is given
    float *decoded;         // rank zero
};

static enum elbow_status keep(void *user, uint64_t first, uint64_t count, const void *results,
                              struct elbow_error *error)
{
    struct gathering *gathering = user;
    size_t bytes = gathering->walking.row_bytes;
    (void)error;
    memcpy((char *)gathering->decoded + first * bytes, results, count * bytes);
    return ELBOW_OK;
}

enum elbow_status elbow_walk_gather(const struct elbow_gallery *gallery, const struct elbow_walk *walk, uint64_t seed,
                                    bool draw, float **decoded, struct elbow_error *error)
{
    struct gathering gathering = {.walking = walking_of(gallery, walk, seed, draw)};
    *decoded = NULL;
    *error = (struct elbow_error){0};
    add_columns(&gathering.walking);
    const struct elbow_ordered_rows_job job = {.rows = walk->points,
                                               .microbatch = gathering.walking.decoder.microbatch,
                                               .row_bytes = gathering.walking.row_bytes,
                                               .user = &gathering,
                                               .produce = produce,
                                               .consume = keep};
    if (allocate_workspace(&gathering.walking, error) == ELBOW_OK && elbow_comm_place(gallery->comm).rank == 0)
        elbow_allocate(decoded, walk->points * elbow_decoder_width(&gathering.walking.decoder), sizeof **decoded,
                       "decoded values", error);
    gathering.decoded = *decoded;
    if (elbow_comm_agree(gallery->comm, error) == ELBOW_OK)
        elbow_ordered_rows_run(gallery->comm, &job, error);
    give_room_back(&gathering.walking);
    return error->status;
}
