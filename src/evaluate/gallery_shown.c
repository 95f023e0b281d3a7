// SPDX-License-Identifier: BSD-3-Clause
// Properties of the rows that a gallery shows.
#include "elbow/evaluate/detail/gallery.h"

#include "elbow/output/sink.h"

const struct elbow_data_facts *elbow_gallery_shown(const struct elbow_gallery *gallery)
{
    return gallery->frozen != NULL ? &gallery->frozen->checkpoint.data : gallery->data;
}

const struct elbow_config *elbow_gallery_reading(const struct elbow_gallery *gallery)
{
    return gallery->frozen != NULL ? &gallery->frozen->config : gallery->config;
}

// True if data.transform is inverted on outputs. The zeros and ones of binarised values have no inverse.
bool elbow_gallery_turns_back(const struct elbow_gallery *gallery)
{
    return elbow_gallery_shown(gallery)->transform.kind != ELBOW_TRANSFORM_NONE && !gallery->is_transformed &&
           elbow_gallery_reading(gallery)->data.binarize == ELBOW_BINARIZE_NONE;
}

// True if the output needs doubles: if stored values are more exact than floats, a small deviation about a large mean,
// which a transform removes, would be lost in floats. A picture has floats.
bool elbow_gallery_needs_doubles(const struct elbow_gallery *gallery, const char *path)
{
    struct elbow_error error = {0};
    bool is_table = elbow_sink_check_ending(path, false, &error) == ELBOW_OK;
    const struct elbow_data_facts *data = elbow_gallery_shown(gallery);
    return elbow_gallery_turns_back(gallery) && is_table && data->has_range && elbow_element_size(data->element) > 2 &&
           data->element != ELBOW_ELEMENT_FLOAT32;
}

bool elbow_gallery_has_pictures(const struct elbow_gallery *gallery)
{
    struct elbow_image_shape image;
    const struct elbow_data_facts *data = elbow_gallery_shown(gallery);
    return elbow_dataset_image(data->layout, (size_t)data->rank, data->shape, &image);
}

uint64_t elbow_gallery_classes(const struct elbow_gallery *gallery)
{
    const struct elbow_conditions *conditions = &gallery->data->conditions;
    if (gallery->conditioning != NULL)
        return elbow_conditioning_classes(gallery->conditioning);
    for (size_t v = 0; v < conditions->count; ++v)
        if (!conditions->variables[v].is_number)
            return conditions->variables[v].width;
    return 1;
}
