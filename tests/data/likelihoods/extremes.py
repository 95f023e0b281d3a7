#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes tests/support/likelihood_extremes.inc: log p and its derivatives at extreme parameters, to 40 digits by mpmath, rounded to double.

    pip install mpmath && python3 extremes.py > ../../support/likelihood_extremes.inc

The formulas are those of docs/reference/model.md, term by term; derivatives are mpmath's.
"""
import struct

from mpmath import mp, mpf, binomial, diff, exp, expm1, gamma, log, log1p, loggamma, pi, sqrt

mp.dps = 60


def number(value):
    """The float that is nearest, exactly."""
    return mpf(struct.unpack("f", struct.pack("f", float(value)))[0])


def softplus(a):
    return log1p(exp(a)) if a < 200 else a + log1p(exp(-a))


def log_sigmoid(a):
    return -softplus(-a)


def bernoulli(x, y, shared):
    return x[0] * y[0] - softplus(y[0])


def continuous_bernoulli(x, y, shared):
    normaliser = mpf(0) if y[0] == 0 else log(y[0] / expm1(y[0]))
    return x[0] * y[0] + normaliser


def gaussian(variance):
    return lambda x, y, shared: -((x[0] - y[0]) ** 2 / variance + log(2 * pi * variance)) / 2


def poisson(x, y, shared):
    return x[0] * y[0] - exp(y[0]) - loggamma(x[0] + 1)


def laplace(scale_of):
    def log_p(x, y, shared):
        b = scale_of(y, shared)
        return -abs(x[0] - y[0]) / b - log(2 * b)

    return log_p


def student_t(scale_of, freedom_of):
    def log_p(x, y, shared):
        s, n = scale_of(y, shared), freedom_of(y, shared)
        t = (x[0] - y[0]) / s
        return (loggamma((n + 1) / 2) - loggamma(n / 2) - log(n * pi) / 2 - log(s)
                - (n + 1) / 2 * log1p(t * t / n))

    return log_p


def discretized_logistic(levels, scale_of):
    def log_p(x, y, shared):
        s, top = scale_of(y, shared), mpf(levels - 1)
        k = mp.nint(x[0] * top)
        a, b = ((k + mpf(1) / 2) / top - y[0]) / s, ((k - mpf(1) / 2) / top - y[0]) / s
        if k == 0:
            return log_sigmoid(a)
        if k == top:
            return log_sigmoid(-b)
        return log(-expm1(b - a)) + log_sigmoid(a) + log_sigmoid(-b)

    return log_p


def binomial_of(n):
    def log_p(x, y, shared):
        return log(binomial(n, x[0])) + x[0] * y[0] - n * softplus(y[0])

    return log_p


def categorical(x, y, shared):
    most = max(y)
    return y[int(x[0])] - most - log(sum(exp(a - most) for a in y))


def counts(dispersion_of, drop_of, has_total):
    def log_p(x, y, shared):
        values, outputs = len(x), len(y) // len(x)
        total, all_of = sum(x), sum(exp(y[d * outputs]) for d in range(values))
        result = mpf(0)
        for d in range(values):
            own = y[d * outputs:(d + 1) * outputs]
            m = exp(own[0]) * (total / all_of if has_total else 1)
            t = exp(dispersion_of(own, shared, d))
            part = (loggamma(x[d] + t) - loggamma(t) - loggamma(x[d] + 1) - t * log1p(m / t)
                    + (x[d] * (log(m) - log(t + m)) if x[d] else 0))
            if drop_of:
                q = drop_of(own)
                part = log((exp(q) + exp(part)) / (1 + exp(q))) if x[d] == 0 else part - softplus(q)
            result += part
        return result

    return log_p


def fixed(value):
    return lambda y, shared: mpf(value)


def output(index, least):
    return lambda y, shared: mpf(least) + softplus(y[index])


cases = []


def case(form, log_p, x, y, shared=()):
    x, y, shared = ([number(v) for v in values] for values in (x, y, shared))
    with mp.workdps(100):
        value = log_p(x, y, shared)

        def derivative(values, k, other):
            def moved(number_):
                changed = list(values)
                changed[k] = number_
                return log_p(x, changed, shared) if other else log_p(x, y, changed)

            return diff(moved, values[k], h=mpf(10) ** -40)

        dy = [-derivative(y, k, True) for k in range(len(y))]
        dshared = [-derivative(shared, k, False) for k in range(len(shared))]
    cases.append((form, len(x), x, y, shared, value, dy, dshared))


LOGITS = (-50, -20, -1, -1e-3, -1e-8, 0, 1e-8, 1e-3, 0.019, 0.26, 3, 20, 50)
for y in LOGITS:
    for x in (0, 1):
        case("bernoulli", bernoulli, [x], [y])
    for x in (0, 1e-6, 0.3, 0.5, 1):
        if y:
            case("continuous_bernoulli", continuous_bernoulli, [x], [y])
    for n, counts_ in ((16, (0, 3, 16)), (100000, (0, 77, 50000, 100000))):
        for x in counts_:
            case("{binomial: %d}" % n, binomial_of(n), [x], [y])
    for x in (0, 2):
        case("{categorical: 3}", categorical, [x], [y, 0.5, -y])
for y in (-50, 0, 50):
    for variance in ("1e-6", "1", "1e6"):
        case("{gaussian: %s}" % variance, gaussian(mpf(float(variance))), [1.5], [y])
for y in (-50, -1, 0, 3, 8):
    for x in (0, 1, 15, 16, 3000):
        case("poisson", poisson, [x], [y])

SCALES = ("1e-6", "1e-3", "1", "1e3", "1e6")
for y in (-50, -1e-3, 0.25, 50):
    for scale in SCALES:
        one = fixed(float(scale))
        case("{laplace: %s}" % scale, laplace(one), [1.5], [y])
        for x in (0, 1, 128 / mpf(255)):
            case("{discretized_logistic: {levels: 256, scale: %s}}" % scale, discretized_logistic(256, one), [x], [y])
        for freedom in ("1e-3", "1", "3", "30", "1e8"):
            case("{student_t: {scale: %s, df: %s}}" % (scale, freedom), student_t(one, fixed(float(freedom))), [1.5], [y])
for raw in (-30, -14, 0, 30, 1e6):
    case("{laplace: predicted}", laplace(output(1, 1e-6)), [1.5], [1.25, raw])
    case("{discretized_logistic: {levels: 256, scale: predicted}}", discretized_logistic(256, output(1, 1e-6)),
         [128 / mpf(255)], [0.5, raw])
    case("{student_t: {scale: predicted, df: 3}}", student_t(output(1, 1e-6), fixed(3)), [1.5], [1.25, raw])
    case("{student_t: {scale: 0.5, df: predicted}}", student_t(fixed(0.5), output(1, 2)), [1.5], [-1.25, raw])
    case("{student_t: {scale: predicted, df: predicted}}", student_t(output(1, 1e-6), output(2, 2)), [1.5],
         [1.25, raw, -raw / 2])
for value in (-13.8, 0, 13.8):
    case("{laplace: learned}", laplace(lambda y, shared: exp(shared[0])), [1.5], [1.25], [value])
    case("{student_t: {scale: 0.5, df: learned}}", student_t(fixed(0.5), lambda y, shared: exp(shared[0])), [1.5],
         [-1.25], [value])
    case("{student_t: {scale: {learned: 0.5}, df: {learned: 8}}}",
         student_t(lambda y, shared: exp(shared[0]) / 2, lambda y, shared: 8 * exp(shared[1])), [1.5], [1.25],
         [value / 2, value])

PREDICTED = "dispersion: predicted"
for dispersion in (-13.8, -3, 0, 5, 18.4):
    for y in (-50, -14, 0, 4, 12, 50):
        for x in (0, 1, 15, 16, 2000, 100000):
            case("{negative_binomial: {%s}}" % PREDICTED, counts(lambda own, shared, d: own[1], None, False), [x],
                 [y, dispersion])
        for x in (0, 3, 70):
            for drop in (-50, -2, 0, 50):
                case("{zero_inflated_negative_binomial: {%s}}" % PREDICTED,
                     counts(lambda own, shared, d: own[2], lambda own: own[1], False), [x], [y, drop, dispersion])
    case("negative_binomial", counts(lambda own, shared, d: shared[d], None, False), [4, 0], [2, -3],
         [dispersion, dispersion / 2])
    case("{negative_binomial: {size: total}}", counts(lambda own, shared, d: shared[d], None, True), [4, 0, 900],
         [2, -40, 7], [dispersion, dispersion / 2, 1])
    case("{zero_inflated_negative_binomial: {size: total, %s}}" % PREDICTED,
         counts(lambda own, shared, d: own[2], lambda own: own[1], True), [4, 0, 900],
         [2, -1, dispersion, -40, 3, -dispersion, 7, -9, 0])


def text(value):
    return mp.nstr(value, 17) if abs(value) > mpf("1e-300") else "0.0"  # what no double holds


def floats(values):
    return "{" + ", ".join(map(text, values)) + "}" if values else "{0}"


print("// SPDX-License-Identifier: BSD-3-Clause")
print("// Made by tests/data/likelihoods/extremes.py. form, values; x, y, trained numbers; log p, -d log p / dy, -d log p / d trained numbers.")
print("// clang-format off")
for form, values, x, y, shared, value, dy, dshared in cases:
    print('{"%s", %d, %s, %s, %s, %s, %s, %s},'
          % (form, values, floats(x), floats(y), floats(shared), text(value), floats(dy), floats(dshared)))
