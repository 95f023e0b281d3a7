#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow-import and elbow-shapes: tiny files of every format except text, made here; every error in one sentence; the real data
# sets if they are available (ELBOW_SHARED, ../shared).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-tools.sh"

idx_tests() {
    printf '\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\2\1\2\3\4\5\6\7\377' >images.idx
    printf '\0\0\10\1\0\0\0\2\3\11' >labels.idx
    printf '\0\0\13\2\0\0\0\1\0\0\0\2\377\376\1\0' >short.idx
    printf '\0\0\14\1\0\0\0\1\0\1\0\0' >int.idx
    printf '\0\0\15\2\0\0\0\1\0\0\0\1\77\200\0\0' >float.idx
    printf '\0\0\16\2\0\0\0\1\0\0\0\1\300\4\0\0\0\0\0\0' >double.idx
    printf '\0\0\10\3\0\0\0\1\0\0\0\1\0\0\0\2\0\1' >binary.idx
    imported "IDX images" "H5T_STD_U8LE ( 2, 2, 2 )" $byte_factor "1 2 3 4 5 6 7 255" images.idx
    imported "IDX labels" "H5T_STD_U8LE ( 2 )" 1 "3 9" labels.idx
    imported "IDX int16" "H5T_STD_I16LE ( 1, 2 )" 1 "-2 256" short.idx
    imported "IDX int32" "H5T_STD_I32LE ( 1 )" 1 "65536" int.idx
    imported "IDX float32" "H5T_IEEE_F32LE ( 1, 1 )" 1 "1" float.idx
    imported "IDX float64" "H5T_IEEE_F64LE ( 1, 1 )" 1 "-2.5" double.idx
    imported "IDX of zeros and ones" "H5T_STD_U8LE ( 1, 1, 2 )" 1 "0 1" binary.idx
    gzip -c images.idx >images.idx.gz
    imported "gzip" "H5T_STD_U8LE ( 2, 2, 2 )" $byte_factor "1 2 3 4 5 6 7 255" images.idx.gz
    imported "IDX from a pipe" "H5T_STD_U8LE ( 2, 2, 2 )" $byte_factor "1 2 3 4 5 6 7 255" <(cat images.idx.gz)
    imported "two files" "H5T_STD_U8LE ( 4, 4 )" $byte_factor "1 2 3 4 5 6 7 255 1 2 3 4 5 6 7 255" images.idx images.idx.gz \
        --shape 4
    imported "compressed" "H5T_STD_U8LE ( 2, 2, 2 )" 0.5 "1 2 3 4 5 6 7 255" images.idx --compress 9 --factor 1/2
    h5dump -p -H t.h5 | grep -q "COMPRESSION DEFLATE { LEVEL 9 }" || fail "--compress 9 was not"
}

