// SPDX-License-Identifier: BSD-3-Clause
// The output of elbow score.
#include "elbow/base/json.h"
#include "elbow/cli/score.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 17, NAME_WIDTH = 40 };

static const struct elbow_session *own_of(const struct elbow_findings *findings)
{
    return &findings->sessions[ELBOW_FINDINGS_OWN];
}

static const char *what_scores_are(const struct elbow_findings *findings)
{
    static const char *const of[] = {[ELBOW_SCORE_BY_ELBO] = "-elbo",
                                     [ELBOW_SCORE_BY_RECON] = "-recon",
                                     [ELBOW_SCORE_BY_KL] = "kl",
                                     [ELBOW_SCORE_BY_IMPORTANCE] = "-log_likelihood",
                                     [ELBOW_SCORE_BY_DEVIANCE] = "deviance"};
    return of[findings->by];
}

static void print_estimate(const char *name, const struct elbow_estimate *estimate, const char *method)
{
    printf("%-*s %.4f (95%% interval %.4f to %.4f, %s)\n", WIDTH, name, estimate->value, estimate->low, estimate->high,
           method);
}

static void print_ranking(const struct elbow_findings *findings)
{
    const struct elbow_anomalies *anomalies = &findings->anomalies;
    uint64_t of[] = {anomalies->rows[0], anomalies->rows[1], anomalies->rows[2]};
    if (anomalies->is == NULL)
        return;
    printf("%-*s %" PRIu64 " of %" PRIu64 " rows with a label", WIDTH, "anomalies", of[2], of[1] + of[2]);
    if (of[0] > 0)
        printf("; %" PRIu64 " without one", of[0]);
    putchar('\n');
    if (!findings->ranking.is_there)
        return;
    print_estimate("auroc", &findings->ranking.auroc, "DeLong");
    print_estimate("average_precision", &findings->ranking.average_precision, "logit");
    printf("%-*s %.4f: the average precision of random scores\n", WIDTH, "prevalence",
           (double)of[2] / (double)(of[1] + of[2]));
    if (!findings->baseline.is_there)
        return;
    printf("%-*s %zu components, fitted to %s of the training data\n", WIDTH, "pca", findings->components,
           elbow_text_count(findings->baseline_rows, "row").text);
    print_estimate("pca auroc", &findings->baseline.auroc, "DeLong");
    print_estimate("pca precision", &findings->baseline.average_precision, "logit");
}

enum { A_FEW = 10 }; // rows, for which a second number is printed

// The number of calibration rows that a selection of `count` of m rows needs: 1 / (n + 1) is the smallest p-value, and
// count * rate / m is the threshold of Benjamini and Hochberg for this count.
static double needed(const struct elbow_findings *findings, double count)
{
    return ceil((double)findings->own.rows / (count * findings->rate) * (1 - 1e-12)) - 1;
}

// Prints which numbers of rows cannot be selected, and the number of calibration rows that they need.
static void print_needed(const struct elbow_findings *findings)
{
    double rows = (double)findings->own.rows, normal = (double)findings->calibration.rows;
    double least = ceil(rows / (findings->rate * (normal + 1)) * (1 - 1e-12));
    if (least <= 1)
        return;
    printf("%-*s ", WIDTH, "");
    if (least > rows)
        printf("no row can ever be selected");
    else if (least == rows)
        printf("rows can only be selected all %.0f together", rows);
    else
        printf("rows can only be selected %.0f or more together", least);
    printf(" with %s for calibration, as no p-value is below %.2g; to select a single one of %.0f takes at least %.0f",
           elbow_text_count(findings->calibration.rows, "row").text, 1 / (normal + 1), rows, needed(findings, 1));
    if (least > A_FEW && rows > A_FEW)
        printf(", to select %d together %.0f", A_FEW, needed(findings, A_FEW));
    putchar('\n');
}

static void print_discoveries(const struct elbow_findings *findings)
{
    if (findings->is_selected == NULL)
        return;
    printf("%-*s %zu of %" PRIu64 " rows, at a false discovery rate of %g\n", WIDTH, "selected", findings->selected,
           findings->own.rows, findings->rate);
    if (findings->selected == 0)
        print_needed(findings);
}

static const char *name_of(const struct elbow_dataset *dataset, uint64_t i)
{
    return dataset->has_names ? elbow_names_at(&dataset->names, elbow_dataset_row(dataset, i)) : NULL;
}

static void print_worst(const struct elbow_findings *findings, size_t worst)
{
    const struct elbow_dataset *dataset = &own_of(findings)->dataset;
    printf("\n%10s %14s", "row", "score");
    printf("%s%s%s\n", findings->p_values != NULL ? "    p_value" : "", dataset->has_labels ? "      label" : "",
           dataset->has_names ? "  name" : "");
    for (size_t k = 0; k < worst && k < findings->own.rows; ++k) {
        size_t i = findings->order[k];
        printf("%10" PRIu64 " %14.6g", elbow_dataset_row(dataset, i), findings->scores[i]);
        if (findings->p_values != NULL)
            printf(" %10.4g", findings->p_values[i]);
        if (dataset->has_labels) {
            int64_t label = elbow_dataset_label(dataset, i);
            const char *name = elbow_label_name(&dataset->label_names, label);
            if (name != NULL)
                elbow_text_print(stdout, " %10.*s", NAME_WIDTH, name);
            else
                printf(" %10" PRId64, label);
        }
        if (dataset->has_names)
            elbow_text_print(stdout, "  %.*s", NAME_WIDTH, name_of(dataset, i));
        putchar('\n');
    }
}

