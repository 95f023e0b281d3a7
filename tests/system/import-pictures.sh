#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow-import: archives of NumPy, pictures of Pillow and tifffile, folders of them with their labels. The files are in
# tests/data/pictures; its expected.txt lists the contents as these programs read them.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-tools.sh"
elbow=$build/elbow
cp -r "$here/../data/pictures/." .

# sum FILE DATASET: the MD5 sum of its values, as little endian bytes.
sum() {
    h5dump -d "$2" -b LE -o bytes.bin "$1" >/dev/null
    md5sum <bytes.bin | cut -d' ' -f1
}

values_tests() {
    local name type expected count=0
    while IFS='|' read -r name type expected; do
        rm -f t.h5
        count=$((count + 1))
        # shellcheck disable=SC2086  # a file and its options
        "$import" $name -o t.h5 >out.txt 2>err.txt || { fail "$name: $(cat err.txt)"; continue; }
        [ "$(header t.h5 /train/images)" = "$type" ] || fail "$name: is $(header t.h5 /train/images), not $type"
        [ "$(sum t.h5 /train/images)" = "$expected" ] || fail "$name: other values than expected"
        case $name in
        alpha.tif | premultiplied.tif)
            grep -qF "1 picture is not opaque, the first is $name; transparency is laid over black" err.txt || fail "$name: $(cat err.txt)"
            ;;
        *) [ ! -s err.txt ] || fail "$name: stderr: $(cat err.txt)" ;;
        esac
    done <expected.txt
    [ $count -ge 45 ] || fail "only $count files were compared"
    rm -f t.h5
}

told_tests() {
    "$import" zip64.npz --array 'a b/ü' -o told.h5 --name /zip64 >/dev/null || fail "an array by its name"
    "$import" classes/cat/ -o told.h5 --name /slash >out.txt || fail "a folder with a slash"
    grep -qF 'classes/cat/: 3 pictures (1 PNG, 1 JPEG, 1 TIFF) in natural order' out.txt || fail "a folder with a slash: $(cat out.txt)"
    "$import" turned/6.jpg -o told.h5 --name /a >out.txt
    grep -qF '1 picture is turned upright, as the file asks, the first is turned/6.jpg' out.txt || fail "turned: $(cat out.txt)"
    "$import" stack.tif previews.tif -o told.h5 --name /b >out.txt
    grep -qF 'stack.tif: 3 pages, each a row' out.txt || fail "pages: $(cat out.txt)"
    [ "$(header told.h5 /b)" = "H5T_STD_U16LE ( 6, 5, 7 )" ] || fail "two stacks: $(header told.h5 /b)"
    "$import" stray.jpg -o told.h5 --name /c >out.txt 2>err.txt
    grep -qF 'warning: stray.jpg: 1 picture has stray bytes, the first is stray.jpg' err.txt || fail "stray: $(cat err.txt)"
    "$import" grey.jpg -o told.h5 --name /d >/dev/null
    [ "$(sum told.h5 /c)" = "$(sum told.h5 /d)" ] || fail "stray bytes change the picture"
    mkdir beside
    cp u1.tif beside
    cp -r more beside
    "$import" beside -o told.h5 --name /e >out.txt
    grep -qF 'beside: 1 TIFF file in natural order, from u1.tif to u1.tif; 1 folder is skipped' out.txt || fail "beside: $(cat out.txt)"
    [ "$(attribute told.h5 /d factor)" = $byte_factor ] || fail "factor of a JPEG: $(attribute told.h5 /d factor)"
    [ "$(attribute told.h5 /b factor)" = 1.5259e-05 ] || fail "factor of a TIFF of 16 bits: $(attribute told.h5 /b factor)"
}

