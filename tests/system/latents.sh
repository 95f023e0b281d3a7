#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Outputs of elbow encode: attributes and axes that netCDF knows, errors of values, copies of AnnData files with the latents in
# them; the same bytes on any number of ranks. Other programs read them if ELBOW_TEST_PYTHON (or python3) has these.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /x f32 40,6,5 normal
"$make_data" write data.h5 /labels i16 40 labels
"$make_data" write wide.h5 /x f32 40,11 normal
"$make_data" write cells.h5ad /X f32 40,11 normal
"$make_data" write cells.h5ad /obs/number i16 40 labels
"$make_data" write cells.h5ad /var/number i16 11 labels
cat >run.yaml <<'Y'
data: {file: data.h5, train: /x, labels: /labels, transform: standardize_each}
model: {latent: 3, likelihood: {gaussian: {variance: learned}}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 16, microbatch: 4}
Y
run 0 1 plain "$elbow" train run.yaml --run-dir plain
run 0 1 cells "$elbow" train run.yaml --run-dir cells --set data.file=cells.h5ad --set data.train=/X --set data.labels=

for ranks in 1 2 3; do
    run 0 $ranks errors-$ranks "$elbow" encode plain --errors -o errors-$ranks.h5
    run 0 $ranks into-$ranks "$elbow" encode cells --into /obsm/X_elbow -o into-$ranks.h5ad
done
for ranks in 2 3; do
    same_file "errors on $ranks ranks" errors-1.h5 errors-$ranks.h5
    same_file "a copy on $ranks ranks" into-1.h5ad into-$ranks.h5ad
done
run 0 1 table "$elbow" encode plain --errors -o errors.csv
head -1 errors.csv | grep -q ',error_0,.*,error_29' || fail "no errors in the CSV file: $(head -1 errors.csv)"
h5dump -A errors-1.h5 >attributes
for text in '"checkpoint"' 'plain/checkpoints/step-00000006.h5' '"data.h5:/x"' '"nats"' 'DIMENSION_SCALE' 'value minus the mean'; do
    grep -q -- "$text" attributes || fail "encode: no $text among the attributes"
done
run 0 1 latents "$elbow" encode cells -o latents.h5
values() { h5dump -y -w 0 -d "$2" "$1" | awk '/ DATA {/ { shown = 1 } shown { print } shown && /}/ { exit }'; }
values latents.h5 /mean >mean
values into-1.h5ad /obsm/X_elbow >obsm
[ "$(wc -l <mean)" -gt 40 ] || fail "no means"
same_file "the latents of a copy" mean obsm
h5dump -y -d /X into-1.h5ad | tail -n +2 >copied
h5dump -y -d /X cells.h5ad | tail -n +2 | cmp -s - copied || fail "the copy has other values"

# tells STATUS PATTERN word...: on one rank, in one sentence, and without a file.
tells() {
    run "$1" 1 tells "$elbow" encode cells "${@:3}"
    if [ "$(grep -vc warning tells.err)" != 1 ] || ! grep -qE -- "$2" tells.err; then fail "${*:3}: expected '$2': $(cat tells.err)"; fi
    compgen -G '*no.*' >/dev/null && fail "${*:3}: left a file"
}
tells 2 '--into /X: expected a member of /obsm' --into /X -o no.h5ad
tells 2 'no.h5: with --into .* must end in .h5ad' --into /obsm/X -o no.h5
tells 2 '--into writes means and variances only' --into /obsm/X --errors -o no.h5ad
tells 2 'cells.h5ad: is a file that is read' --into /obsm/X -o cells.h5ad --force
tells 1 'wide.h5: is not an AnnData file, since it has no group /obs' --data wide.h5:/x --into /obsm/X -o no.h5ad
run 1 1 again "$elbow" encode cells --data into-1.h5ad:/X --into /obsm/X_elbow -o again.h5ad
grep -q '/obsm/X_elbow exists already' again.err || fail "a name that is taken: $(cat again.err)"
run 0 1 again "$elbow" encode cells --data into-1.h5ad:/X --into /obsm/X_elbow -o again.h5ad --force

python=${ELBOW_TEST_PYTHON:-python3}
if ! "$python" -c 'import h5py, anndata, netCDF4' 2>/dev/null; then
    [ "$failures" = 0 ] || finish
    skip "$python has no h5py, anndata and netCDF4 (python3 -m venv DIR; DIR/bin/pip install h5py anndata netCDF4; ELBOW_TEST_PYTHON=DIR/bin/python)"
fi
cat >make.py <<'P'
import anndata, numpy as np, scipy.sparse as sp
x = np.random.default_rng(1).poisson(1, (40, 11)).astype("float32")
anndata.AnnData(sp.csr_matrix(x)).write_h5ad("sparse.h5ad")
P
"$python" make.py 2>read.err || fail "no AnnData file: $(tail -n 3 read.err)"
run 0 2 sparse "$elbow" encode cells --data sparse.h5ad:/X --into /obsm/X_elbow -o sparse-latents.h5ad
run 0 1 sparse-table "$elbow" encode cells --data sparse.h5ad:/X -o sparse.h5
run 0 1 pairs "$elbow" reconstruct plain -n 40 -o pairs.h5
cat >read.py <<'P'
import anndata, h5py, netCDF4, numpy as np

a = anndata.read_h5ad("sparse-latents.h5ad")
with h5py.File("sparse.h5") as f:
    assert (a.obsm["X_elbow"] == f["mean"][()]).all() and a.obsm["X_elbow"].dtype == np.float32
    assert np.allclose(a.obsm["X_elbow_variance"], np.exp(f["log_variance"][()]), rtol=1e-6)
assert (a.X.toarray() == anndata.read_h5ad("sparse.h5ad").X.toarray()).all()
a.write_h5ad("through.h5ad")

n = netCDF4.Dataset("errors-1.h5")
assert n["mean"].dimensions == ("sample", "latent") and n["kl"].dimensions == ("sample",) and n["kl"].units == "nats"
assert n["error"].dimensions == ("sample", "axis_1", "axis_2")
assert n.checkpoint.endswith("step-00000006.h5") and n.step == 6 and "latent: 3" in n.config
with h5py.File("pairs.h5") as f, h5py.File("errors-1.h5") as g:
    assert np.allclose(f["originals"][()] - f["reconstructions"][()], g["error"][()], atol=1e-6)
    assert g["mean"].dims[1][0].name == "/latent" and g["mean"].dims[0]["sample"].shape == (40,)
P
"$python" read.py 2>read.err || fail "read back: $(tail -n 3 read.err)"
finish