static void print_words(const struct elbow_findings *findings, const char *output, size_t worst)
{
    const struct elbow_checkpoint *checkpoint = &own_of(findings)->checkpoint;
    elbow_text_print(stdout, "%-*s %s (step %" PRIu64 ")\n", WIDTH, "checkpoint", checkpoint->path,
                     checkpoint->state.step);
    elbow_text_print(stdout, "%-*s %s\n", WIDTH, "data", own_of(findings)->dataset.name);
    elbow_text_print(stdout, "%-*s %s: %s, score = %s, larger is more unusual\n", WIDTH, "scores", output,
                     elbow_text_count(findings->own.rows, "row").text, what_scores_are(findings));
    if (findings->has[ELBOW_FINDINGS_AGAINST])
        elbow_text_print(stdout, "%-*s %s (step %" PRIu64 "), whose score is subtracted\n", WIDTH, "against",
                         findings->sessions[ELBOW_FINDINGS_AGAINST].checkpoint.path,
                         findings->sessions[ELBOW_FINDINGS_AGAINST].checkpoint.state.step);
    if (findings->has[ELBOW_FINDINGS_CALIBRATION])
        elbow_text_print(stdout, "%-*s %s, %s\n", WIDTH, "calibration",
                         findings->sessions[ELBOW_FINDINGS_CALIBRATION].dataset.name,
                         elbow_text_count(findings->calibration.rows, "row").text);
    print_discoveries(findings);
    print_ranking(findings);
    if (worst > 0)
        print_worst(findings, worst);
}

static void put_estimate(struct elbow_json *json, const char *name, const struct elbow_estimate *estimate)
{
    char key[64];
    elbow_json_number(json, name, estimate->value);
    elbow_text_format(key, sizeof key, "%s_low", name);
    elbow_json_number(json, key, estimate->low);
    elbow_text_format(key, sizeof key, "%s_high", name);
    elbow_json_number(json, key, estimate->high);
}

static void put_ranking(struct elbow_json *json, const struct elbow_findings *findings)
{
    const struct elbow_anomalies *anomalies = &findings->anomalies;
    if (anomalies->is == NULL)
        return;
    elbow_json_integer(json, "anomalies", (int64_t)anomalies->rows[2]);
    elbow_json_integer(json, "normal", (int64_t)anomalies->rows[1]);
    elbow_json_integer(json, "unknown", (int64_t)anomalies->rows[0]);
    if (!findings->ranking.is_there)
        return;
    put_estimate(json, "auroc", &findings->ranking.auroc);
    put_estimate(json, "average_precision", &findings->ranking.average_precision);
    elbow_json_number(json, "prevalence",
                      (double)anomalies->rows[2] / (double)(anomalies->rows[1] + anomalies->rows[2]));
    if (!findings->baseline.is_there)
        return;
    elbow_json_open(json, "pca", '{');
    elbow_json_integer(json, "components", (int64_t)findings->components);
    elbow_json_integer(json, "rows", (int64_t)findings->baseline_rows);
    put_estimate(json, "auroc", &findings->baseline.auroc);
    put_estimate(json, "average_precision", &findings->baseline.average_precision);
    elbow_json_close(json, '}');
}

static void put_worst(struct elbow_json *json, const struct elbow_findings *findings, size_t worst)
{
    const struct elbow_dataset *dataset = &own_of(findings)->dataset;
    elbow_json_open(json, "worst", '[');
    for (size_t k = 0; k < worst && k < findings->own.rows; ++k) {
        size_t i = findings->order[k];
        elbow_json_open(json, NULL, '{');
        elbow_json_integer(json, "row", (int64_t)elbow_dataset_row(dataset, i));
        elbow_json_number(json, "score", findings->scores[i]);
        if (findings->p_values != NULL)
            elbow_json_number(json, "p_value", findings->p_values[i]);
        if (dataset->has_labels)
            elbow_json_integer(json, "label", elbow_dataset_label(dataset, i));
        if (dataset->has_names)
            elbow_json_text(json, "name", name_of(dataset, i));
        elbow_json_close(json, '}');
    }
    elbow_json_close(json, ']');
}

static void print_json(const struct elbow_findings *findings, const char *output, size_t worst)
{
    struct elbow_json json = {.out = stdout};
    elbow_json_open(&json, NULL, '{');
    elbow_json_text(&json, "checkpoint", own_of(findings)->checkpoint.path);
    elbow_json_integer(&json, "step", (int64_t)own_of(findings)->checkpoint.state.step);
    elbow_json_text(&json, "data", own_of(findings)->dataset.name);
    elbow_json_text(&json, "scores", output);
    elbow_json_integer(&json, "rows", (int64_t)findings->own.rows);
    elbow_json_text(&json, "by", elbow_score_word(findings->by));
    if (findings->has[ELBOW_FINDINGS_AGAINST])
        elbow_json_text(&json, "against", findings->sessions[ELBOW_FINDINGS_AGAINST].checkpoint.path);
    if (findings->has[ELBOW_FINDINGS_CALIBRATION]) {
        elbow_json_text(&json, "calibration", findings->sessions[ELBOW_FINDINGS_CALIBRATION].dataset.name);
        elbow_json_integer(&json, "calibration_rows", (int64_t)findings->calibration.rows);
    }
    if (findings->is_selected != NULL) {
        elbow_json_number(&json, "fdr", findings->rate);
        elbow_json_integer(&json, "selected", (int64_t)findings->selected);
    }
    put_ranking(&json, findings);
    put_worst(&json, findings, worst);
    elbow_json_close(&json, '}');
}

void elbow_score_print(const struct elbow_findings *findings, const char *output, size_t worst, bool json)
{
    if (json)
        print_json(findings, output, worst);
    else
        print_words(findings, output, worst);
}