refusals() {
    refused 1 'several.npz: holds several arrays, choose one with --array: images, labels, floats' "$import" several.npz -o new.h5
    refused 1 'several.npz: there is no array x; it holds images, labels, floats' "$import" several.npz --array x -o new.h5
    refused 1 'objects.npz:x: the NPY file holds values of type' "$import" objects.npz -o new.h5
    refused 1 'bzip2.npz:x: is packed by method 12' "$import" bzip2.npz -o new.h5
    refused 1 'no-arrays.npz: the zip archive holds no arrays of NumPy (.npy)' "$import" no-arrays.npz -o new.h5
    refused 1 'false.npz:x: is not an NPY file, in spite of its name' "$import" false.npz -o new.h5
    refused 2 'u1.tif: --array is for NPZ, this is TIFF' "$import" u1.tif --array x -o new.h5
    head -c 300 one.npz >cut.npz
    refused 1 'cut.npz: the zip archive is damaged' "$import" cut.npz -o new.h5
    { head -c 200 one.npz && printf 'x' && tail -c +202 one.npz; } >wrong.npz
    refused 1 'wrong.npz:arr_0: the zip archive is damaged or not supported (CRC error)' "$import" wrong.npz -o new.h5
    refused 1 'NPZ cannot be read from gzip or a pipe; give the unpacked file itself' "$import" <(cat one.npz) -o new.h5
    gzip -c grey.jpg >grey.jpg.gz
    refused 1 'grey.jpg.gz: JPEG cannot be read from gzip or a pipe' "$import" grey.jpg.gz -o new.h5

    refused 1 'cmyk.jpg: the JPEG file has CMYK colours, which cannot be imported; convert it to RGB or grey' "$import" cmyk.jpg -o new.h5
    refused 1 'cut.jpg: the JPEG file is damaged or not supported (Premature end of JPEG file)' "$import" cut.jpg -o new.h5
    refused 1 'cmyk.tif: the TIFF file has CMYK colours, which cannot be imported; convert it to RGB or grey' "$import" cmyk.tif -o new.h5
    refused 1 'palette.tif: the TIFF file has a palette, which cannot be imported; convert it to RGB or grey' "$import" palette.tif -o new.h5
    refused 1 'complex.tif: the TIFF file holds complex numbers of 64 bits' "$import" complex.tif -o new.h5
    refused 1 'float-alpha.tif: the TIFF file has an alpha channel beside values of float32' "$import" float-alpha.tif -o new.h5
    refused 1 'imagej.tif: the TIFF file has more pictures than it has pages' "$import" imagej.tif -o new.h5
    refused 1 'truncated.tif: the TIFF file has more pictures than it has pages' "$import" truncated.tif -o new.h5
    refused 1 'cut.tif: the TIFF file is damaged or not supported' "$import" cut.tif -o new.h5
    refused 1 'damaged.tif: the TIFF file is damaged or not supported' "$import" damaged.tif -o new.h5
    refused 1 'pages-differ.tif, page 2: the picture is 5 x 8 grey of 16 bits, the first one is 5 x 7 grey of 16 bits (pages-differ.tif); convert all to one size' \
        "$import" pages-differ.tif -o new.h5
    refused 1 'loop.tif: the TIFF file is damaged or not supported (its list of pages is broken)' "$import" loop.tif -o new.h5
    refused 1 'large.tif: the TIFF file is damaged (7 x 1048576 pixels do not fit into its bytes)' "$import" large.tif -o new.h5
    refused 1 'large.jpg: the JPEG file is damaged (65280 x 65280 pixels do not fit into its bytes)' "$import" large.jpg -o new.h5
    printf '\377\330\377' >no.jpg
    refused 1 'no.jpg: the JPEG file is damaged' "$import" no.jpg -o new.h5
    mkdir kinds
    cp u1.tif kinds/a.tif
    cp u2.tif kinds/b.tif
    refused 1 'kinds/b.tif: the picture is 5 x 7 grey of 16 bits, the first one is 5 x 7 grey (kinds/a.tif); convert all to one kind' "$import" kinds -o new.h5
    mv kinds/b.tif b.tif
    cp stack.tif kinds/b.png
    refused 1 'kinds/b.png: holds 3 pictures, as a TIFF file may, but has another name; rename it to end in .tif' "$import" kinds -o new.h5
    rm kinds/b.png
    : >kinds/b.jpg
    refused 1 'kinds/b.jpg: the file is empty, in spite of its name' "$import" kinds -o new.h5
    rm -r kinds
}

