#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow measure, on a checkpoint and on plain tables: the same bytes on any number of ranks; missing inputs are reported; figures
# equal those of scikit-learn and prdc if ELBOW_TEST_PYTHON (or python3) has these.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /train f32 58,6 normal
"$make_data" write data.h5 /labels i64 58 labels
"$make_data" write data.h5 /factors u8 58,3 counts seed=2
"$make_data" write data.h5 /column i64 58,1 labels
"$make_data" write data.h5 /short f32 57,6 normal
"$make_data" write data.h5 /narrow f32 58,4 normal seed=3
cat >dense.yaml <<'Y'
data: {file: data.h5, train: /train, labels: /labels}
model: {latent: 3, likelihood: {gaussian: {variance: learned}}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 16, microbatch: 4}
Y
run 0 1 dense "$elbow" train dense.yaml --run-dir dense

# With a checkpoint: every measure is present.
for ranks in 1 2 3; do
    run 0 $ranks all-$ranks "$elbow" measure dense --factors data.h5:/factors --neighbours 3 --json
    run 0 $ranks some-$ranks "$elbow" measure dense --rows 20 --only reconstruction,units,coverage --seed 4
done
for ranks in 2 3; do
    same_file "$ranks ranks" all-1.out all-$ranks.out
    same_file "$ranks ranks, some rows" some-1.out some-$ranks.out
done
for figure in reconstruction_mse probe_accuracy knn_accuracy kmeans_ari kmeans_nmi silhouette trustworthiness continuity mig \
    disentanglement completeness informativeness factor_vae active_units kl kl_information density coverage frechet; do
    grep -q "\"$figure\": {" all-1.out || fail "--json has no $figure"
done
grep -q '"left_out": {}' all-1.out || fail "something was left out: $(grep -A3 left_out all-1.out)"
grep -q '^rows  *20 of 58$' some-1.out || fail "not 20 rows: $(cat some-1.out)"
run 0 1 eval "$elbow" eval dense --json
# pick FILE FIGURE: its value.
pick() { grep -oE "\"$2\": \{\"value\": [^,}]+" "$1" | sed 's/.*: //'; }
[ "$(value eval.out kl)" = "$(pick all-1.out kl)" ] || fail "another kl than that of eval: $(pick all-1.out kl)"

# With tables that encode wrote: the same figures, without those whose input is missing.
run 0 1 encode "$elbow" encode dense -o codes.h5
run 0 1 sample "$elbow" sample dense -n 58 -o samples.h5
run 0 1 samples "$elbow" measure --codes codes.h5:/mean --data data.h5:/train --samples samples.h5:/samples --neighbours 3 --seed 1 --only coverage,frechet --json
for figure in density coverage frechet; do
    [ "$(pick all-1.out $figure)" = "$(pick samples.out $figure)" ] ||
        fail "$figure of the samples of elbow sample: $(pick samples.out $figure), not $(pick all-1.out $figure)"
done
run 0 1 tables "$elbow" measure --codes codes.h5:/mean --labels /labels --factors data.h5:/factors --data data.h5:/train --neighbours 3 --seed 1 --json
for figure in knn_accuracy silhouette trustworthiness mig disentanglement; do
    [ "$(pick all-1.out $figure)" = "$(pick tables.out $figure)" ] ||
        fail "$figure of tables: $(pick tables.out $figure), not $(pick all-1.out $figure)"
done
grep -q 'left out: coverage, frechet (needs samples; give them with --samples FILE:/dataset)' tables.err || fail "$(cat tables.err)"
run 0 1 alone "$elbow" measure --codes codes.h5:/mean
grep -q 'left out: probe, knn, kmeans, silhouette (needs labels' alone.err || fail "$(cat alone.err)"
grep -q 'left out: mig, dci, factor_vae (needs factors' alone.err || fail "$(cat alone.err)"

