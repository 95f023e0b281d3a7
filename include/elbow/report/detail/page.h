// SPDX-License-Identifier: BSD-3-Clause
// The page of a report and its contents, on rank zero.
#ifndef ELBOW_REPORT_DETAIL_PAGE_H
#define ELBOW_REPORT_DETAIL_PAGE_H

#include "elbow/evaluate/comparison.h"
#include "elbow/evaluate/gallery.h"
#include "elbow/evaluate/measuring.h"

#include <stdio.h>

enum { ELBOW_REPORTED_LINES = 6 };

// The part of a run that struct elbow_compared does not have. Everything is owned except the path.
struct elbow_reported {
    const char *path; // as the user gave it
    char *config;     // YAML
    char *receipt;    // text of receipt.txt, or NULL
    char *log;        // text of log.txt, or NULL
    uint64_t *steps;  // [step_count] steps with pictures in samples/, ascending
    size_t step_count;
    struct elbow_gallery_plot lines[ELBOW_REPORTED_LINES]; // plots of rows that are not images; bytes NULL: none
    struct elbow_evaluation evaluation;                    // of all rows; the names of its classes lie in `names`
    char *names;
    struct elbow_measuring *measuring; // of the latent space
    char *why_unmeasured;              // why there are no measures; NULL: there are measures
};

// Local. Reads the files of a run directory that exist; none if `run` is a checkpoint. `config`: YAML, copied. MEMORY.
enum elbow_status elbow_reported_take(const char *run, const char *config, struct elbow_reported *reported,
                                      struct elbow_error *error);

// Collective. Evaluates all rows of a session and measures some of them. A measure that fails is noted in
// why_unmeasured, except for MEMORY, which is returned.
enum elbow_status elbow_reported_measure(struct elbow_comm *comm, struct elbow_session *session,
                                         struct elbow_reported *reported, struct elbow_error *error);

// Collective. Plots the first rows of a session and their reconstructions if they are not images.
enum elbow_status elbow_reported_draw(struct elbow_comm *comm, const struct elbow_session *session,
                                      struct elbow_reported *reported, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_reported_clear(struct elbow_reported *reported);

// The contents of a page. Nothing is owned.
struct elbow_report {
    const struct elbow_compared *runs;     // (count)
    const struct elbow_reported *reported; // (count)
    size_t count;
};

// Local. Writes the page. The caller checks the stream for errors. MEMORY.
enum elbow_status elbow_report_write(const struct elbow_report *report, FILE *out, struct elbow_error *error);

// Local. Write parts of the page: the curves as data for the script; the pictures of samples/ with their slider; plots
// of rows that are not images; the warnings.
void elbow_report_write_curves(const struct elbow_report *report, FILE *out);
void elbow_report_write_steps(const struct elbow_report *report, size_t run, FILE *out);
void elbow_report_write_lines(const struct elbow_report *report, size_t run, FILE *out);
void elbow_report_write_warnings(const struct elbow_report *report, FILE *out);

// Local. Write the tables: of evaluations; of measures of the latent space.
void elbow_report_write_evaluation(const struct elbow_report *report, FILE *out);
void elbow_report_write_measures(const struct elbow_report *report, FILE *out);

// The style sheet and the script of the page: lines, the last one NULL.
extern const char *const elbow_report_style[];
extern const char *const elbow_report_script[];

#endif
