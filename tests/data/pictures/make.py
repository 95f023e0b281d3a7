#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes pictures (Pillow, tifffile) and archives (NumPy) for elbow-import, and expected.txt: what these programs read in
them, as a row of name, type and shape as h5dump tells them, and the MD5 sum of the values.

    pip install numpy pillow tifffile && python3 make.py
"""
import hashlib
import io
import os
import zipfile

import numpy as np
import tifffile
from PIL import Image, ImageOps

random = np.random.default_rng(13)
table = []
H5 = {"u": "H5T_STD_U{}LE", "i": "H5T_STD_I{}LE", "f": "H5T_IEEE_F{}LE"}


def expect(name, rows):
    rows = np.asarray(rows)
    rows = np.ascontiguousarray(rows, rows.dtype.newbyteorder("<"))
    kind = H5[rows.dtype.kind].format(8 * rows.dtype.itemsize)
    table.append(f"{name}|{kind} ( {', '.join(map(str, rows.shape))} )|{hashlib.md5(rows.tobytes()).hexdigest()}")


def values(shape, dtype):
    if np.dtype(dtype).kind == "f":
        return random.normal(size=shape).astype(dtype)
    info = np.iinfo(dtype)
    return random.integers(info.min, info.max, size=shape, dtype=dtype, endpoint=True)


def smooth(height, width, channels):
    y, x, c = np.mgrid[:height, :width, :channels]
    return (127 + 100 * np.sin(y / 5 + c) * np.cos(x / 7)).astype("u1").squeeze()


def entry(name, method=zipfile.ZIP_STORED):
    info = zipfile.ZipInfo(name)                               # of 1980: the same bytes every day
    info.compress_type = method
    return info


# Archives of NumPy.
images, labels = values((3, 4, 5), "u1"), np.arange(3)
np.savez("one.npz", images)                                    # arr_0
expect("one.npz", images)
np.savez_compressed("several.npz", images=images, labels=labels, floats=values((3, 2), ">f4"))
for array in ("images", "labels", "floats"):
    expect(f"several.npz --array {array}", np.load("several.npz")[array])
with zipfile.ZipFile("zip64.npz", "w") as archive:
    with archive.open(entry("a b/ü.npy", zipfile.ZIP_DEFLATED), "w", force_zip64=True) as member:
        np.lib.format.write_array(member, images)
    archive.writestr(entry("readme.txt"), "not an array")
expect("zip64.npz", images)
with zipfile.ZipFile("bzip2.npz", "w") as archive:
    with archive.open(entry("x.npy", zipfile.ZIP_BZIP2), "w") as member:
        np.lib.format.write_array(member, images)
np.savez("objects.npz", x=np.array([None, 1], dtype=object))
with zipfile.ZipFile("no-arrays.npz", "w") as archive:
    archive.writestr(entry("readme.txt"), "not an array")
with zipfile.ZipFile("false.npz", "w") as archive:
    archive.writestr(entry("x.npy"), "1,2\n3,4\n")


# JPEG of Pillow.
def jpeg(name, array, **options):
    Image.fromarray(array).save(name, **options)
    expect(name, np.asarray(Image.open(name))[None])


jpeg("grey.jpg", smooth(13, 18, 1), quality=90)
jpeg("colour.jpg", smooth(13, 18, 3), quality=90)              # 4:2:0
jpeg("full.jpeg", smooth(13, 18, 3), quality=90, subsampling=0)
jpeg("progressive.JPG", smooth(40, 30, 3), quality=80, progressive=True)
os.makedirs("turned", exist_ok=True)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    name = f"turned/{orientation}.jpg"
    Image.fromarray(smooth(8, 24, 3)).save(name, exif=exif, quality=95)
    expect(name, np.asarray(ImageOps.exif_transpose(Image.open(name)))[None])
Image.fromarray(values((6, 5, 4), "u1"), "CMYK").save("cmyk.jpg")
whole = open("progressive.JPG", "rb").read()
open("cut.jpg", "wb").write(whole[:-300])
open("stray.jpg", "wb").write(open("grey.jpg", "rb").read()[:-2] + bytes(40) + b"\xff\xd9")


# TIFF of Pillow and tifffile.
def tiff(name, array, rows=None, **options):
    tifffile.imwrite(name, array, **options)
    expect(name, tifffile.imread(name)[None] if rows is None else rows)


for kind in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"):
    tiff(f"{kind}.tif", values((5, 7), kind), photometric="minisblack")
half = values((5, 7), "f2")
tiff("f2.tif", half, rows=half.astype("f4")[None], photometric="minisblack")
tiff("big-endian.tif", values((5, 7), "u2"), photometric="minisblack", byteorder=">")
tiff("bigtiff.tif", values((5, 7), "u2"), photometric="minisblack", bigtiff=True, byteorder=">")
tiff("channels.tif", values((5, 7, 5), "u2"), photometric="minisblack", planarconfig="contig")
planes = values((5, 5, 7), "f4")
tiff("planes.tif", planes, rows=planes.transpose(1, 2, 0)[None], photometric="minisblack", planarconfig="separate")
tiff("strips.tif", values((21, 7, 3), "u1"), photometric="rgb", rowsperstrip=4)
tiff("tiles.tif", values((21, 37, 3), "u2"), photometric="rgb", tile=(16, 16))
planes = values((3, 21, 37), "u1")
tiff("tiled-planes.tif", planes, rows=planes.transpose(1, 2, 0)[None], photometric="rgb", planarconfig="separate",
     tile=(16, 16), compression="zlib")
grey = values((5, 7), "u1")
tiff("white-is-0.tif", grey, rows=255 - grey[None], photometric="miniswhite")
stack = values((3, 5, 7), "u2")
tiff("stack.tif", stack, rows=stack, photometric="minisblack")
with tifffile.TiffWriter("previews.tif") as writer:             # a preview behind each page
    for page in stack:
        writer.write(page, photometric="minisblack")
        writer.write(page[::2, ::2], photometric="minisblack", subfiletype=1)
expect("previews.tif", stack)
rgba = values((5, 7, 4), "u1")
alpha = rgba[..., 3:].astype(int)
over = ((rgba[..., :3] * alpha + 127) // 255).astype("u1")
tiff("alpha.tif", rgba, rows=over[None], photometric="rgb", extrasamples=["unassalpha"])
tiff("premultiplied.tif", rgba, rows=rgba[None, ..., :3], photometric="rgb", extrasamples=["assocalpha"])
tiff("unspecified.tif", rgba, photometric="rgb", extrasamples=["unspecified"])
for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
    array = smooth(20, 24, 3)
    Image.fromarray(array).save(f"{compression}.tiff", compression=compression)
    expect(f"{compression}.tiff", np.asarray(Image.open(f"{compression}.tiff"))[None])
bits = Image.fromarray(values((9, 21), "u1") > 127)
for compression in (None, "group4"):
    name = f"bits-{compression}.tif"
    bits.save(name, compression=compression)
    expect(name, np.asarray(bits)[None].astype("u1") * 255)
Image.fromarray(grey).save("turned.tif", tiffinfo={0x0112: 6})
expect("turned.tif", np.rot90(grey, -1)[None])
Image.fromarray(values((6, 5, 4), "u1"), "CMYK").save("cmyk.tif")
Image.fromarray(grey).convert("P").save("palette.tif")
tifffile.imwrite("complex.tif", values((5, 7), "f4").astype("c8"), photometric="minisblack")
tifffile.imwrite("float-alpha.tif", values((5, 7, 4), "f4"), photometric="rgb", extrasamples=["unassalpha"])
tifffile.imwrite("imagej.tif", stack, imagej=True, truncate=True, photometric="minisblack")
tifffile.imwrite("truncated.tif", stack, truncate=True, photometric="minisblack")
whole = open("tiff_lzw.tiff", "rb").read()
open("cut.tif", "wb").write(whole[:len(whole) // 2])
damaged = bytearray(open("tiff_adobe_deflate.tiff", "rb").read())
with Image.open("tiff_adobe_deflate.tiff") as picture:
    damaged[picture.tag_v2[273][0] + 20] ^= 0xff
open("damaged.tif", "wb").write(damaged)
other = values((5, 8), "u2")
with tifffile.TiffWriter("pages-differ.tif") as writer:
    for page in (stack[0], other):
        writer.write(page, photometric="minisblack")



# Files that would keep a reader busy, or take much memory.
def patched(name, source, where, bytes_):
    whole = bytearray(open(source, "rb").read())
    whole[where:where + len(bytes_)] = bytes_
    open(name, "wb").write(whole)


with tifffile.TiffFile("u1.tif") as file:                      # 12 bytes a tag, the value in the last 4
    tags, first = file.pages[0].tags, file.pages[0].offset
    end = first + 2 + 12 * len(tags)
    patched("loop.tif", "u1.tif", end, first.to_bytes(4, "little"))
    patched("large.tif", "u1.tif", tags["ImageLength"].offset + 2, b"\4\0\1\0\0\0\0\0\x10\0")
head = open("grey.jpg", "rb").read().index(b"\xff\xc0")
patched("large.jpg", "grey.jpg", head + 5, b"\xff\0\xff\0")   # height and width

# A folder of folders, of several formats.
for name, kinds in (("cat", ("png", "jpg", "tif")), ("dog 10", ("png",)), ("dog 2", ("tiff", "png"))):
    os.makedirs(f"classes/{name}", exist_ok=True)
    for i, kind in enumerate(kinds):
        Image.fromarray(smooth(6, 5, 1)).save(f"classes/{name}/{i + 9}.{kind}")
os.makedirs("more/dog 2", exist_ok=True)
os.makedirs("more/ant", exist_ok=True)
for name in ("dog 2", "ant"):
    Image.fromarray(smooth(6, 5, 1)).save(f"more/{name}/1.png")
rows = [np.asarray(Image.open(f"classes/{name}")) for name in
        ("cat/9.png", "cat/10.jpg", "cat/11.tif", "dog 2/9.tiff", "dog 2/10.png", "dog 10/9.png")]
expect("classes", rows)

with io.open("expected.txt", "w", encoding="utf-8") as file:
    file.write("\n".join(table) + "\n")