npy_tests() {
    printf '\1\2\3\4' | npy u1.npy '|u1' False '(1, 2, 2)' 1
    printf '\0\1\1\0' | npy b1.npy '|b1' False '(2, 2)' 2
    printf '\376\377\0\1' | npy i2.npy '<i2' False '(2,)' 3
    printf '\377\376\1\0' | npy i2big.npy '>i2' False '(2, 1)' 1
    printf '\0\74\0\300\1\0\377\173' | npy f2.npy '<f2' False '(2, 2)' 1
    printf '\0\0\0\0\0\0\4\300' | npy f8.npy '<f8' False '(1, 1)' 1
    printf '\1\0\0\0\0\0\0\200' | npy u8.npy '<u8' True '(1,)' 1
    imported "NPY u1" "H5T_STD_U8LE ( 1, 2, 2 )" $byte_factor "1 2 3 4" u1.npy
    imported "NPY b1" "H5T_STD_U8LE ( 2, 2 )" 1 "0 1 1 0" b1.npy
    imported "NPY i2" "H5T_STD_I16LE ( 2 )" 1 "-2 256" i2.npy
    imported "NPY >i2" "H5T_STD_I16LE ( 2, 1 )" 1 "-2 256" i2big.npy
    imported "NPY f2" "H5T_IEEE_F32LE ( 2, 2 )" 1 "1 -2 5.96046e-08 65504" f2.npy
    imported "NPY f8" "H5T_IEEE_F64LE ( 1, 1 )" 1 "-2.5" f8.npy
    imported "NPY u8, list in Fortran order" "H5T_STD_U64LE ( 1 )" 1 "9223372036854775809" u8.npy
    rm -f t.h5
    printf '\1\2\3\4' | npy x.npy '|u1' True '(2, 2)' 1
    refused 1 "Fortran order" "$import" x.npy -o new.h5
    printf '\1\2\3\4' | npy x.npy '<c8' False '(2, 2)' 1
    refused 1 "values of type '<c8'" "$import" x.npy -o new.h5
    printf '\1' | npy x.npy '|u1' False '()' 1
    refused 1 "has shape ()" "$import" x.npy -o new.h5
    printf '' | npy x.npy '|u1' False '(0, 3)' 1
    refused 1 "holds no values" "$import" x.npy -o new.h5
    printf '' | npy x.npy '<f8' False '(9000000000, 9000000000)' 1
    refused 1 "declares rows of more than 2147483647 values" "$import" x.npy -o new.h5
    printf '' | npy x.npy '<f8' False '(9000000000000000000, 2000000000)' 1
    refused 1 "more values than any memory holds" "$import" x.npy -o new.h5
    printf '' | npy x.npy '|u1' False '(1, 3000000000)' 1
    truncate -s 3000000128 x.npy # sparse
    refused 1 "declares rows of more than 2147483647 values" "$import" x.npy -o new.h5
    printf '' | npy x.npy '|u1' False '(1, 0, 9000000000, 9000000000)' 1
    refused 1 "holds no values" "$import" x.npy -o new.h5
    printf '\1\2\3' | npy x.npy '|u1' False '(2, 2)' 1
    refused 1 "ends too early" "$import" x.npy -o new.h5
    printf '\1\2\3\4\5' | npy x.npy '|u1' False '(2, 2)' 1
    refused 1 "continues after the last row" "$import" x.npy -o new.h5
    printf '\1\2\3' | npy x.npy '|u1' False '(2, 2)' 9
    refused 1 "NPY version 9" "$import" x.npy -o new.h5
}

png_tests() {
    mkdir -p folder mixed odd none
    base64 -d >folder/img2.png <<<'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAEElEQVR42mNg+N/AwM7BCQAIsAGYJCj6QwAAAABJRU5ErkJggg=='
    base64 -d >folder/img10.PNG <<<'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAEElEQVR42mNgZGJmYGFlAwAARgAWn/Rn8AAAAABJRU5ErkJggg=='
    base64 -d >mixed/b.png <<<'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR42mNgZGJgZgEAAB0ACxDdHHAAAAAASUVORK5CYII='
    base64 -d >rgb.png <<<'iVBORw0KGgoAAAANSUhEUgAAAAEAAAACCAIAAAAW4yFwAAAAEElEQVR42mNgZGJmYGFlAwAARgAWn/Rn8AAAAABJRU5ErkJggg=='
    cp folder/img2.png mixed/a.png
    printf 'not a picture' >odd/a.png
    touch folder/readme.txt
    imported "a folder in natural order" "H5T_STD_U8LE ( 2, 2, 3 )" $byte_factor "0 255 128 7 8 9 1 2 3 4 5 6" folder
    grep -q "2 PNG files in natural order, from img2.png to img10.PNG" out.txt || fail "the order was not reported: $(cat out.txt)"
    imported "a colour picture" "H5T_STD_U8LE ( 1, 2, 1, 3 )" $byte_factor "1 2 3 4 5 6" rgb.png
    rm -f t.h5
    refused 1 "mixed/b.png: the picture is 2 x 2 grey, the first one is 2 x 3 grey" "$import" mixed -o new.h5
    refused 1 "odd/a.png: it is not a picture, in spite of its name" "$import" odd -o new.h5
    refused 1 "none: there is no picture in this folder (.png .jpg .jpeg .jpe .jfif .tif .tiff)" "$import" none -o new.h5
    refused 1 "rows are 2 x 1 x 3 uint8 (PNG), those of folder are 2 x 3 uint8 (PNG)" "$import" folder rgb.png -o new.h5
    refused 2 "--columns is for text files" "$import" folder --columns 1 -o new.h5
}

