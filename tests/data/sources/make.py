# SPDX-License-Identifier: BSD-3-Clause
"""Small files of rows in several places, and in whole.h5 the same rows in one place, as h5py and NumPy put them together.

    python3 make.py DIRECTORY

whole.h5 is made from what h5py reads of the other files, not from what was written to them.
"""
import pathlib
import sys

import h5py
import numpy as np

directory = pathlib.Path(sys.argv[1])
random = np.random.default_rng(13)
TYPES = h5py.string_dtype()


def rows(count, *shape, dtype="f4"):
    return random.normal(size=(count, *shape)).astype(dtype)


# Three files of a list: chunks that do not end where files do, names that each file numbers on its own.
names = {"part-1.h5": ["B cell", "T cell"], "part-2.h5": ["NK", "T cell", "mono"], "part-10.h5": ["B cell", "mono"]}
for (name, categories), count, chunk in zip(names.items(), (23, 40, 17), (7, 40, 3)):
    with h5py.File(directory / name, "w") as file:
        x = file.create_dataset("x", data=rows(count, 6), chunks=(chunk, 6), compression="gzip")
        x.attrs["scale_factor"] = 0.5
        codes = random.integers(-1, len(categories), count).astype("i1")
        file.create_dataset("type/codes", data=codes)
        file.create_dataset("type/categories", data=categories, dtype=TYPES)
        file.create_dataset("text", data=["" if c < 0 else categories[c] for c in codes], dtype=TYPES)
        file.create_dataset("u", data=rows(count, 5))
        file.create_dataset("v", data=rows(count, 5), chunks=(4, 5))
        file.create_dataset("age", data=rows(count))
        file.create_dataset("mass", data=rows(count, 1))

# The same rows twice: with a type, a shape, attributes, labels that differ.
with h5py.File(directory / "other.h5", "w") as file:
    file["type"] = rows(4, 6).astype("f8")
    file["shape"] = rows(4, 7)
    file.create_dataset("plain", data=rows(4, 6))
    file["numbers"] = np.arange(4)
    bad = rows(4, 6)
    bad[2, 3] = np.nan
    file.create_dataset("bad", data=bad).attrs["scale_factor"] = 0.5
    file["short"] = rows(3, 5)

# As MATLAB 7.3 writes X (80 x 6) and a stack (80 x 4 x 3): axes reversed, in chunks along all of them.
with h5py.File(directory / "matlab.mat", "w", userblock_size=512) as file:
    X = file.create_dataset("X", data=rows(80, 6).T, chunks=(4, 13), compression="gzip")
    X.attrs["MATLAB_class"] = np.bytes_("single")
    S = file.create_dataset("S", data=rows(80, 4, 3).transpose(), chunks=(2, 3, 11))
    S.attrs["MATLAB_class"] = np.bytes_("single")
    file["plain"] = rows(80, 6).T
    file["one"] = rows(80, 1).T
with open(directory / "matlab.mat", "r+b") as file:
    file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116, b" ") + b" " * 8 + b"\0\2IM")


def read(file, name):
    with h5py.File(directory / file) as open_file:
        return open_file[name][:]


order = sorted(names)  # by bytes: part-1.h5, part-10.h5, part-2.h5
with h5py.File(directory / "whole.h5", "w") as file:
    x = np.concatenate([read(name, "x") for name in order])
    file.create_dataset("x", data=x).attrs["scale_factor"] = 0.5
    file.create_dataset("columns", data=x[:, [0, 1, 3, 5]]).attrs["scale_factor"] = 0.5
    text = np.concatenate([read(name, "text") for name in order])
    file.create_dataset("text", data=[t.decode() for t in text], dtype=TYPES)
    u, v = (np.concatenate([read(name, key) for name in order]) for key in "uv")
    file["channels"] = np.stack([u, v], axis=-1)
    age, mass = (np.concatenate([read(name, key) for name in order]) for key in ("age", "mass"))
    file["table"] = np.stack([age, age], axis=-1)
    file["masses"] = np.concatenate([mass, mass], axis=1)
    file["X"] = read("matlab.mat", "X").transpose()
    file["S"] = read("matlab.mat", "S").transpose()
