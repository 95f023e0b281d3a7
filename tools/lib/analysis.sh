# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Steps of tools/check that find faults without running the program, and those of its long form.
# shellcheck disable=SC2154,SC2034 # root and quick are those of tools/check; targets is read by build

# analysis_run: clang-tidy and cppcheck at the lowest priority, in the background, because they change no counts. They need
# compile_commands.json and the generated headers of the release build.
analysis_run() {
    local status changed=()
    renice -n 19 "$BASHPID" >/dev/null
    if [ -n "$quick" ]; then
        mapfile -t changed < <(cd "$root" && git diff --name-only --diff-filter=d HEAD~1 -- '*.c' 2>/dev/null)
        changed+=(none) # without a file it would check every one
    fi
    status=0
    "$root/tools/lib/tidy" "$root" "$root/build/release" "${changed[@]}" >"$root/build/clang-tidy.log" 2>&1 || status=$?
    echo "$status" >"$root/build/clang-tidy.status"
    status=0
    "$root/tools/lib/cppcheck" "$root" "$root/build/release" >"$root/build/cppcheck.log" 2>&1 || status=$?
    echo "$status" >"$root/build/cppcheck.status"
}

analysis_report() {
    local tool
    for tool in clang-tidy cppcheck; do
        case $(cat "$root/build/$tool.status") in
        0) pass ;;
        77) skip "$(sed -n 's/^skip: //p' "$root/build/$tool.log")" ;;
        *)
            fail "$tool (log: build/$tool.log)"
            head -n 40 "$root/build/$tool.log"
            ;;
        esac
    done
}

# clang_step: unit tests of a build by Clang.
clang_step() {
    local clang
    clang=$(command -v clang-14 || command -v clang || true)
    if [ -z "$clang" ]; then
        skip "the build by Clang: not installed"
    elif build_step clang -DCMAKE_C_COMPILER="$clang"; then
        test_step clang -R '^(unit_|conformance_)'
    fi
}

# floors_step NAME COMMAND...: a command that prints a table and exits with 1 if a figure is below its floor.
floors_step() {
    local name=$1 status=0
    shift
    "$@" >"$root/build/$name.table" 2>&1 || status=$?
    cat "$root/build/$name.table"
    case $status in
    0) pass ;;
    77) skip "$(sed -n 's/^skip: //p' "$root/build/$name.table")" ;;
    *) fail "$name: see the table" ;;
    esac
}

coverage_step() {
    if ! build_step coverage; then return; fi
    find "$root/build/coverage" -name '*.gcda' -delete
    test_step coverage -R '^(unit_|conformance_|mpi_.*_3$)'
    floors_step lines "$root/tools/lib/coverage" "$root" "$root/build/coverage"
}

# analyze_step: the warnings of a build of its own.
analyze_step() {
    rm -rf "$root/build/analyze" # a file that is already built does not warn again
    targets=(elbow elbow-import elbow-shapes elbow-scaling elbow-figures)
    if build analyze; then
        floors_step analyze "$root/tools/lib/analyze" "$root" "$root/build/analyze.log"
    else
        fail "the analyze build (log: build/analyze.log)"
    fi
}