file_tests() {
    rm -f t.h5
    "$import" images.idx -o t.h5 >/dev/null
    chmod 640 t.h5
    ln -sf t.h5 link.h5
    "$import" labels.idx -o link.h5 --name /train/labels >/dev/null
    [ -L link.h5 ] || fail "the link was replaced"
    [ "$(stat -c %a t.h5)" = 640 ] || fail "permissions were lost"
    [ "$(values t.h5 /train/images)" = "1 2 3 4 5 6 7 255" ] || fail "the first dataset was lost"
    [ "$(values t.h5 /train/labels)" = "3 9" ] || fail "the second dataset is wrong"
    refused 1 "dataset /train/images already exists" "$import" images.idx -o t.h5
    refused 1 "beneath" "$import" images.idx -o t.h5 --name /train/labels/x
    head -c 20 images.idx >x.idx
    refused 1 "ends too early" "$import" images.idx x.idx -o t.h5 --name /x
    head -c -3 images.idx.gz >x.gz
    refused 1 "the gzip file ends too early" "$import" x.gz -o t.h5 --name /x
    { head -c -8 images.idx.gz; printf '\0\0\0\0\0\0\0\0'; } >x.gz
    refused 1 "the gzip file is damaged" "$import" x.gz -o t.h5 --name /x
    printf '\0\0\7\1\0\0\0\1\0' >x.idx
    refused 1 "IDX type 0x07" "$import" x.idx -o t.h5 --name /x
    printf '\0\0\10\3\0\0\0\1\0\1\0\0\0\0\200\0' >x.idx # 1 x 65536 x 32768
    refused 1 "declares rows of more than 2147483647 values" "$import" x.idx -o t.h5 --name /x
    printf '\0\0\10\11\0\0\0\1\0' >x.idx
    refused 1 "has 9 dimensions" "$import" x.idx -o t.h5 --name /x
    printf 'PK\3\4....' >x.npz
    refused 1 "x.npz: the zip archive is damaged" "$import" x.npz -o t.h5 --name /x
    printf '\1\2\3' >x.bin
    refused 1 "format is unknown" "$import" x.bin -o t.h5 --name /x
    : >x.bin
    refused 1 "the file is empty" "$import" x.bin -o t.h5 --name /x
    refused 1 "already an HDF5 file" "$import" t.h5 -o new.h5
    refused 1 "missing.idx: No such file" "$import" missing.idx -o t.h5 --name /x
    printf '1,2,3\n4,5,255\n' >comma.csv
    refused 1 "not an HDF5 file" "$import" images.idx -o comma.csv
    refused 1 "Not a directory" "$import" images.idx -o images.idx/new.h5
    refused 1 "a row has 4 values, --shape 5 does not fit" "$import" images.idx --shape 5 -o new.h5
    # A shape that is another order of the axes is not made by cutting rows differently.
    { printf '\0\0\10\4\0\0\0\1\0\0\0\3\0\0\0\2\0\0\0\2' && printf 'abcdefghijkl'; } >first.idx # 1 x 3 x 2 x 2
    refused 1 "first.idx: its rows are 3 x 2 x 2, with the channels first, and --shape would only reshape them to 2 x 2 x 3; \
leave --shape out, and train with data.channels: first" "$import" first.idx --shape 2,2,3 -o new.h5
    refused 1 "its rows are 3 x 2 x 2, and --shape would only reshape them to 2 x 3 x 2" "$import" first.idx --shape 2,3,2 -o new.h5
    refused 1 "its rows are 3 x 2 x 2, and --shape would only reshape them to 2 x 6" "$import" first.idx --shape 2,6 -o new.h5
    for shape in 12 3,4 6,2 3,2,2,1; do
        "$import" first.idx --shape "$shape" -o "cut-$shape.h5" >/dev/null || fail "--shape $shape of 3 x 2 x 2"
    done
    refused 1 "rows are one value uint8 (IDX)" "$import" images.idx labels.idx -o new.h5
    for arguments in "" "images.idx" "images.idx -o" "-o new.h5" "images.idx -o new.h5 --bad" "images.idx -o new.h5 --name x" \
        "images.idx -o new.h5 --shape 2x2" "images.idx -o new.h5 --columns 3-2" "images.idx -o new.h5 --factor x" \
        "images.idx -o new.h5 --factor 1/0" "images.idx -o new.h5 --compress 0"; do
        # shellcheck disable=SC2086  # several arguments
        refused 2 "elbow-import --help" "$import" $arguments
    done
    "$import" --help | grep -q "^usage: elbow-import" || fail "elbow-import --help"
}

