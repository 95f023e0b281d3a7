# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Shared by tools/quickstart and tools/check: packages, builds, ranks. Sets root to the top of the tree.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '%s\n' "$*"; }
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

has_package() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# as_root COMMAND...: runs it directly as root, otherwise through sudo if that needs no password.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}
may_install() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }

# first_of CONDITION ENTRY: the first alternative of the entry whose packages all fulfil the condition; false if none does.
first_of() {
    local condition=$1 alternative package alternatives
    IFS='|' read -r -a alternatives <<<"${2#\?}"
    for alternative in "${alternatives[@]}"; do
        for package in ${alternative//+/ }; do
            "$condition" "$package" || continue 2
        done
        printf '%s\n' "${alternative//+/ }"
        return 0
    done
    return 1
}
can_be_had() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'; }

# install_missing ENTRY...: an entry is a package, or alternatives, of which the first available one is installed: a|b means a or
# b, a+b|c means both a and b, or c. ?ENTRY is left out if it is not available. Without the right to install, the packages are
# listed, and the build uses the existing ones (modules, Spack). Without dpkg, CMake lists what it does not find.
install_missing() {
    command -v dpkg-query >/dev/null || return 0
    local entry log missing=() required=() wanted=()
    for entry in "$@"; do
        if first_of has_package "$entry" >/dev/null; then continue; fi
        missing+=("$entry")
        if [ "${entry#\?}" = "$entry" ]; then required+=("$entry"); fi
    done
    if [ ${#missing[@]} = 0 ]; then return 0; fi
    if ! may_install; then
        if [ ${#required[@]} != 0 ]; then say "packages are missing: sudo apt-get install $(choose "${required[@]}")"; fi
        return 0
    fi
    log=$(mktemp)
    as_root apt-get -q -o DPkg::Lock::Timeout=300 update >"$log" 2>&1 || true # an old list may suffice: the install decides
    read -r -a wanted <<<"$(choose "${missing[@]}")"
    if [ ${#wanted[@]} -gt 0 ]; then
        say "installing ${wanted[*]}"
        if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install \
            --no-install-recommends "${wanted[@]}" >>"$log" 2>&1; then
            tail -n 20 "$log" >&2
            die "apt-get could not install ${wanted[*]} (log: $log)"
        fi
    fi
    rm -f "$log"
}

# choose ENTRY...: the packages to install for the entries. If no alternative of an entry is available, its first one is chosen,
# so that apt-get reports it.
choose() {
    local entry found chosen=()
    for entry in "$@"; do
        if found=$(first_of can_be_had "$entry"); then
            chosen+=("$found")
        elif [ "${entry#\?}" = "$entry" ]; then
            entry=${entry%%|*}
            chosen+=("${entry//+/ }")
        fi
    done
    echo "${chosen[*]}"
}

install_for_build() {
    install_missing build-essential cmake 'pkg-config|pkgconf' openmpi-bin libopenmpi-dev libopenblas-dev \
        'libhdf5-openmpi-dev|libhdf5-dev' librandom123-dev libyaml-dev libpng-dev libcairo2-dev zlib1g-dev libsleef-dev libxxhash-dev \
        libzip-dev libjpeg-dev libtiff-dev "$@"
}
# Clang, libFuzzer and Clang's OpenMP must have the same version.
install_for_check() {
    install_for_build git ninja-build check libjansson-dev shellcheck hdf5-tools man-db procps '?mandoc' '?strace' \
        '?clang-format-14' '?clang-tidy-14' '?cppcheck' \
        '?clang-14+libclang-rt-14-dev+libomp-14-dev|clang+libclang-rt-dev+libomp-dev'
}
# For a Slurm and several hosts on this machine. The packages may start their own munge; the tests use another one.
install_for_cluster() { install_missing slurm-wlm munge iproute2; }

cores() { nproc 2>/dev/null || echo 1; }

# build KIND OPTION...: configures build/KIND with the preset of that name (with Ninja if it is installed; an existing build
# directory keeps its generator) and builds it, or only the targets in the array `targets`; the output goes to build/KIND.log.
targets=()
build() {
    local kind=$1 generator='Unix Makefiles'
    shift
    if command -v ninja >/dev/null; then generator=Ninja; fi
    if [ -e "$root/build/$kind/CMakeCache.txt" ]; then
        generator=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$root/build/$kind/CMakeCache.txt")
    fi
    mkdir -p "$root/build"
    (cd "$root" && cmake --preset "$kind" -G "$generator" "$@" &&
        cmake --build "build/$kind" --parallel "$(cores)" ${targets:+--target "${targets[@]}"}) >"$root/build/$kind.log" 2>&1
}

# Open MPI refuses to run as root without these two variables; other users must not have them.
allow_root_mpi() {
    if [ "$(id -u)" = 0 ]; then
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    fi
}
