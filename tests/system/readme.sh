#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A newcomer copies every line of the README's shell blocks, one after the other, into a shell: none fails, and git sees no new
# file. Three kinds of lines are inspected but not run: the two commands and the build, of which this test is a part, and lines
# for Slurm. Trainings are made shorter.
set -u
source_directory=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
readme=$source_directory/README.md
export HOME=$work/home
# A machine with one core has one slot.
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe

# The top of a clone with a build.
mkdir clone home
cd clone || exit 1
for entry in configs docs jobs tools CMakePresets.json; do ln -s "$source_directory/$entry" .; done
mkdir build
ln -s "$build" build/release

# known COMMAND: it exists; for commands that are not run.
known() {
    local word words
    read -r -a words <<<"${1%%#*}"
    case ${words[0]} in
    tools/*) [ -x "${words[0]}" ] || fail "README: $1: there is no ${words[0]}" ;;
    sbatch)
        for word in "${words[@]:1}"; do
            [ -e "$word" ] || fail "README: $1: there is no $word"
        done
        ;;
    cmake)
        [ "${words[1]}" != --preset ] || grep -q "\"name\": \"${words[2]}\"" CMakePresets.json || fail "README: $1: there is no preset ${words[2]}"
        ;;
    esac
}

awk '/^```/ { inside = $0 == "```sh"; next } inside' "$readme" >lines
[ "$(wc -l <lines)" -ge 20 ] || fail "the README has $(wc -l <lines) lines of code only"
mapfile -t text <lines
ran=0
for ((i = 0; i < ${#text[@]}; i++)); do
    line=${text[i]}
    [ -n "$line" ] || continue
    case $line in tools/* | sbatch\ * | 'cmake --preset '*) known "$line" && continue ;; esac
    # A quotation or a text that continues on the next lines.
    until bash -n <<<"$line" 2>syntax && [ ! -s syntax ]; do
        i=$((i + 1))
        [ "$i" -lt ${#text[@]} ] || { fail "README: never ends: $line"; break; }
        line+=$'\n'${text[i]}
    done
    line=${line/elbow train configs\/shapes.yaml/elbow train configs/shapes.yaml --set train.steps=6 --set samples.every=3}
    line=${line/--set train.epochs=20/--set train.steps=6}
    ran=$((ran + 1))
    # In one shell after the other: exported variables are passed on.
    case $line in
    export\ * | if\ *) eval "$line" || fail "README: $line" ;;
    *)
        timeout -k 5 "$limit" bash -c "$line" >said 2>&1 </dev/null || {
            fail "README: status $?: $line"
            tail -n 5 said
        }
        ;;
    esac
done
[ "$ran" -ge 12 ] || fail "only $ran lines of the README were run"
for result in data/first.h5 runs/first/checkpoints runs/samples.png runs/latents.h5 "$HOME/.local/bin/elbow"; do
    [ -e "$result" ] || fail "README: no line has made $result"
done
rm -f lines said syntax
left=$(find . -mindepth 1 -maxdepth 1 ! -type l -printf '/%f/\n' | grep -vxFf <(sed 's/^\/build\*/\/build/' "$source_directory/.gitignore"))
[ -z "$left" ] || fail "README: git would see $left"

# Every option in the table of the commands exists.
commands=$source_directory/docs/reference/commands.md
# shellcheck disable=SC2016 # the quotes are the document's
sed -nE 's/^\| `elbow ([a-z]+) ([^`]*)`.*/\1 \2/p' "$commands" |
    awk '{ for (i = 2; i <= NF; i++) if (match($i, /-+[a-zA-Z]+/)) print $1, substr($i, RSTART, RLENGTH) }' >options
[ "$(wc -l <options)" -ge 40 ] || fail "the table of the commands has $(wc -l <options) options only"
while read -r command option; do
    "$elbow" "$command" --help 2>&1 | grep -qE -- "(^|[ ,])$option\b" || fail "docs/reference/commands.md: elbow $command has no $option"
done <options

# The page of troubles quotes messages of the program: each must be in the sources, with strings over several lines joined.
find "$source_directory/src" -name '*.c' -exec cat {} + | tr '\n' ' ' | sed -E 's/" +"//g' >literals
# shellcheck disable=SC2016
sed -nE 's/^Look for: `(.*)`$/\1/p' "$source_directory/docs/howto/troubleshooting.md" >looks
[ "$(wc -l <looks)" -ge 6 ] || fail "the page of troubles has $(wc -l <looks) messages only"
while read -r look; do
    grep -qF -- "$look" literals || fail "docs/howto/troubleshooting.md: the program has no message with '$look'"
done <looks
finish