# Instead of a full disk: files must not grow beyond 100 KB. HDF5 would crash at exit over a file that it could not write.
full_tests() {
    printf '\0\0\10\2\0\0\10\0\0\0\2\0' >large.idx # 2048 x 512
    head -c 1048576 /dev/urandom >>large.idx
    cat >limited <<'END'
#!/usr/bin/env bash
trap '' XFSZ
ulimit -f 100
exec "${0%/*}/$(basename "$0")-unlimited" "$@"
END
    chmod +x limited
    for program in elbow-import elbow-shapes; do
        mkdir -p full
        cp limited "full/$program"
        ln -sf "$build/$program" "full/$program-unlimited"
    done
    refused 1 "File too large" full/elbow-import large.idx -o new.h5
    refused 1 "File too large" full/elbow-import large.idx -o new.h5 --compress 1
    refused 1 "File too large" full/elbow-import large.idx -o t.h5 --name /large
    refused 1 "File too large" full/elbow-shapes -o new.h5
}

shapes_tests() {
    rm -f t.h5
    "$shapes" -o a.h5 -n 2500 --test 100 >/dev/null
    "$shapes" -o b.h5 -n 2500 --test 100 --seed 1 --size 32 >/dev/null
    cmp a.h5 b.h5 || fail "two runs of elbow-shapes differ"
    refused 1 "b.h5: exists already; give another name, or --force to replace it" "$shapes" -o b.h5 -n 30 --test 100
    cmp a.h5 b.h5 || fail "elbow-shapes replaced its own file unasked"
    "$shapes" -o b.h5 -n 30 --test 100 --force >/dev/null
    [ "$(values a.h5 /test/images)" = "$(values b.h5 /test/images)" ] || fail "the test set depends on the training set"
    [ "$(header b.h5 /train/images)" = "H5T_STD_U8LE ( 30, 32, 32 )" ] || fail "shapes: $(header b.h5 /train/images)"
    [ "$(header b.h5 /train/factors)" = "H5T_IEEE_F32LE ( 30, 5 )" ] || fail "factors: $(header b.h5 /train/factors)"
    [ "$(attribute b.h5 /train/factors names)" = '"shape,scale,rotation,x,y"' ] || fail "names of the factors"
    [ "$(attribute b.h5 /train/images factor)" = 1 ] || fail "factor of the shapes"
    [ "$(values a.h5 /train/images | tr ' ' '\n' | sort -u | tr '\n' ' ')" = "0 1 " ] || fail "pixels other than 0 and 1"
    [ "$(values a.h5 /train/labels | tr ' ' '\n' | sort -u | tr '\n' ' ')" = "0 1 2 " ] || fail "labels other than 0, 1, 2"
    [ "$(values a.h5 /train/labels)" = "$(values a.h5 /train/factors | tr ' ' '\n' | awk 'NR % 5 == 1' | tr '\n' ' ' | sed 's/ $//')" ] ||
        fail "labels and factors disagree"
    "$shapes" -o c.h5 -n 30 --test 100 --seed 2 >/dev/null
    if cmp -s b.h5 c.h5; then fail "the seed changes nothing"; fi
    "$shapes" -o c.h5 -n 5 --test 1 --size 64 --force >/dev/null
    [ "$(header c.h5 /test/images)" = "H5T_STD_U8LE ( 1, 64, 64 )" ] || fail "64 x 64: $(header c.h5 /test/images)"
    "$import" images.idx -o t.h5 >/dev/null
    refused 1 "t.h5: exists already" "$shapes" -o t.h5
    : >plain
    refused 1 "a file of that name is there" "$shapes" -o plain/new.h5
    for arguments in "" "-o new.h5 x" "-o new.h5 --size 33" "-o new.h5 -n 0" "-o new.h5 --seed x" "-o new.h5 --test -1" "-o" "--bad"; do
        # shellcheck disable=SC2086  # several arguments
        refused 2 "elbow-shapes --help" "$shapes" $arguments
    done
    "$shapes" --help | grep -q "^usage: elbow-shapes" || fail "elbow-shapes --help"
}

