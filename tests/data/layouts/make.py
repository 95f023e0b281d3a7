#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A small file of each layout, and what h5py, SciPy, AnnData and NumPy read in it.

    python3 make.py DIRECTORY

expected.csv has a line for each sample: the case, the number of its file, its row, where its window begins, its values.
"""
import os
import sys

import anndata
import h5py
import numpy as np
import pandas as pd
import scipy.sparse

os.chdir(sys.argv[1])
random = np.random.default_rng(31)
lines = []


def values(*shape, dtype="f4"):  # which are short in decimals
    return (random.integers(-80, 81, shape) / 8).astype(dtype)


def expect(case, samples, rows=None, files=None, starts=None):
    for i, sample in enumerate(np.asarray(samples).reshape(len(samples), -1)):
        place = [0 if key is None else key[i] for key in (files, rows if rows is not None else range(len(samples)), starts)]
        lines.append(",".join([case, *map(str, place), *(f"{float(v):.17g}" for v in sample)]))


def read(path, name):
    with h5py.File(path) as file:
        return file[name][:]


def many():
    for number, count in enumerate((9, 4, 7), start=1):
        with h5py.File(f"part-{number}.h5", "w") as f:
            f.create_dataset("x", data=values(count, 5), chunks=(3, 5), compression="gzip")
    parts = [read(f"part-{number}.h5", "x") for number in (1, 2, 3)]
    counts = [len(part) for part in parts]
    expect("files", np.concatenate(parts), np.concatenate([np.arange(n) for n in counts]), np.repeat([0, 1, 2], counts))


def rows():
    with h5py.File("layouts.h5", "w") as f:
        f.create_dataset("x", data=values(20, 5, dtype="f8"), chunks=(7, 2), shuffle=True, compression="gzip")
        f["u"], f["v"] = values(20, 3, 2, dtype=">f4"), values(20, 3, 2, dtype="f8").astype(">f4")
        f["mask"] = random.random(20) < 0.6
        f["list"] = random.permutation(20)[:9]
        f["group"] = np.arange(20) % 5
        f["weight"] = random.random(20)
        f.create_dataset("name", data=[f"Probe {i:02} ä" for i in range(20)], dtype=h5py.string_dtype())
        f["flat"], f["series"] = values(6, 30), values(6, 30, 2)
        f["positive"] = np.abs(values(20, 5))
    x, mask, chosen = (read("layouts.h5", name) for name in ("x", "mask", "list"))
    expect("range", np.stack([read("layouts.h5", "u"), read("layouts.h5", "v")], axis=-1)[3:17], range(3, 17))
    expect("mask", x[mask][:, [0, 1, 4]], np.flatnonzero(mask))
    expect("list", x[np.sort(chosen)], np.sort(chosen))
    expect("share", x)
    for case in ("flat", "series"):
        stored, starts = read("layouts.h5", case), range(0, 30 - 8 + 1, 5)
        expect(case, [row[s : s + 8] for row in stored for s in starts], np.repeat(range(6), len(starts)), starts=list(starts) * 6)
    p = read("layouts.h5", "positive").astype("f8")
    expect("standardize", ((p - p.mean()) / p.std()).astype("f4"))
    expect("standardize_each", ((p - p.mean(axis=0)) / p.std(axis=0)).astype("f4"))
    expect("minmax", ((p - p.min()) / (p.max() - p.min())).astype("f4"))
    expect("log1p", np.log1p(p).astype("f4"))
    expect("asinh", np.arcsinh(p).astype("f4"))
    expect("stored", p)
    expect("none", p)


def sparse():
    counts = scipy.sparse.csr_matrix(random.poisson(0.6, (20, 9)))
    data = anndata.AnnData(counts.astype("f4") * 0.25, obs=pd.DataFrame(index=[f"CELL-{i}" for i in range(20)]))
    data.layers["counts"] = counts
    data.raw = data
    data[:, :6].copy().write_h5ad("cells.h5ad")
    data = anndata.read_h5ad("cells.h5ad")
    expect("X", data.X.toarray())
    expect("raw", data.raw.X.toarray())
    expect("counts", data.layers["counts"].toarray())
    with h5py.File("cells.h5ad") as file:  # by SciPy alone
        parts = [file["X"][word][:] for word in ("data", "indices", "indptr")]
        assert (scipy.sparse.csr_matrix(tuple(parts), shape=file["X"].attrs["shape"]).toarray() == data.X.toarray()).all()


def others():
    with h5py.File("lab.mat", "w", userblock_size=512) as f:  # 20 x 3 x 2, as MATLAB 7.3 writes it
        f.create_dataset("s", data=values(20, 3, 2, dtype="f8").transpose(), chunks=(1, 2, 6)).attrs["MATLAB_class"] = np.bytes_("double")
    with open("lab.mat", "r+b") as f:
        f.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116, b" ") + b" " * 8 + b"\0\2IM")
    expect("matlab", read("lab.mat", "s").transpose())
    np.savez_compressed("arrays.npz", spectra=values(20, 6, dtype=">f8"), other=np.arange(3))
    expect("npz", np.load("arrays.npz")["spectra"])


many()
rows()
sparse()
others()
with open("expected.csv", "w") as file:
    file.write("\n".join(lines) + "\n")
