#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Manual pages: one for the program, each command and each tool, with the words of the help and without warnings of man and
# mandoc. Bash completion: its words compared with the help and the keys.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
pages=$build/pages
[ -d "$pages" ] || skip "this build makes no manual pages (ELBOW_PAGES is off)"

mapfile -t commands < <("$elbow" --help | sed -nE '/^commands:/,/^$/s/^  ([a-z]+) .*/\1/p')
[ "${#commands[@]}" -ge 8 ] || fail "elbow --help lists only ${commands[*]}"
for name in elbow "${commands[@]/#/elbow-}" elbow-import elbow-shapes; do
    [ -s "$pages/man1/$name.1" ] || fail "there is no $name.1"
done
[ "$(find "$pages/man1" -name 'elbow-*.1' | wc -l)" = "$(($(find "$build" -maxdepth 1 -name 'elbow-*' -type f -perm -u+x \
    ! -name 'elbow-test-*' ! -name elbow-pages | wc -l) + ${#commands[@]}))" ] || fail "a tool has no page, or a page no tool"

# The text that the reader sees, with single blanks and without added hyphens.
plain() { grep -v '^\.' "$1" | sed -E 's/\\f[BIR]//g; s/\\&//g; s/\\-/-/g; s/\\e/\\/g' | tr -s ' \n' ' '; }

# same_words NAME HELP: every line of a help with words is in the page.
same_words() {
    plain "$pages/man1/$1.1" >page
    tr -s ' ' <"$2" | sed -nE 's/^ //; s/^usage: //; /^([a-z ]+:|.{0,4})$/d; p' >lines
    [ -s lines ] || fail "$1: no help"
    while read -r line; do
        # The two sides of an entry are on two lines in the page; plain joins them with a blank.
        grep -qF -- "$line" page || fail "$1.1 lacks: $line"
    done <lines
}
for command in "${commands[@]}"; do
    "$elbow" "$command" --help >help
    same_words "elbow-$command" help
done
"$elbow" --help >help
same_words elbow help
for page in "$pages"/man1/elbow-*.1; do
    tool=$(basename "$page" .1)
    [ -x "$build/$tool" ] || continue # the page of a command
    "$build/$tool" --help >help
    same_words "$tool" help
done

if command -v man >/dev/null; then
    for page in "$pages"/man1/*.1; do
        man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null | head -n 3 >words
        [ ! -s words ] || fail "man: ${page##*/}: $(cat words)"
    done
fi
if command -v mandoc >/dev/null; then
    mandoc -T lint "$pages"/man1/*.1 >words || true
    [ ! -s words ] || { fail "mandoc -T lint:"; head -n 5 words; }
fi
command -v man >/dev/null || command -v mandoc >/dev/null || echo "skip: neither man nor mandoc is installed: no page was looked over"

# Completion. offers LINE: bash's completions at the end of the line.
touch one.yaml two.h5
mkdir -p folder runs.yaml.d
# shellcheck disable=SC2016 # for the inner shell
offers() {
    bash --norc -c '. "$1" && COMP_LINE=$2 COMP_POINT=${#2} && "$(complete -p "${2%% *}" | sed -E "s/.*-F ([^ ]+).*/\1/")" "${2%% *}" && printf "%s\n" "${COMPREPLY[@]}"' \
        - "$pages/completions/elbow" "$1" 2>offers.err | sed '/^$/d' | sort
    [ ! -s offers.err ] || fail "completion of '$1' says $(cat offers.err)"
}
# offered LINE WORD...: exactly these words.
offered() {
    local line=$1
    shift
    offers "$line" >offers.out
    diff offers.out <([ $# = 0 ] || printf '%s\n' "$@" | sort) >difference || { fail "completion of '$line':"; cat difference; }
}
offered 'elbow ' "${commands[@]}" help --help --version
offered 'elbow tra' train traverse
offered 'elbow help enc' encode
for command in "${commands[@]}"; do
    "$elbow" "$command" --help | grep -oE '^ .{5}--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u >flags
    offers "elbow $command -" | sed 's/=.*//' | sort -u | diff - flags >difference || { fail "options of $command:"; cat difference; }
done
offered 'elbow train --res' --resume --resume=auto
offered 'elbow train --resume=a' auto
offered 'elbow train ' one.yaml folder runs.yaml.d
offered 'elbow train one' one.yaml
offered 'elbow train one.yaml --run-dir f' folder
offered 'elbow train one.yaml --run-dir=f' folder
offered 'elbow info t' two.h5
offered 'elbow sample x -o t' two.h5
offered 'elbow sample x -n '
offered 'elbow train one.yaml --set train.ep' train.epochs= train.epsilon=
offered 'elbow train one.yaml --set=train.ep' train.epochs= train.epsilon=
offered 'elbow train one.yaml --set train.epochs='
PATH=$build:$PATH offered 'elbow-shapes --se' --seed
offered 'elbow-import t' two.h5
"$elbow" config --explain | sed -nE '/^[A-Z]/q; s/^([a-z_.0-9]+): .*/\1=/p' | sort >keys
[ "$(wc -l <keys)" -gt 40 ] || fail "config --explain prints $(wc -l <keys) keys"
offers 'elbow config x --set ' | diff - keys >difference || { fail "keys:"; cat difference; }
finish
