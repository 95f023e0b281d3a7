// SPDX-License-Identifier: BSD-3-Clause
// The page of a report, and what it is made of. Rank zero's business.
#ifndef ELBOW_REPORT_DETAIL_PAGE_H
#define ELBOW_REPORT_DETAIL_PAGE_H

#include "elbow/evaluate/comparison.h"
#include "elbow/evaluate/gallery.h"
#include "elbow/evaluate/measuring.h"

#include <stdio.h>

enum { ELBOW_REPORTED_LINES = 6 };

// One run beside what is compared of it. Owned but for the name.
struct elbow_reported {
    const char *path; // as it was given
    char *config;     // YAML
    char *receipt;    // receipt.txt; NULL: there is none
    char *log;        // log.txt; NULL likewise
    uint64_t *steps;  // (step_count) of the pictures of samples/, ascending
    size_t step_count;
    struct elbow_gallery_plot lines[ELBOW_REPORTED_LINES]; // rows that are no images; bytes NULL: none
    struct elbow_evaluation evaluation;                    // of all rows; its classes' names are those of `names`
    char *names;
    struct elbow_measuring *measuring; // of the latent space
    char *why_unmeasured;              // why there are no measures; NULL: there are some
};

// Local. Takes in the files of a run's directory: as many as there are; none of a checkpoint by itself.
enum elbow_status elbow_reported_take(const char *run, const char *config, struct elbow_reported *reported,
                                      struct elbow_error *error);

// Collective. Evaluates all rows of a session, and measures some of them. Of failures but for lack of memory, those of
// the measures are noted in why_unmeasured.
enum elbow_status elbow_reported_measure(struct elbow_comm *comm, struct elbow_session *session,
                                         struct elbow_reported *reported, struct elbow_error *error);

// Collective. The first rows of a session and their reconstructions, where they are no images.
enum elbow_status elbow_reported_draw(struct elbow_comm *comm, const struct elbow_session *session,
                                      struct elbow_reported *reported, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_reported_clear(struct elbow_reported *reported);

// What a page is made of. Nothing is owned.
struct elbow_report {
    const struct elbow_compared *runs;     // (count)
    const struct elbow_reported *reported; // (count)
    size_t count;
};

// Local. Writes the page. A stream that cannot be written is the caller's to see.
enum elbow_status elbow_report_write(const struct elbow_report *report, FILE *out, struct elbow_error *error);

// Local. The parts that are data: the curves for the script; the pictures of samples/ with their slider; rows that
// are no images; what a reader should know first.
void elbow_report_write_curves(const struct elbow_report *report, FILE *out);
void elbow_report_write_steps(const struct elbow_report *report, size_t run, FILE *out);
void elbow_report_write_lines(const struct elbow_report *report, size_t run, FILE *out);
void elbow_report_write_warnings(const struct elbow_report *report, FILE *out);

// Local. The tables: of evaluations; of measures of the latent space.
void elbow_report_write_evaluation(const struct elbow_report *report, FILE *out);
void elbow_report_write_measures(const struct elbow_report *report, FILE *out);

// The page's style sheet and script: lines, the last one NULL.
extern const char *const elbow_report_style[];
extern const char *const elbow_report_script[];

#endif