# bytes FILE DATASET: as they are stored.
bytes() {
    h5dump -d "$2" -b LE -o bytes.bin "$1" >/dev/null
    cat bytes.bin
}

shared_tests() {
    local data=$shared/data images
    [ -d "$data/mnist" ] || { echo "without the real data sets: $data is not there"; return; }
    rm -f m.h5 b.h5 o.h5
    "$import" "$data/mnist/t10k-images-idx3-ubyte.gz" -o m.h5 --name /test/images >/dev/null
    "$import" "$data/mnist/t10k-labels-idx1-ubyte.gz" -o m.h5 --name /test/labels >/dev/null
    images=$(bytes m.h5 /test/images | cksum)
    [ "$images" = "$(zcat "$data/mnist/t10k-images-idx3-ubyte.gz" | tail -c +17 | cksum)" ] || fail "MNIST images"
    [ "$(bytes m.h5 /test/labels | cksum)" = "$(zcat "$data/mnist/t10k-labels-idx1-ubyte.gz" | tail -c +9 | cksum)" ] ||
        fail "MNIST labels"
    "$import" "$data/binarized_mnist/binarized_mnist_test.amat.gz" -o b.h5 --shape 28,28 >/dev/null
    [ "$(header b.h5 /train/images)" = "H5T_STD_U8LE ( 10000, 28, 28 )" ] || fail "amat: $(header b.h5 /train/images)"
    [ "$(bytes b.h5 /train/images | tr '\0\1' '01' | cksum)" = \
        "$(zcat "$data/binarized_mnist/binarized_mnist_test.amat.gz" | tr -d ' \n' | cksum)" ] || fail "amat: values"
    "$import" "$data/optdigits/optdigits.tra" "$data/optdigits/optdigits.tes" -o o.h5 --columns 1-64 --shape 8,8 --factor 1/16 \
        >/dev/null
    [ "$(header o.h5 /train/images)" = "H5T_STD_U8LE ( 5620, 8, 8 )" ] || fail "optdigits: $(header o.h5 /train/images)"
    [ "$(attribute o.h5 /train/images factor)" = 0.0625 ] || fail "optdigits: factor"
    [ "$(values o.h5 /train/images | tr ' ' '\n' | grep . | cksum)" = \
        "$(cat "$data"/optdigits/optdigits.t{ra,es} | cut -d, -f1-64 | tr ',' '\n' | cksum)" ] || fail "optdigits: values"
}

idx_tests
npy_tests
png_tests
file_tests
full_tests
shapes_tests
shared_tests
[ "$failures" = 0 ] || { echo "$failures checks failed"; exit 1; }