# For a conditional model, a sample is drawn under the conditions of each row.
sed 's|/labels}|/labels, condition: {kind: /labels}}|' dense.yaml >cond.yaml
run 0 1 cond "$elbow" train cond.yaml --run-dir cond
for ranks in 1 3; do run 0 $ranks cond-$ranks "$elbow" measure cond --only coverage,frechet --json; done
same_file "samples under conditions" cond-1.out cond-3.out
run 0 1 cond-samples "$elbow" sample cond -o cond.h5 --condition-from kind=data.h5:/labels
run 0 1 cond-codes "$elbow" encode cond -o cond-codes.h5
run 0 1 cond-tables "$elbow" measure --codes cond-codes.h5:/mean --data data.h5:/train --samples cond.h5:/samples --seed 1 --only coverage,frechet --json
for figure in density coverage frechet; do
    [ "$(pick cond-1.out $figure)" = "$(pick cond-tables.out $figure)" ] ||
        fail "$figure under conditions: $(pick cond-1.out $figure), not $(pick cond-tables.out $figure) as of elbow sample"
done

# PCA is fitted to the training data if other rows are measured; without training data, to the measured rows.
sed 's|labels: /labels}|valid: 0.3}|' dense.yaml >held.yaml
run 0 1 held "$elbow" train held.yaml --run-dir held
for ranks in 1 3; do run 0 $ranks held-$ranks "$elbow" measure held --only reconstruction; done
same_file "PCA of the training data" held-1.out held-3.out
grep -q '^pca  *fitted to 41 rows of the training data$' held-1.out || fail "PCA of the training data: $(cat held-1.out)"
grep -q '"pca_training_rows": 0,' all-1.out || fail "PCA of the measured rows: $(cat all-1.out)"
cp data.h5 elsewhere.h5
mv data.h5 moved.h5
run 0 1 held-moved "$elbow" measure held --only reconstruction --data elsewhere.h5:/train
mv moved.h5 data.h5
grep -q '^PCA is fitted to the measured rows: data.h5: No such file' held-moved.err || fail "training data that are gone: $(cat held-moved.err)"

# A list of numbers is a table of one column.
for factor in labels column; do run 0 1 factor-$factor "$elbow" measure dense --factors data.h5:/$factor --only mig,dci --json; done
grep -q '"factors": 1' factor-labels.out || fail "a list of factors: $(cat factor-labels.out)"
same_file "a list of factors" factor-column.out factor-labels.out

# Wrong inputs: one sentence each.
wrong() { # STATUS SENTENCE word...
    local status=$1 sentence=$2
    shift 2
    run "$status" 1 wrong "$elbow" measure "$@"
    grep -v '^left out\|^data: \|^labels: ' wrong.err >told
    [ "$(wc -l <told)" = 1 ] || fail "measure $*: not one sentence: $(cat wrong.err)"
    grep -qE -- "$sentence" told || fail "measure $*: does not say '$sentence': $(cat told)"
    [ ! -s wrong.out ] || fail "measure $*: prints figures"
}
wrong 2 'nothing to measure; give a CHECKPOINT, or a table with --codes'
wrong 2 '--codes codes.h5:/mean: measures this table instead of dense' dense --codes codes.h5:/mean
wrong 2 '--samples data.h5:/train: samples are drawn from dense' dense --samples data.h5:/train
wrong 2 '--best: belongs to a CHECKPOINT' --codes codes.h5:/mean --best
wrong 2 "no measure is called 'mog'; did you mean mig" dense --only probe,mog
wrong 2 '--only mig: needs factors; give them with --factors FILE:/dataset' dense --only mig
wrong 2 '--only kl: needs a posterior and a prior, and a checkpoint has them, not a table' --codes codes.h5:/mean --only kl
wrong 2 '--codes codes.h5: expected FILE:/dataset' --codes codes.h5
wrong 1 'codes.h5: dataset /none not found' --codes codes.h5:/none
wrong 1 '--factors data.h5:/short: has 57 rows, and data.h5:/train 58' dense --factors data.h5:/short
wrong 1 '--data data.h5:/short: has 57 rows, and codes.h5:/mean 58' --codes codes.h5:/mean --data data.h5:/short
wrong 1 '--samples data.h5:/narrow: rows of 4 values, and those of --data have 6' --codes codes.h5:/mean --data data.h5:/train --samples data.h5:/narrow
wrong 2 '--samples data.h5:/short: there are no rows to compare them with' --codes codes.h5:/mean --samples data.h5:/short
wrong 1 'knn: needs more rows with a label than 58 neighbours, and has 58' dense --only knn --neighbours 58
wrong 2 "neighbours: found .0." dense --neighbours 0

