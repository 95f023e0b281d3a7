// SPDX-License-Identifier: BSD-3-Clause
// The report of elbow-import about the new dataset: a line on standard output, warnings on standard error.
#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void import_shape_text(char *text, size_t size, size_t rank, const uint64_t *shape)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < rank && length < size; ++i)
        length +=
            (size_t)snprintf(text + length, size - length, "%s%llu", i == 0 ? "" : " x ", (unsigned long long)shape[i]);
    if (rank == 0)
        elbow_text_format(text, size, "one value");
}

static void warn_of_places(const struct import_source *source, const struct import_places *places, const char *what,
                           const char *trouble, const char *cure)
{
    elbow_text_print(stderr, "elbow-import: warning: %s: %llu %s%s %s, the first in line %llu, column %llu; %s\n",
                     source->path, (unsigned long long)places->count, what, places->count == 1 ? " is" : "s are",
                     trouble, (unsigned long long)places->line, (unsigned long long)places->column, cure);
}

// A column of long numbers that lie close together, as dates and coordinates.
static void warn_of_coarse(const struct import_source *source)
{
    const struct import_coarse *coarse = &source->coarse;
    char others[64] = "";
    if (coarse->columns == 0 || source->element != ELBOW_ELEMENT_FLOAT32)
        return;
    if (coarse->columns > 1)
        elbow_text_format(others, sizeof others, " (and %zu more)", coarse->columns - 1);
    elbow_text_print(stderr,
                     "elbow-import: warning: %s: column %zu%s goes from %.15g to %.15g, which 32-bit floats represent "
                     "in steps of %.3g, so that different numbers become equal; subtract an offset (%.15g) from it "
                     "before the import, or leave it out\n",
                     source->path, coarse->column, others, coarse->low, coarse->high, coarse->step, floor(coarse->low));
}

// Values that are NaN or infinite are imported unchanged, for other programs. Training refuses them, so their positions
// are reported, as are those of rounded integers.
static void warn_of_values(const struct import_plan *plan)
{
    static const char CURE[] = "train with data.missing: nan, which scores only known values, and remove infinite ones";
    for (size_t i = 0; i < plan->options->input_count; ++i) {
        const struct import_source *source = &plan->sources[i];
        if (source->not_finite.count > 0)
            warn_of_places(source, &source->not_finite, "value", "NaN or infinite", CURE);
        if (source->rounded.count > 0 && source->element == ELBOW_ELEMENT_FLOAT32)
            warn_of_places(source, &source->rounded, "integer", "rounded to 32-bit floats",
                           "import columns of integers separately (--columns)");
        warn_of_coarse(source);
    }
    if (plan->not_finite > 0 && !plan->sources[0].is_text)
        elbow_text_print(
            stderr,
            "elbow-import: warning: %s:%s: %llu value%s NaN or infinite, the first in row %llu (at index %llu); %s\n",
            plan->options->output, plan->options->name, (unsigned long long)plan->not_finite,
            plan->not_finite == 1 ? " is" : "s are", (unsigned long long)plan->not_finite_row,
            (unsigned long long)plan->not_finite_value, CURE);
}

// A model learns a row number like a feature.
static void warn_of_counting(const struct import_source *source)
{
    const struct import_counting *counting = &source->counting;
    if (counting->column == 0)
        return;
    elbow_text_print(stderr,
                     "elbow-import: warning: %s: column %zu counts the rows, from %lld to %lld; if it is not a "
                     "feature, leave it out with --skip-columns %zu\n",
                     source->path, counting->column, (long long)counting->first,
                     (long long)counting->first + (long long)source->rows - 1, counting->column);
}

// As a row, a model learns it like one.
static void report_header(const struct import_source *source)
{
    const struct import_likely_header *header = &source->header;
    if (header->line > 0)
        elbow_text_print(stdout,
                         "elbow-import: %s: line %llu goes from %.9g to %.9g in equal steps, unlike all other lines, "
                         "and is read as a row; if it is a header, use --header yes\n",
                         source->path, (unsigned long long)header->line, header->first, header->last);
}

static void warn_of_pictures(const struct import_source *source, const struct import_noted *noted, const char *one,
                             const char *many, const char *what)
{
    if (noted->pictures > 0)
        elbow_text_print(stderr, "elbow-import: warning: %s: %llu picture%s, the first is %s; %s\n", source->path,
                         (unsigned long long)noted->pictures, noted->pictures == 1 ? one : many, noted->first, what);
}

static void report_pictures(const struct import_source *source)
{
    unsigned long long opaque = source->alpha.pictures - source->transparent.pictures;
    unsigned long long turned = source->turned.pictures;
    warn_of_pictures(source, &source->transparent, " is not opaque", "s are not opaque",
                     "transparency is laid over black");
    warn_of_pictures(source, &source->stray, " has stray bytes", "s have stray bytes",
                     "they were skipped, but the file may be damaged");
    if (opaque > 0)
        elbow_text_print(stdout,
                         "elbow-import: %s: %llu picture%s an alpha channel that is opaque everywhere; it is omitted\n",
                         source->path, opaque, opaque == 1 ? " has" : "s have");
    if (turned > 0)
        elbow_text_print(stdout, "elbow-import: %s: %llu picture%s turned upright, as the file%s, the first is %s\n",
                         source->path, turned, turned == 1 ? " is" : "s are", turned == 1 ? " asks" : "s ask",
                         source->turned.first);
}

static void report_dataset(const struct import_plan *plan)
{
    char shape[160], scale[32];
    uint64_t sizes[IMPORT_RANK_MAX + 1] = {plan->rows};
    memcpy(sizes + 1, plan->shape, plan->rank * sizeof *sizes);
    import_shape_text(shape, sizeof shape, plan->rank + 1, sizes);
    elbow_text_format(scale, sizeof scale, "%.9g", plan->factor);
    if (plan->factor == 1.0 / UINT8_MAX || plan->factor == 1.0 / UINT16_MAX)
        elbow_text_format(scale, sizeof scale, "1/%.0f", 1 / plan->factor);
    char range[64] = "no finite value";
    if (plan->min <= plan->max)
        elbow_text_format(range, sizeof range, "%.9g to %.9g", plan->min, plan->max);
    elbow_text_print(stdout, "elbow-import: %s:%s: %s %s, %s, factor %s, offset %.9g\n", plan->options->output,
                     plan->options->name, shape, elbow_element_name(plan->element), range, scale, plan->offset);
}

void import_report(const struct import_plan *plan)
{
    report_dataset(plan);
    import_labels_report(&plan->labels, plan->options->output);
    warn_of_values(plan);
    for (size_t i = 0; i < plan->options->input_count; ++i) {
        warn_of_counting(&plan->sources[i]);
        report_header(&plan->sources[i]);
        report_pictures(&plan->sources[i]);
    }
}
