// SPDX-License-Identifier: BSD-3-Clause
// The tables of a run, rows of them and their text.
#ifndef ELBOW_TESTS_METRICS_FIXTURE_H
#define ELBOW_TESTS_METRICS_FIXTURE_H

#include "elbow/base/log.h"
#include "elbow/output/metrics.h"
#include "scratch.h"

// The headers of both tables; train_row in them; the row of a valid step, behind the step.
#define METRICS                                                                                                        \
    "step,epoch,split,objective,elbo,recon,kl,variance,residual,elbo_stored,scale,df,dispersion,beta,rate,"            \
    "grad_norm,active_units,skipped,seconds,samples_per_s,compute,exchange,data\n"
#define KL "step,epoch,split,kl_0,kl_1\n"
#define TRAIN "50,1,train,-100.5,-101.25,-90,11.25,,,,,,,0.5,0.001,3,,2,0.25,51200,0.75,0.125,0\n"
#define TRAIN_KL "50,1,train,10,1.25\n"
#define VALID_TAIL ",2,valid,,0.33333333333333331,0,0,,,,,,,0,,,2,0,,,,,\n"

extern const struct elbow_metrics_row train_row;
extern const double kl_of[2];
extern struct elbow_log silence; // tests of warnings count them

struct elbow_metrics_row valid_row(uint64_t step);

// Opens the tables of a scratch directory, which stays open with them until the test ends.
enum elbow_status open_tables(const char *path, size_t latent, uint64_t step, struct elbow_metrics *metrics,
                              struct elbow_error *error);

void table_expect(struct scratch *scratch, const char *name, const char *text);

// Opens with these contents and closes again.
enum elbow_status table_reopen(struct scratch *scratch, const void *text, size_t size, uint64_t step,
                               struct elbow_error *error);

// A cut at `step` of a metrics.csv of the header and `rows` must leave the header and `kept`.
void table_expect_cut(struct scratch *scratch, const char *rows, uint64_t step, const char *kept);

#endif
