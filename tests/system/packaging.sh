#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The recipes of tools/packaging have the options and libraries of the build. The test needs neither Spack nor Apptainer, and does
# not run the recipes.
set -u
source_directory=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
packaging=$source_directory/tools/packaging
definition=$packaging/elbow.def

# The Spack recipe, read by Python with a stub of Spack that only records the requests.
if command -v python3 >/dev/null; then
    mkdir spack
    cat >spack/__init__.py </dev/null
    cat >spack/package.py <<'P'
def note(kind):
    return lambda *words, **rest: print(kind, words[0])


class CMakePackage:
    def define_from_variant(self, option, variant):
        return option


license, version, variant, depends_on = note("license"), note("version"), note("variant"), note("depends_on")
run_after = on_package_attributes = lambda *words, **rest: lambda function: function
P
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=. python3 -W error - "$packaging/spack/packages/elbow/package.py" >recipe 2>recipe.err <<'P'
import importlib.util, sys
module = importlib.util.spec_from_file_location("recipe", sys.argv[1])
recipe = importlib.util.module_from_spec(module)
module.loader.exec_module(recipe)
for option in recipe.Elbow().cmake_args():
    print("option", option)
P
    [ ! -s recipe.err ] || { fail "the Spack recipe:"; cat recipe.err; }
    version=$("$elbow" --version | awk 'NR == 1 { print $2 }')
    grep -qx "version $version" recipe || fail "the Spack recipe has $(grep version recipe), not $version"
    while read -r _ option; do
        grep -rqE "^ *option\($option " "$source_directory/CMakeLists.txt" "$source_directory/cmake" || fail "the Spack recipe: there is no option $option"
    done < <(grep '^option ' recipe)
    # Every library that CMake must find, by its name in Spack.
    declare -A names=([YAML]=libyaml [PNG]=libpng [CAIRO]=cairo [ZLIB]=zlib-api [SLEEF]=sleef [XXHASH]=xxhash [RANDOM123]=random123 [ZIP]=libzip [JPEG]=libjpeg-turbo [TIFF]=libtiff
        [OPENBLAS]=openblas [HDF5]=hdf5 [MPI]=mpi)
    mapfile -t wanted < <(sed -nE '/OPTIONAL/d; s/^ *elbow_find\(([A-Z0-9]+) .*/\1/p; s/^find_package\((MPI) .*/\1/p; s/^ *find_package\((HDF5) .*/\1/p' \
        "$source_directory/cmake/ElbowDependencies.cmake" | sort -u)
    [ "${#wanted[@]}" -ge 9 ] || fail "CMake looks for ${wanted[*]} only"
    for library in "${wanted[@]}"; do
        grep -qE "^depends_on ${names[$library]:-(no name for $library)}(@|$)" recipe || fail "the Spack recipe lacks $library"
    done
else
    echo "skip: there is no python3: the Spack recipe was not read"
fi

# The Apptainer definition: the packages of the build and the libraries of the programs.
packages() { # of the n-th %post
    awk -v n="$1" '/^%post/ { part += 1 } /^%/ && !/^%post/ { inside = 0 } /^%post/ { inside = part == n } inside' "$definition" |
        sed -e ':a' -e '/\\$/N; s/\\\n//; ta' | sed -nE 's/.*--no-install-recommends (.*)/\1/p' | tr -s ' ' '\n' | sort
}
sed -n '/^install_for_build() {/,/^}/p' "$source_directory/tools/lib/setup.sh" | sed -nE 's/install_missing//; /^    /p' |
    grep -oE '[a-z0-9|-]+[a-z0-9]' | sed 's/|.*//' | sort >build-packages
diff build-packages <(packages 1) >difference || { fail "elbow.def: packages of the build, beside those of tools/lib/setup.sh:"; cat difference; }
# A release other than the definition's has other versions in its packages' names: libpng16-16 is libpng16-16t64, libhdf5-103 is
# libhdf5-310, and Ubuntu's libjpeg-turbo8 is Debian's libjpeg62-turbo. There the names are compared without versions.
plain_names() { sed -E 's/[-0-9.]*(t64)?$//; s/^libjpeg62-turbo$/libjpeg-turbo/'; }
if grep -q "^VERSION_CODENAME=$(sed -n 's/^From: *debian://p; T; q' "$definition" | sed 's/-.*//')\$" /etc/os-release; then plain_names() { cat; }; fi
PATH=$PATH:/sbin:/usr/sbin # for ldconfig, if the user is not root
if command -v dpkg-query >/dev/null && command -v readelf >/dev/null; then
    packages 2 | plain_names >run-packages
    for program in elbow elbow-import elbow-shapes elbow-scaling; do
        readelf -d "$build/$program" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p' | while read -r library; do
            path=$(ldconfig -p | awk -v l="$library" '$1 == l { print $NF; exit }')
            dpkg-query -S "$(readlink -f "$path")" "$path" "${path#/usr}" "/usr$path" 2>/dev/null | sed 's/:.*//' | plain_names | sort -u >owners
            [ -s owners ] || continue # a library that belongs to no package
            grep -qx 'libc6\?' owners || grep -qxFf owners run-packages || echo "$program needs $library of $(paste -sd ' ' owners)"
        done
    done | sort -u >lacking
    grep -q 'libasan\|libubsan\|libtsan' lacking || [ ! -s lacking ] || { fail "elbow.def: the second stage lacks:"; cat lacking; }
else
    echo "skip: no dpkg-query or no readelf: the packages that the programs need were not compared"
fi
awk '/^%files$/ { inside = 1; next } /^%/ { inside = 0 } inside && NF { print $1 }' "$definition" | while read -r file; do
    [ -e "$source_directory/$file" ] || echo "$file"
done >absent
[ ! -s absent ] || fail "elbow.def copies missing files: $(cat absent)"
finish