python=${ELBOW_TEST_PYTHON:-python3}
if ! "$python" -c 'import sklearn, prdc, h5py' 2>/dev/null; then
    [ "$failures" = 0 ] || finish
    skip "$python has no scikit-learn, prdc and h5py (python3 -m venv DIR; DIR/bin/pip install scikit-learn prdc h5py; ELBOW_TEST_PYTHON=DIR/bin/python)"
fi
cat >tables.py <<'P'
import h5py, numpy as np
random = np.random.default_rng(1)
with h5py.File("tables.h5", "w") as f:
    labels = random.integers(0, 4, 300)
    codes = random.normal(size=(300, 5)) + np.eye(5)[labels] * 2
    data = np.concatenate([codes, random.normal(size=(300, 7))], 1).astype("f4")
    f["codes"], f["labels"], f["data"] = codes, labels, data
    f["samples"] = random.normal(size=(200, 12)).astype("f4") * 1.5
    f["factors"] = np.stack([codes[:, 0] + codes[:, 1], codes[:, 2] ** 2, codes[:, 3]], 1)
P
cat >compare.py <<'P'
import json, h5py, numpy as np
from prdc import compute_prdc
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
f = h5py.File("tables.h5")
codes, labels, data, samples, factors = (f[n][()] for n in ("codes", "labels", "data", "samples", "factors"))
data, samples = data.astype("f8"), samples.astype("f8")
told = json.load(open("beside.out"))["figures"]
def same(name, value, key="value"):
    assert abs(told[name][key] - value) < 1e-6, (name, told[name], value)
def knn(x):
    return cross_val_score(KNeighborsClassifier(5), x, labels, cv=LeaveOneOut()).mean()
pca = PCA(5, svd_solver="full").fit_transform(data)
for key, x in (("value", codes), ("pca", pca)):
    same("knn_accuracy", knn(x), key)
    same("silhouette", silhouette_score(x, labels), key)
    same("trustworthiness", trustworthiness(data, x), key)
    same("continuity", trustworthiness(x, data), key)
z, y = ((t - t.mean(0)) / t.std(0) for t in (codes, factors))
ridge = Ridge(alpha=1, fit_intercept=False).fit(z, y)
importance = np.abs(ridge.coef_).T
def concentration(r):
    p = r / r.sum(1, keepdims=True)
    return ((1 + (p * np.log(p)).sum(1) / np.log(r.shape[1])) * r.sum(1)).sum() / r.sum()
same("disentanglement", concentration(importance))
same("completeness", concentration(importance.T))
same("informativeness", 1 - ((y - ridge.predict(z)) ** 2).mean())
truth = compute_prdc(data, samples, 5)
same("density", truth["density"])
same("coverage", truth["coverage"])
features = PCA(12, svd_solver="full").fit(data)
a, b = features.transform(data), features.transform(samples)
c, d = np.cov(a.T), np.cov(b.T)
roots = np.sqrt(np.maximum(np.linalg.eigvals(c @ d).real, 0)).sum()
same("frechet", ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c) + np.trace(d) - 2 * roots)
P
"$python" tables.py || fail "no tables"
run 0 1 beside "$elbow" measure --codes tables.h5:/codes --labels /labels --factors /factors --data tables.h5:/data --samples tables.h5:/samples --json
"$python" compare.py 2>read.err || fail "beside scikit-learn and prdc: $(tail -n 3 read.err)"
finish
