#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes tests/data/storage: HDF5 files as other programs write them, and what is in them.

    python3 tests/data/storage/make.py DIRECTORY

needs h5py and hdf5plugin of PyPI. `values.txt` has a line for each dataset that Elbow reads: file, dataset,
element, shape, and the FNV-1a hash (64 bits) of its values as h5py reads them, in Elbow's element, little endian.
"""
import os
import sys

import h5py
import hdf5plugin
import numpy as np

os.chdir(sys.argv[1])
random = np.random.default_rng(12)
lines = []


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


ELEMENTS = {"u1": "uint8", "i1": "int8", "u2": "uint16", "i2": "int16", "u4": "uint32", "i4": "int32",
            "u8": "uint64", "i8": "int64", "f4": "float32", "f8": "float64"}


def expect(file, name, element):
    """What Elbow reads of a dataset: its values as h5py reads them, in an element."""
    with h5py.File(file) as f:
        dataset = f[name]
        if element == "i4" and name == "/three-bytes":  # NumPy has no such type
            values = np.empty(dataset.shape, "i4")
            dataset.id.read(h5py.h5s.ALL, h5py.h5s.ALL, values, mtype=h5py.h5t.NATIVE_INT32)
        else:
            values = dataset[...]
        values = values.astype("<" + element)
    shape = "x".join(str(n) for n in values.shape)
    lines.append(f"{file} {name} {ELEMENTS[element]} {shape} {fnv(values.tobytes()):016x}")


def numbers(kind, shape):
    """Values that use the whole width of a type, all finite."""
    dtype = np.dtype(kind)
    if kind == "bool":
        return random.integers(0, 2, shape).astype(bool)
    if dtype.kind == "f":
        return (random.normal(size=shape) * 100).astype(dtype)
    limits = np.iinfo(dtype)
    return random.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


SHAPE = (7, 3, 2)
LAYOUTS = {"contiguous": {}, "rows": {"chunks": (1, 3, 2)}, "odd": {"chunks": (2, 2, 2)}, "whole": {"chunks": SHAPE}}
FILTERS = {"plain": {}, "gzip": {"compression": "gzip"}, "shuffle": {"compression": "gzip", "shuffle": True},
           "sums": {"fletcher32": True}, "all": {"compression": "gzip", "shuffle": True, "fletcher32": True}}
TYPES = {"u1": "u1", "i1": "i1", "u2": "u2", "i2": "i2", "u4": "u4", "i4": "i4", "u8": "u8", "i8": "i8",
         "f2": "f4", "f4": "f4", "f8": "f8", "bool": "i1"}


def matrix(file, libver, layouts):
    """Types x byte orders x layouts x filters. Old formats and new ones index chunks in different ways."""
    names = []
    with h5py.File(file, "w", libver=libver) as f:
        for kind, element in TYPES.items():
            for order in "<>":
                if order == ">" and np.dtype(kind).itemsize == 1:
                    continue
                for layout in layouts:
                    for word, packing in FILTERS.items():
                        wide = np.dtype(kind).itemsize
                        if word != "plain" and layout == "contiguous":
                            continue
                        # Not all of all, so that the files stay small: the others differ in bytes alone.
                        if word in ("plain", "gzip", "sums") and layout != "contiguous" and kind not in ("u2", "f4"):
                            continue
                        if word == ("all" if layout in ("odd", "whole") else "shuffle") and kind not in ("u2", "f4"):
                            continue
                        if libver is None and layout == "odd" and (word == "gzip" or kind in ("i1", "u4", "i8", "bool")):
                            continue
                        if libver is None and layout == "odd" and order == ">" and kind != "u2":
                            continue
                        name = f"/{kind}{'be' if order == '>' else ''}/{layout}-{word}"
                        dtype = kind if kind == "bool" else order + kind
                        f.create_dataset(name, data=numbers(kind, SHAPE).astype(dtype), dtype=dtype,
                                         track_times=False, **LAYOUTS[layout], **packing)
                        names.append((name, element))
        f.create_dataset("/scaled/integers", data=np.arange(42, dtype="i4").reshape(SHAPE), chunks=(2, 3, 2),
                         scaleoffset=0, track_times=False)
        names.append(("/scaled/integers", "i4"))
    for name, element in names:
        expect(file, name, element)


def special():
    """Types of unusual widths, and layouts that only the low level writes."""
    with h5py.File("special.h5", "w") as f:
        space = h5py.h5s.create_simple((7, 4))
        three = h5py.h5t.STD_I32LE.copy()
        three.set_size(3)
        three.set_precision(24)
        data = random.integers(-2**23, 2**23, (7, 4)).astype("i4")
        dataset = h5py.h5d.create(f.id, b"three-bytes", three, space)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, data, mtype=h5py.h5t.NATIVE_INT32)
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_layout(h5py.h5d.COMPACT)
        dataset = h5py.h5d.create(f.id, b"compact", h5py.h5t.IEEE_F32BE, space, creation)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, numbers("f4", (7, 4)), mtype=h5py.h5t.NATIVE_FLOAT)
        f.create_dataset("long", data=numbers("f8", (7, 4)).astype(np.longdouble))
        kinds = h5py.enum_dtype({"no": 0, "yes": 1, "none": 7}, basetype="u2")
        f.create_dataset("enumeration", data=np.array([[0, 1], [7, 0]], "u2"), dtype=kinds)
        growing = f.create_dataset("growing", (5, 4), "f4", maxshape=(None, 4), chunks=(2, 4))
        growing[...] = numbers("f4", (5, 4))
        growing.resize((9, 4))
        growing[5:] = numbers("f4", (4, 4))
    for name, element in (("three-bytes", "i4"), ("compact", "f4"), ("long", "f8"), ("enumeration", "u2"),
                          ("growing", "f4")):
        expect("special.h5", "/" + name, element)


def elsewhere():
    """Values in other files: virtual datasets, links, raw files. part1.h5 is missing on purpose."""
    parts = [(10 * i + np.arange(40).reshape(10, 4)).astype("f4") for i in range(3)]
    for i in (0, 2):
        with h5py.File(f"part{i}.h5", "w") as f:
            f["x"] = parts[i]
            f["y"] = np.arange(20, dtype="i4")

    def view(file, rows, mapped):
        layout = h5py.VirtualLayout(shape=(rows, 4), dtype="f4")
        for first, i in mapped:
            layout[first:first + 10] = h5py.VirtualSource(f"part{i}.h5", "x", shape=(10, 4))
        with h5py.File(file, "w") as f:
            f.create_virtual_dataset("x", layout)

    view("view.h5", 20, [(0, 0), (10, 2)])
    view("missing.h5", 30, [(0, 0), (10, 1), (20, 2)])
    view("gap.h5", 30, [(0, 0), (20, 2)])
    with h5py.File("columns.h5", "w") as f:  # every second column of a source, in the same file
        f["source"] = numbers("f4", (6, 8))
        layout = h5py.VirtualLayout(shape=(6, 4), dtype="f4")
        layout[...] = h5py.VirtualSource(f["source"])[:, ::2]
        f.create_virtual_dataset("x", layout)
    with h5py.File("link.h5", "w") as f:
        f["x"] = h5py.ExternalLink("part2.h5", "/x")
        f["gone"] = h5py.ExternalLink("part1.h5", "/x")
    with h5py.File("raw.h5", "w") as f:
        f.create_dataset("x", (10, 4), "f4", external=[("raw.bin", 0, 160)])
        f.create_dataset("cut", (20, 4), "f4", external=[("raw.bin", 0, 320)])
    parts[1].tofile("raw.bin")
    for file in ("view.h5", "columns.h5", "link.h5"):
        expect(file, "/x", "f4")
    os.environ.pop("HDF5_EXTFILE_PREFIX", None)
    expect("raw.h5", "/x", "f4")


def foreign():
    """What is to be refused, in one sentence."""
    x = (np.arange(400 * 32).reshape(400, 32) % 7).astype("f4")
    with h5py.File("filters.h5", "w") as f:
        f.create_dataset("lzf", data=x, chunks=(50, 32), compression="lzf")
        f.create_dataset("blosc", data=x, chunks=(50, 32), **hdf5plugin.Blosc())
        f.create_dataset("zstd", data=x, chunks=(50, 32), **hdf5plugin.Zstd())
        # The filter is optional, and left out of chunks that it would not make smaller: these can be read.
        f.create_dataset("random", data=random.integers(0, 256, (40, 32), dtype="u1"), chunks=(10, 32),
                         compression="lzf")
    expect("filters.h5", "/random", "u1")
    with h5py.File("unwritten.h5", "w") as f:
        d = f.create_dataset("x", (100, 8), "f4", chunks=(10, 8), compression="gzip")
        d[:60] = random.normal(size=(60, 8))
        f.create_dataset("never", (100, 8), "f4")
    with h5py.File("newer.h5", "w", libver="latest") as f:
        f["complex"] = np.ones((5, 4), "c8")
        f.create_dataset("chunks", data=numbers("f4", (8, 4)), chunks=(2, 4), compression="gzip")
        f["readable"] = numbers("f4", (5, 4))
    expect("newer.h5", "/readable", "f4")
    with h5py.File("many.h5", "w") as f:
        for i in range(30):
            f.create_dataset(f"images/{i:04d}", data=np.full((4, 4), i, "u1"), track_times=False)
        f["table"] = np.zeros(3, [("mass", "f4"), ("charge", "i4")])


def sources():
    """Virtual datasets whose sources are at fault, and labels in another file."""
    def whole(f, name, source, of, shape):
        layout = h5py.VirtualLayout(shape=shape, dtype="f4")
        layout[...] = h5py.VirtualSource(source, of, shape=shape)
        f.create_virtual_dataset(name, layout)

    with h5py.File("names.h5", "w") as f:
        f["texts"] = np.array(["a", "b"] * 5, dtype=object)
        f["group/codes"] = (np.arange(10) % 2).astype("i1")
        f["group/categories"] = np.array(["a", "b"], dtype=object)
    with h5py.File("sources.h5", "w") as f:
        whole(f, "filter", "filters.h5", "lzf", (400, 32))
        whole(f, "absent", "part0.h5", "z", (10, 4))
        whole(f, "turned", "part0.h5", "x", (4, 10))
        f["texts"] = h5py.ExternalLink("names.h5", "/texts")
        f["group"] = h5py.ExternalLink("names.h5", "/group")
        f["mixed/codes"] = (np.arange(10) % 2).astype("i1")
        f["mixed/categories"] = h5py.ExternalLink("names.h5", "/group/categories")
        layout = h5py.VirtualLayout(shape=(10,), dtype=h5py.string_dtype())
        layout[...] = h5py.VirtualSource("names.h5", "texts", shape=(10,), dtype=h5py.string_dtype())
        f.create_virtual_dataset("view", layout)


matrix("old.h5", None, ["contiguous", "odd"])
matrix("new.h5", ("v110", "v110"), ["rows", "odd", "whole"])
special()
elsewhere()
foreign()
sources()
with open("values.txt", "w") as f:
    f.write("\n".join(lines) + "\n")