labels_tests() {
    "$import" classes -o l.h5 >out.txt
    grep -qF 'classes: 3 classes, 6 pictures (3 PNG, 1 JPEG, 2 TIFF) in natural order, from cat/9.png to dog 10/9.png' out.txt || fail "report: $(cat out.txt)"
    grep -qF 'l.h5:/train/labels: 3 classes, cat (3), dog 2 (2), dog 10 (1)' out.txt || fail "classes: $(cat out.txt)"
    [ "$(values l.h5 /train/labels/codes)" = "0 0 0 1 1 2" ] || fail "codes: $(values l.h5 /train/labels/codes)"
    # A class in several inputs: the name identifies it.
    "$import" classes more -o l.h5 --name /all/images >out.txt
    [ "$(values l.h5 /all/labels/codes)" = "1 1 1 2 2 3 0 2" ] || fail "codes of two inputs: $(values l.h5 /all/labels/codes)"
    grep -qF 'l.h5:/all/labels: 4 classes, ant (1), cat (3), dog 2 (3), dog 10 (1)' out.txt || fail "classes of two inputs: $(cat out.txt)"
    "$import" more -o l.h5 --name /valid/images --labels /valid/kinds >/dev/null
    [ "$(values l.h5 /valid/kinds/codes)" = "0 1" ] || fail "--labels: $(values l.h5 /valid/kinds/codes)"
    cat >l.yaml <<'Y'
data: {file: l.h5, train: /all/images, labels: /all/labels}
model: {latent: 2, encoder: [dense: {units: 4}], decoder: [dense: {units: 4}]}
train: {steps: 2, batch: 8, microbatch: 4}
Y
    "$elbow" train l.yaml --set run.dir=run >out.txt 2>&1 || fail "a run: $(cat out.txt)"
    "$elbow" eval run --data l.h5:/all/images --labels /all/labels >out.txt 2>&1 || fail "eval: $(cat out.txt)"
    grep -q 'dog 10' out.txt || fail "the names are not shown: $(cat out.txt)"

    cp l.h5 t.h5
    refused 1 't.h5: /train/labels already exists, and the labels of the folders would be written there; choose another name with --labels, or use --replace' \
        "$import" classes -o t.h5 --name /train/pictures
    refused 2 'the labels of the folders have the name /x, too' "$import" classes -o t.h5 --name /x --labels /x
    refused 2 '--labels is for folders of folders, whose names are the classes; u1.tif is not one' "$import" u1.tif -o t.h5 --name /x --labels /y
    refused 1 'classes is a folder of classes, classes/cat/9.png is not' "$import" classes classes/cat/9.png -o t.h5 --name /x
    mkdir -p holed/a holed/b
    cp classes/cat/9.png holed/a
    refused 1 'holed/b: there is no picture in this folder (.png .jpg' "$import" holed -o t.h5 --name /x
    "$import" more -o t.h5 --replace >/dev/null
    [ "$(values t.h5 /train/labels/codes)" = "0 1" ] || fail "replaced labels: $(values t.h5 /train/labels/codes)"
    [ "$(header t.h5 /train/images)" = "H5T_STD_U8LE ( 2, 6, 5 )" ] || fail "replaced images: $(header t.h5 /train/images)"
    "$import" u1.tif -o t.h5 --name /e/labels >/dev/null
    "$import" more -o t.h5 --name /e/images --replace >/dev/null
    [ "$(values t.h5 /e/labels/codes)" = "0 1" ] || fail "labels in the place of a dataset: $(values t.h5 /e/labels/codes)"
    rm t.h5
}

layout_tests() {
    "$import" stack.tif previews.tif -o c.h5 --chunk-rows 2 >/dev/null
    h5dump -p -H c.h5 | grep -qF 'CHUNKED ( 2, 5, 7 )' || fail "--chunk-rows 2: $(h5dump -p -H c.h5)"
    "$import" stack.tif previews.tif -o c.h5 --name /z --chunk-rows 100 --compress 4 >/dev/null
    h5dump -p -H -d /z c.h5 | tr -s ' \n' ' ' | grep -q 'CHUNKED ( 6, 5, 7 ).*SHUFFLE.*DEFLATE { LEVEL 4' || fail "--compress: $(h5dump -p -H -d /z c.h5)"
    [ "$(sum c.h5 /z)" = "$(sum c.h5 /train/images)" ] || fail "layouts with other values"
    printf '\0\0\10\2\0\0\200\0\0\2\0\0' >long.idx # 32768 x 131072, without a byte of data
    truncate -s 4294967308 long.idx
    refused 2 '--chunk-rows 99999 makes chunks of more than 4 GB, the limit of HDF5; use at most 32767 rows' \
        "$import" long.idx -o new.h5 --chunk-rows 99999
    for arguments in "--chunk-rows 0" "--chunk-rows 2x" "--array" "--labels x"; do
        # shellcheck disable=SC2086  # several arguments
        refused 2 "elbow-import --help" "$import" u1.tif -o new.h5 $arguments
    done
}

values_tests
told_tests
refusals
labels_tests
layout_tests
[ "$failures" = 0 ] || { echo "$failures checks failed"; exit 1; }
