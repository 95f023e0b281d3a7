#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the rows of README.md need beside elbow itself. Needs numpy and h5py.

    tables.py gaps breast_cancer.csv FILE.h5   the table of scikit-learn, or wdbc.data of UCI: standardised, half of its values removed
    tables.py error FILE.h5 FILLED.h5          the mean squared error of what elbow impute put in the place of these
    tables.py digits MNIST.h5 DIGITS.h5        which training images are of each digit, and which are not, for data.rows
    tables.py mig SHAPES.h5 LATENTS.h5         the mutual information gap of what elbow encode wrote of /train/images
    tables.py plot SHAPES.csv FIGURE.svg       what tests/campaign/papers wrote of the row `shapes`: medians, and each run
"""
import csv
import sys

import h5py
import numpy as np

BINS = 20  # of the means, as many authors take


def table(path):
    """(569, 30): scikit-learn's file has a first line of counts and the class last, UCI's a number and the class first."""
    lines = [line.strip().split(",") for line in open(path, encoding="ascii") if line.strip()]
    is_uci = lines[0][1] in ("M", "B")
    rows = [line[2:32] for line in lines] if is_uci else [line[:30] for line in lines[1:]]
    return np.array(rows, dtype=np.float64)


def gaps(source, target):
    values = table(source)
    values = (values - values.mean(0)) / values.std(0)
    known = np.ones(values.size, dtype=bool)
    np.random.seed(1234)  # as in the notebook of Mattei and Frellsen
    known[np.random.choice(values.size, values.size // 2, replace=False)] = False
    known = known.reshape(values.shape)
    with h5py.File(target, "w") as file:
        file["full"] = values.astype(np.float32)
        file["gaps"] = np.where(known, values, np.nan).astype(np.float32)


def error(truth, filled):
    with h5py.File(truth) as file, h5py.File(filled) as other:
        full, gone = file["full"][:], np.isnan(file["gaps"][:])
        values = other["imputed"][:]
    print("mse %.4f" % np.mean((full[gone] - values[gone]) ** 2))


def digits(mnist, target):
    with h5py.File(mnist) as source, h5py.File(target, "w") as file:
        labels = source["train/labels"][:]
        for digit in range(10):
            file["is_%d" % digit] = (labels == digit).astype(np.uint8)
            file["not_%d" % digit] = (labels != digit).astype(np.uint8)


def entropy(counts):
    shares = counts[counts > 0] / counts.sum()
    return -(shares * np.log(shares)).sum()


def information(a, b):
    counts = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(counts, (a, b), 1)
    return entropy(counts.sum(0)) + entropy(counts.sum(1)) - entropy(counts.ravel())


def mig(shapes, latents):
    """Chen et al. 2018, eq. 6: of each factor the two latents that know most of it, and what the first knows more."""
    with h5py.File(shapes) as file, h5py.File(latents) as other:
        factors, means = file["train/factors"][:], other["mean"][:]
    bins = [np.digitize(mean, np.histogram_bin_edges(mean, BINS)[1:-1]) for mean in means.T]
    gaps_of = []
    for factor in factors.T:
        codes = np.unique(factor, return_inverse=True)[1]
        known = np.sort([information(column, codes) for column in bins])
        gaps_of.append((known[-1] - known[-2]) / entropy(np.bincount(codes)))
    print("mig %.4f" % np.mean(gaps_of), "of each factor", " ".join("%.3f" % gap for gap in gaps_of))


def plot(source, target):
    """The reconstruction to the right, the gap upwards; medians of a weight are joined by a line."""
    forms = {"weight": "#1b6ca8", "total_correlation": "#c0392b"}
    rows = [(row["form"], int(row["weight"]), float(row["recon"]), float(row["mig"])) for row in csv.DictReader(open(source))]
    recons, gap_top = [row[2] for row in rows], 1.05 * max(row[3] for row in rows)
    left, right = min(recons) - 2, max(recons) + 2

    def place(recon, gap):
        return 60 + 520 * (recon - left) / (right - left), 320 - 290 * gap / gap_top

    lines = ['<svg xmlns="http://www.w3.org/2000/svg" width="600" height="370" font-family="sans-serif" font-size="12">',
             '<rect width="600" height="370" fill="white"/><path d="M60 30V320H580" fill="none" stroke="black"/>']
    for step in range(6):
        recon, gap = left + step * (right - left) / 5, step * gap_top / 5
        lines.append('<text x="%.1f" y="338" text-anchor="middle">%.0f</text>' % (place(recon, 0)[0], recon))
        lines.append('<text x="54" y="%.1f" text-anchor="end">%.2f</text>' % (place(left, gap)[1] + 4, gap))
    lines.append('<text x="320" y="360" text-anchor="middle">reconstruction, nats a sample</text><text x="60" y="20">MIG</text>')
    for at, (form, colour) in enumerate(forms.items()):
        mine = [row for row in rows if row[0] == form or row[1] == 1]
        medians = []
        for weight in sorted({row[1] for row in mine}):
            runs = np.array([row[2:] for row in mine if row[1] == weight])
            medians.append((weight, place(*np.median(runs, axis=0))))
            lines += ['<circle cx="%.1f" cy="%.1f" r="2.5" fill="none" stroke="%s"/>' % (*place(*run), colour) for run in runs]
        path = " ".join("%.1f,%.1f" % point for _, point in medians)
        lines.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>' % (path, colour))
        lines += ['<text x="%.1f" y="%.1f" fill="%s">%d</text>' % (x + 5, y - 5, colour, weight) for weight, (x, y) in medians]
        lines.append('<text x="400" y="%d" fill="%s">%s</text>' % (45 + 16 * at, colour, form.replace("_", " ") if at else "whole KL"))
    open(target, "w", encoding="ascii").write("\n".join(lines) + "\n</svg>\n")


if __name__ == "__main__":
    actions = {"gaps": gaps, "error": error, "digits": digits, "mig": mig, "plot": plot}
    if len(sys.argv) != 4 or sys.argv[1] not in actions:
        sys.exit(__doc__)
    actions[sys.argv[1]](*sys.argv[2:])
