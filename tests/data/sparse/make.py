#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes tests/data/sparse: sparse matrices as AnnData, SciPy, h5sparse and 10x Genomics store them, and wrong ones.

    python3 tests/data/sparse/make.py DIRECTORY

needs h5py, scipy and anndata of PyPI. `values.txt` has a line for each matrix that Elbow reads: file, group, element,
shape, and the FNV-1a hash (64 bits) of its values as SciPy makes them dense, in Elbow's element, little endian.
"""
import os
import sys

import anndata
import h5py
import numpy as np
import pandas as pd
import scipy.sparse

os.chdir(sys.argv[1])
random = np.random.default_rng(13)
lines = []
ELEMENTS = {"u1": "uint8", "i1": "int8", "u2": "uint16", "i2": "int16", "u4": "uint32", "i4": "int32",
            "u8": "uint64", "i8": "int64", "f4": "float32", "f8": "float64"}


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def expect(file, group, element, matrix):
    values = matrix.astype("<" + element).toarray()
    shape = "x".join(str(n) for n in values.shape)
    lines.append(f"{file} {group} {ELEMENTS[element]} {shape} {fnv(values.tobytes()):016x}")


def numbers(kind, count):
    if kind == "bool":
        return np.ones(count, bool)
    dtype = np.dtype(kind)
    if dtype.kind == "f":
        return (random.normal(size=count) * 100).astype(dtype)
    limits = np.iinfo(dtype)
    return random.integers(limits.min, limits.max, count, dtype=dtype, endpoint=True)


def matrix(kind="f4", rows=31, columns=23):
    """Rows that are empty, first, last and between; a full row; zeros that are stored."""
    mask = random.random((rows, columns)) < 0.15
    mask[[0, 7, 8, rows - 1]] = False
    mask[5] = True
    indptr = np.concatenate([[0], mask.sum(axis=1).cumsum()])
    data = numbers(kind, indptr[-1])
    if kind != "bool":
        data[::11] = 0
    return scipy.sparse.csr_matrix((data, np.nonzero(mask)[1], indptr), shape=mask.shape)


LAYOUTS = {"contiguous": {}, "chunks": {"chunks": (7,)}, "gzip": {"chunks": (16,), "compression": "gzip", "shuffle": True}}


def put(f, name, m, index="i4", pointer="i4", stored=None, layout="contiguous", **attributes):
    group = f.create_group(name)
    parts = {"data": m.data.astype(stored or m.data.dtype), "indices": m.indices.astype(index),
             "indptr": m.indptr.astype(pointer)}
    for word, values in parts.items():
        group.create_dataset(word, data=values, track_times=False, **LAYOUTS[layout])
    group.attrs.update(attributes or {"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": list(m.shape)})
    return group


def good():
    with h5py.File("good.h5", "w") as f:
        kinds = {k: k for k in ELEMENTS} | {"bool": "i1", "f2": "f4"}
        for i, (kind, element) in enumerate(kinds.items()):
            m = matrix(kind)
            index, pointer = [("i4", "i4"), ("i8", "i8"), ("i4", "i8"), (">i4", ">i8"), ("u2", "u4"), ("u1", "u2")][i % 6]
            for layout in LAYOUTS if kind in ("f4", "i8") else ("contiguous", "gzip"):
                name = f"/{kind}/{layout}"
                put(f, name, m, index, pointer, layout=layout)
                expect("good.h5", name, element, m)
        m = matrix("f4")
        put(f, "/big-endian", m, stored=">f4")
        expect("good.h5", "/big-endian", "f4", m)
        put(f, "/h5sparse", m, h5sparse_format="csr", h5sparse_shape=list(m.shape))
        expect("good.h5", "/h5sparse", "f4", m)
        put(f, "/bytes", m, h5sparse_format=np.bytes_("csr"), h5sparse_shape=np.array(m.shape, "u4"))
        expect("good.h5", "/bytes", "f4", m)
        m = matrix("i2")
        for row in range(m.shape[0]):  # each in another order
            entries = np.arange(m.indptr[row], m.indptr[row + 1])
            order = random.permutation(entries)
            m.indices[entries], m.data[entries] = m.indices[order], m.data[order]
        put(f, "/unsorted", m, "i8", layout="gzip")
        expect("good.h5", "/unsorted", "i2", m)
        m = matrix("u2")
        longer = put(f, "/longer", m)  # as SciPy allows it: room behind the last entry
        for word in ("data", "indices"):
            values = np.concatenate([longer[word][...], np.full(9, 60000, longer[word].dtype)])
            del longer[word]
            longer[word] = values
        expect("good.h5", "/longer", "u2", m)
        m = scipy.sparse.csr_matrix((12, 5), dtype="f4")
        put(f, "/zeros", m)
        expect("good.h5", "/zeros", "f4", m)
        m = scipy.sparse.csr_matrix(np.ones((6, 4), "f8"))
        put(f, "/full", m)
        expect("good.h5", "/full", "f8", m)


def cells():
    counts = scipy.sparse.csr_matrix(random.poisson(0.3, (40, 17)))
    logs = counts.astype("f4")
    logs.data = np.log1p(logs.data)
    data = anndata.AnnData(logs)
    data.layers["counts"] = counts
    data.layers["columns"] = counts.tocsc()
    data.obs["donor"] = pd.Categorical(["a", "b", "c", "d"] * 10)
    data.raw = data
    data = data[:, :9].copy()
    data.write_h5ad("cells.h5ad", compression="gzip")
    expect("cells.h5ad", "/X", "f4", logs[:, :9])
    expect("cells.h5ad", "/raw/X", "f4", logs)
    expect("cells.h5ad", "/layers/counts", "i8", counts[:, :9])


def tenx():
    m = scipy.sparse.csr_matrix(random.poisson(0.2, (33, 21)).astype("i4"))  # cells x genes
    with h5py.File("tenx.h5", "w") as f:
        group = f.create_group("matrix")
        group["data"], group["indices"], group["indptr"] = m.data, m.indices.astype("i8"), m.indptr.astype("i8")
        group["shape"] = np.array([21, 33], "i4")
        group["barcodes"] = np.array([f"CELL{i}-1" for i in range(33)], "S18")
        group["features/id"] = np.array([f"GENE{i}" for i in range(21)], "S18")
    expect("tenx.h5", "/matrix", "i4", m)


def wrong():
    """What is to be refused, in one sentence."""
    def change(f, name, word, at, value, **options):
        m = matrix()
        group = put(f, name, m, "i8", "i8", **options)
        group[word][at] = value
        return group

    with h5py.File("wrong.h5", "w") as f:
        change(f, "/back", "indptr", 12, 2)
        change(f, "/first", "indptr", 0, 1)
        change(f, "/negative", "indptr", 9, -3)
        change(f, "/beyond", "indptr", 31, 10**15)
        change(f, "/column", "indices", 20, 23)
        change(f, "/column-negative", "indices", 20, -1, layout="gzip")
        change(f, "/nan", "data", 20, np.nan)
        m = matrix()
        twice = put(f, "/twice", m)
        twice["indices"][m.indptr[5] + 3] = 7
        short = put(f, "/short", m)
        values = short["indices"][:-2]
        del short["indices"]
        short["indices"] = values
        rows = put(f, "/rows", m)
        rows.attrs["shape"] = [40, 23]
        huge = put(f, "/huge", m)
        huge.attrs["shape"] = [2**62, 23]
        wide = put(f, "/wide", m)
        wide.attrs["shape"] = [31, 2**40]
        put(f, "/shapeless", m, **{"encoding-type": "csr_matrix"})
        put(f, "/columns", m.tocsc(), **{"encoding-type": "csc_matrix", "shape": list(m.shape)})
        put(f, "/unsaid", m, note="nothing")
        floats = put(f, "/floats", m, "f4")
        lacks = put(f, "/lacks", m)
        del lacks["indptr"]
        flat = put(f, "/square", m)
        values = flat["data"][...].reshape(-1, 1)
        del flat["data"]
        flat["data"] = values
        never = put(f, "/never", m)
        del never["data"]
        never.create_dataset("data", (m.nnz,), "f4", chunks=(8,))
        empty = put(f, "/empty", scipy.sparse.csr_matrix((0, 5), dtype="f4"))
        scaled = put(f, "/negative-count", -m)


good()
cells()
tenx()
wrong()
with open("values.txt", "w") as f:
    f.write("\n".join(lines) + "\n")
