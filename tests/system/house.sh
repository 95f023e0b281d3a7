#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tools/lib/house: a small tree that obeys all rules passes; each violation alone is reported in a sentence that names the file.
set -u
house=$(cd "$(dirname "$0")/../.." && pwd)/tools/lib/house
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}
compiler=${CC:-cc}
for needed in "$compiler" nm; do
    command -v "$needed" >/dev/null || { echo "skip: there is no $needed"; exit 77; }
done

put() { # FILE LINE...
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "${@:2}" >"$1"
}

header() { # HEADER LINE...
    local guard=${1#tree/}
    guard=$(echo "${guard#include/}" | tr 'a-z/.' 'A-Z__')
    put "$1" "#ifndef $guard" "#define $guard" "${@:2}" '#endif'
}

# Three rooms, a program and a test; CMakeLists.txt and the document as far as they matter.
make_tree() {
    rm -rf tree
    mkdir tree
    cd tree || exit 1
    put CMakeLists.txt 'elbow_room(base Threads::Threads)' 'elbow_room(math elbow_base Elbow::OPENBLAS m)' \
        'elbow_room(data elbow_base)' 'elbow_room(train elbow_math elbow_data)' \
        'add_library(elbow_rooms INTERFACE)' 'target_link_libraries(elbow_rooms INTERFACE elbow_train)' \
        'elbow_room(cli elbow_rooms elbow_processor)'
    # shellcheck disable=SC2016 # Markdown
    put docs/howto/development.md '| header | home |' '|---|---|' '| `cblas.h` | `src/math/blas.c`, `tests/support/` |' '| `#pragma omp` | `src/math/blas.c` |' '' \
        '| header of a detail | also included by |' '|---|---|' '| `elbow/base/detail/text.h` | `src/train/step.c` |'
    header include/elbow/base/text.h '#include <stddef.h>' 'int text(void);'
    header include/elbow/base/detail/text.h '#include "elbow/base/text.h"' 'int text_detail(void);'
    header include/elbow/math/blas.h 'int blas(void);'
    header include/elbow/train/step.h 'int step(void);'
    put src/base/text.c '#include "elbow/base/detail/text.h"' 'int text(void) { return 1; }' 'int text_detail(void) { return 2; }'
    put src/base/lower.c 'int lower(void);' 'int lower(void) { return 3; }'
    put src/math/blas.c '#include "elbow/math/blas.h"' '#include "elbow/base/text.h"' '#include <cblas.h>' '#pragma omp parallel' \
        'int blas(void) { return text(); }'
    put src/train/step.c '#include "elbow/train/step.h"' '#include "elbow/base/detail/text.h"' '#include "elbow/math/blas.h"' \
        '#include <sys/stat.h>' 'int step(void) { return blas() + text_detail(); }'
    put src/cli/main.c '#include "elbow/train/step.h"' 'int run(void);' 'int run(void) { return step(); }'
    put tools/shapes/draw.c '#include "shapes.h"' '#include "elbow/train/step.h"' 'int draw(void) { return step(); }'
    put tools/shapes/shapes.h 'int draw(void);'
    put tools/check '#!/usr/bin/env bash' 'true'
    put tests/support/unit.h '#include <cblas.h>'
    put tests/unit/base/test_text.c '#include "elbow/base/detail/text.h"' '#include "unit.h"'
    cd ..
}

# The objects, as a build makes them.
compile() {
    local source room
    for source in tree/src/*/*.c tree/tools/*/*.c; do
        source=${source#tree/} room=$(echo "$source" | cut -d/ -f2)
        case $source in tools/*) room=tools_$room ;; esac
        mkdir -p "tree/build/CMakeFiles/elbow_$room.dir/$(dirname "$source")" bin
        (cd tree && sed '/cblas\.h/d; /#pragma/d' "$source" |
            "$compiler" -I include -I "$(dirname "$source")" -x c -c - -o "build/CMakeFiles/elbow_$room.dir/$source.o") || exit 1
    done
}

# violation SENTENCE: the tree breaks this rule and no other. The function then makes the tree again.
violation() {
    if "$house" tree ${built:+tree/build} >said 2>&1; then fail "not found: $1"; fi
    [ "$(grep -vc '^    ' said)" = 1 ] || fail "one sentence was expected, '$1': $(cat said)"
    grep -qF -e "$1" said || fail "'$1' was expected: $(cat said)"
    make_tree
}

make_tree
compile
"$house" tree >said 2>&1 || fail "the sound tree: $(cat said)"
"$house" tree tree/build >said 2>&1 || fail "the sound tree, built: $(cat said)"
[ ! -s said ] || fail "the sound tree: $(cat said)"

built=
sed -i '1i #include "elbow/train/step.h"' tree/src/base/lower.c
violation 'src/base/lower.c:1: includes elbow/train/step.h, but train is not beneath base'
sed -i '1i #include "elbow/math/blas.h"' tree/include/elbow/base/text.h
violation 'include/elbow/base/text.h:1: includes elbow/math/blas.h, but math is not beneath base'
put tree/src/data/read.c '#include "elbow/math/blas.h"' # beside it, not below it
violation 'src/data/read.c:1: includes elbow/math/blas.h, but math is not beneath data'
put tree/src/attic/old.c '#include "elbow/base/text.h"'
violation 'src/attic/old.c:1: attic is no room of CMakeLists.txt'
sed -i '1i #include <cblas.h>' tree/src/train/step.c
violation 'src/train/step.c:1: cblas.h is not at home here; its home is '
sed -i '1i #pragma omp simd' tree/src/base/text.c
violation 'src/base/text.c:1: #pragma omp is not at home here'
sed -i '1i #  include <zlib.h>' tree/src/base/text.c
violation 'src/base/text.c:1: zlib.h has no home'
sed -i '1i #include <cblas.h>' tree/tests/unit/base/test_text.c
violation 'tests/unit/base/test_text.c:1: cblas.h is not at home here'
sed -i '1i #include "helper.h"' tree/src/base/text.c
violation 'src/base/text.c:1: "helper.h" is not a header of a room'
sed -i '1i #include "elbow/base/detail/text.h"' tree/src/math/blas.c
violation 'src/math/blas.c:1: includes elbow/base/detail/text.h, a detail of base'
sed -i '1i #include "elbow/base/detail/text.h"' tree/tools/shapes/draw.c
violation 'tools/shapes/draw.c:1: includes elbow/base/detail/text.h, a detail of base'
header tree/include/elbow/base/other.h '#include "elbow/base/detail/text.h"'
violation 'include/elbow/base/other.h:3: is a header for everybody and includes elbow/base/detail/text.h'
sed -i '1i #include "../../../src/base/text.c"' tree/tests/unit/base/test_text.c
violation 'tests/unit/base/test_text.c:1: includes ../../../src/base/text.c: no path goes up'
sed -i 's/BASE_TEXT_H/BASE_TEXTS_H/' tree/include/elbow/base/text.h
violation 'include/elbow/base/text.h: is guarded by ELBOW_BASE_TEXTS_H, not by ELBOW_BASE_TEXT_H'
sed -i '/detail/d' tree/src/train/step.c
violation 'docs/howto/development.md: src/train/step.c is said to include elbow/base/detail/text.h, and does not'
put tree/tests/support/unit.h
violation 'docs/howto/development.md: cblas.h is said to be at home in tests/support/, where nothing includes it'
for file in src/base/text.c tests/system/long.sh tools/check; do
    mkdir -p "tree/$(dirname "$file")"
    for ((i = 0; i < 401; ++i)); do echo '//'; done >>"tree/$file"
    violation "$file: has 40"
done
header tree/include/elbow/train/report.h '#include "elbow/train/step.h"'
sed -i '2a #include "elbow/train/report.h"' tree/include/elbow/train/step.h
violation 'a circle of files:'

built=1
put tree/src/base/lower.c 'int step(void); int lower(void); int lower(void) { return step(); }'
compile
"$house" tree tree/build >said 2>&1 && fail "a call upward was not found"
grep -qF 'src/base/lower.c: uses step of src/train/step.c, which is not beneath base' said || fail "a call upward: $(cat said)"
make_tree
put tree/src/train/report.c 'int step(void); int report(void); int report(void) { return step(); }'
sed -i 's/return blas() +/extern int report(void); return report() + blas() +/' tree/src/train/step.c
compile
violation 'a circle of files:'
grep -qF 'src/train/report.c uses step of src/train/step.c' said || fail "a circle: $(cat said)"
put tree/src/base/upper.c 'int text(void);' 'int text(void) { return 4; }'
compile
violation 'src/base/upper.c: defines text, as src/base/text.c does'
compile
rm tree/src/base/lower.c # its object stays
"$house" tree tree/build >said 2>&1 || fail "an object without its source: $(cat said)"
rm -r tree/build
mkdir tree/build tree/build/CMakeFiles
violation 'has no objects of the sources: build them first'

if [ "$failures" != 0 ]; then echo "$failures failed"; exit 1; fi
