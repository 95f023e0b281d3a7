// SPDX-License-Identifier: BSD-3-Clause
// Kim, Mnih (2018), "Disentangling by factorising", with the sizes of Locatello et al. (2019).
#include "elbow/statistics/disentanglement.h"

#include "elbow/base/memory.h"
#include "elbow/math/random.h"
#include "elbow/statistics/detail/yardstick.h"

enum { LEARNED = 10000, ASKED = 5000, DRAWN = 64, STREAM_ID = 2 };
static const double LEAST_DEVIATION = 0.05;

struct voting {
    size_t rows, width, factors;
    const double *codes;
    double *variances; // of each code over all rows; 0: it takes no part
    // For each factor: the rows in the order of their values, and the first place of each value in that order.
    size_t *order, *begins; // (factors, rows), (factors, values + 1)
    int64_t *values;        // (factors, rows)
    size_t *usable;         // factors that a row may be drawn for
    size_t usable_count;
    double *votes; // (width, factors)
    uint64_t seed;
};
enum { STARTS = ELBOW_FACTOR_VALUES_MAX + 1 };

static size_t pick(size_t count, uint32_t word)
{
    return (size_t)(((uint64_t)word * count) >> 32);
}

static void find_variances(struct voting *voting)
{
    for (size_t j = 0; j < voting->width; ++j) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < voting->rows; ++i)
            mean += voting->codes[i * voting->width + j];
        mean /= (double)voting->rows;
        for (size_t i = 0; i < voting->rows; ++i) {
            double from = voting->codes[i * voting->width + j] - mean;
            square += from * from;
        }
        double variance = square / ((double)voting->rows - 1);
        voting->variances[j] = sqrt(variance) >= LEAST_DEVIATION ? variance : 0;
    }
}

// Sorts the rows by the value of a factor. True if two rows share a value.
static bool sort_rows(struct voting *voting, size_t factor, size_t count)
{
    size_t *begins = voting->begins + factor * STARTS, *order = voting->order + factor * voting->rows;
    size_t next[STARTS] = {0};
    const int64_t *values = voting->values + factor * voting->rows;
    bool shares = false;
    for (size_t i = 0; i < voting->rows; ++i)
        ++begins[values[i] + 1];
    for (size_t v = 0; v < count; ++v) {
        shares = shares || begins[v + 1] > 1;
        begins[v + 1] += begins[v];
        next[v] = begins[v];
    }
    for (size_t i = 0; i < voting->rows; ++i)
        order[next[values[i]]++] = i;
    return shares;
}

// The code of the least variance among the rows drawn, as a share of its variance over all.
static size_t steadiest(const struct voting *voting, const size_t *drawn)
{
    size_t best = voting->width;
    double least = 0;
    for (size_t j = 0; j < voting->width; ++j) {
        double mean = 0, square = 0;
        if (voting->variances[j] == 0)
            continue;
        for (size_t i = 0; i < DRAWN; ++i)
            mean += voting->codes[drawn[i] * voting->width + j];
        mean /= DRAWN;
        for (size_t i = 0; i < DRAWN; ++i) {
            double from = voting->codes[drawn[i] * voting->width + j] - mean;
            square += from * from;
        }
        double share = square / (DRAWN - 1) / voting->variances[j];
        if (best == voting->width || share < least) {
            best = j;
            least = share;
        }
    }
    return best;
}

// One vote: which factor was held, and for which code.
static void vote(const struct voting *voting, uint32_t number, size_t *factor, size_t *code)
{
    uint32_t words[2 + DRAWN];
    size_t drawn[DRAWN];
    struct elbow_stream stream = {voting->seed, ELBOW_PURPOSE_MEASURE, STREAM_ID, number};
    size_t first = 0, count = 0;
    for (uint64_t trial = 0; count < 2; ++trial) { // a row whose value another one has, too
        elbow_random_words(stream, trial * (2 + DRAWN), 2 + DRAWN, words);
        *factor = voting->usable[pick(voting->usable_count, words[0])];
        int64_t value = voting->values[*factor * voting->rows + pick(voting->rows, words[1])];
        const size_t *begins = voting->begins + *factor * STARTS + value;
        first = begins[0];
        count = begins[1] - begins[0];
    }
    for (size_t i = 0; i < DRAWN; ++i)
        drawn[i] = voting->order[*factor * voting->rows + first + pick(count, words[2 + i])];
    *code = steadiest(voting, drawn);
}

static double tally(struct voting *voting)
{
    size_t factor, code, right = 0;
    for (uint32_t n = 0; n < LEARNED; ++n) {
        vote(voting, n, &factor, &code);
        voting->votes[code * voting->factors + factor] += 1;
    }
    for (uint32_t n = LEARNED; n < LEARNED + ASKED; ++n) {
        vote(voting, n, &factor, &code);
        const double *votes = voting->votes + code * voting->factors;
        size_t most = 0;
        for (size_t f = 1; f < voting->factors; ++f)
            most = votes[f] > votes[most] ? f : most;
        right += most == factor;
    }
    return (double)right / ASKED;
}

static bool is_any_active(const struct voting *voting)
{
    for (size_t j = 0; j < voting->width; ++j)
        if (voting->variances[j] > 0)
            return true;
    return false;
}

enum elbow_status elbow_factor_score(size_t rows, size_t width, const double *codes, size_t factors,
                                     const double *table, uint64_t seed, double *score, struct elbow_error *error)
{
    struct voting voting = {.rows = rows, .width = width, .factors = factors, .codes = codes, .seed = seed};
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(voting.variances, width),         ELBOW_ARRAY(voting.order, factors * rows),
        ELBOW_ARRAY(voting.begins, factors * STARTS), ELBOW_ARRAY(voting.values, factors * rows),
        ELBOW_ARRAY(voting.usable, factors),          ELBOW_ARRAY(voting.votes, width * factors)};
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "rows by factors", error);
    for (size_t f = 0; status == ELBOW_OK && f < factors; ++f) {
        size_t count = 0;
        status = elbow_factor_values(rows, factors, table, f, voting.values + f * rows, &count, error);
        if (status == ELBOW_OK && sort_rows(&voting, f, count) && count > 1)
            voting.usable[voting.usable_count++] = f;
    }
    if (status == ELBOW_OK && voting.usable_count == 0)
        status = elbow_error_set(error, ELBOW_DATA, "no factor varies and has a value that two rows share");
    if (status == ELBOW_OK) {
        find_variances(&voting);
        *score = is_any_active(&voting) ? tally(&voting) : 0;
    }
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; ++i)
        elbow_release(arrays[i].pointer);
    return status;
}

enum elbow_status elbow_yardstick_factor_vae(const struct elbow_yardstick_input *input,
                                             struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    double score;
    enum elbow_status status = elbow_factor_score(input->rows, input->width, input->codes, input->factor_count,
                                                  input->factors, input->seed, &score, error);
    if (status == ELBOW_OK)
        elbow_yardstick_add(figures, "factor_vae", score, NAN);
    return status;
}
