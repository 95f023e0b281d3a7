#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tools/lib/lint, reflow, analyze and coverage: allowed text passes, each excess is reported in a sentence, and an allowance never
# grows.
set -u
tools=$(cd "$(dirname "$0")/../.." && pwd)/tools/lib
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v git >/dev/null || { echo "skip: there is no git"; exit 77; }
failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}
export HOME=$work GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
commit() { git add -A && git commit -q --allow-empty -m "$1"; }

# finds SENTENCE WHAT: the lint fails with it; passes: it does not fail.
finds() { if "$tools/lint" . >../said; then fail "$2 is not found"; else grep -qE -- "$1" ../said || fail "$2: $(cat ../said)"; fi; }
passes() { "$tools/lint" . >../said || fail "$1: $(cat ../said)"; }

mkdir -p "$work/tree"/{docs,include/elbow/base,src/base,tools/lib}
cd "$work/tree" || exit 1
git init -q .
long=$(printf 'word %.0s' {1..30})
accents=$(printf 'é %.0s' {1..50})
printf '%s\n' '# rows' 'messages shelf 3' >tools/lib/lint.allowed
printf '%s\n' "# $long" "| $long |" '```' "$long" '```' "    $long" "$accents" "They are told apart." "- x${long// /x}" >docs/fine.md
echo '// Prints the number of slopes_of.' >include/elbow/base/text.h
echo 'int shelf(void); // the shelf of a comment' >src/base/text.c
commit "A first commit"
passes "a tree without a fault"

echo "$long" >docs/wide.md
finds '^docs: width: 1 times, and 0 are allowed' "a wide line"
grep -q 'docs/wide.md:1' ../said || fail "the place of a wide line: $(cat ../said)"
echo 'What it TELLS you, and tells again' >docs/wide.md
finds '^docs: tell: 2 times' "a word in a document"
rm docs/wide.md
echo '// Returns how many there are.' >include/elbow/base/word.h
finds '^headers: how many: 1 times' "a word in a header"
rm include/elbow/base/word.h
echo 'const char *text = "a \"shelf\" of files";' >src/base/word.c
passes "a word that is allowed"
echo 'const char *more = "shelf, shelf, shelf";' >>src/base/word.c
finds '^messages: shelf: 4 times, and 3 are allowed' "a word in a message"
sed -i 2d src/base/word.c

# Versions.
# shellcheck disable=SC2016 # of CMake
printf '%s\n' 'project(elbow VERSION 1.2.3 LANGUAGES C)' 'set(ELBOW_VERSION ${PROJECT_VERSION}-dev) # what' >CMakeLists.txt
echo 'version: 1.2.3-dev' >CITATION.cff
printf '%s\n' '# Changelog' '' '## 1.2.3-dev (2026-01-01)' '## 1.2.2' >CHANGELOG.md
passes "versions that agree"
echo 'version: 1.2.3' >CITATION.cff
finds '^CITATION.cff: its version is not 1.2.3-dev' "another version in CITATION.cff"
echo 'version: 1.2.3-dev' >CITATION.cff
echo '## 1.2.2' >CHANGELOG.md
finds '^CHANGELOG.md: the newest section is not that of 1.2.3-dev' "another version in CHANGELOG.md"
rm CMakeLists.txt CITATION.cff CHANGELOG.md

# A wrapped document has the same words and no wide line.
words_of() { tr ' ' '\n' <"$1" | grep .; }
# shellcheck disable=SC2016 # Markdown
span='`a code span with blanks in it`'
printf '%s\n' "- $long" "  $span - and more" '' "| $long |" '```' "$long" '```' >docs/wrap.md
words_of docs/wrap.md >../words
"$tools/reflow" docs/wrap.md docs/fine.md
words_of docs/wrap.md | cmp - ../words || fail "wrapping changes words"
grep -qF "$span" docs/wrap.md || fail "a code span was broken"
git diff --quiet || fail "wrapping changes narrow lines"
passes "a document that was wrapped"
rm docs/wrap.md

# An allowance that falls and never rises.
"$tools/lint" --tighten . >/dev/null || fail "--tighten fails"
grep -qx 'messages shelf 1' tools/lib/lint.allowed || fail "--tighten: $(cat tools/lib/lint.allowed)"
commit "Allow one"
echo 'docs tell 9' >>tools/lib/lint.allowed
commit "Allow ten"
finds 'must not grow' "an allowance that grew"
git reset -q --hard HEAD~1
commit "$(printf 'x%.0s' {1..61})"
finds '^commits: subject: 1 times' "a long subject"

# Warnings of a build, each once.
cat >../log <<'LOG'
/elsewhere/a.c:1:2: warning: not ours [-Wconversion]
/elsewhere/a.c:1:2: warning: not ours [-Wconversion]
src/base/text.c:3:4: warning: leak of 'p' [CWE-401] [-Wanalyzer-malloc-leak]
LOG
printf '%s\n' '-Wconversion 1' '-Wanalyzer-malloc-leak 1' >tools/lib/analyze.allowed
"$tools/analyze" . ../log >../said || fail "warnings that are allowed: $(cat ../said)"
sed -i 's/leak 1/leak 0/' tools/lib/analyze.allowed
if "$tools/analyze" . ../log >../said; then fail "a warning too many is not found"; fi
grep -q 'src/base/text.c:3:4' ../said || fail "the place of a warning: $(cat ../said)"

# Executed lines, and MPI tests, of a room with one file.
if command -v gcc >/dev/null && command -v gcov >/dev/null; then
    objects=../build/CMakeFiles/elbow_base.dir/src/base
    mkdir -p "$objects" tests/mpi tests/support
    printf '%s\n' 'int half(int x);' 'int half(int x)' '{' '    if (x > 0)' '        return 1;' '    return 2;' '}' >src/base/half.c
    printf '%s\n' 'int half(int x);' 'int main(void)' '{' '    return half(1) - 1;' '}' >main.c
    echo '#include "elbow/base/text.h"' >tests/support/fixture.h
    printf '%s\n' '#include "fixture.h"' 'START_TEST(one)' 'START_TEST(two)' >tests/mpi/test_one.c
    gcc --coverage -c "$PWD/src/base/half.c" -o "$objects/half.c.o" && gcc --coverage main.c "$objects/half.c.o" -o ../half && ../half
    printf '%s\n' '# floors' 'base 70 2' >tools/lib/coverage.floors
    "$tools/coverage" . ../build >../said || fail "a room above its floors: $(cat ../said)"
    grep -qE '^base +4 +75\.0 +70 +2 +2$' ../said || fail "the row of a room: $(cat ../said)"
    grep -qx '    half.c 75' ../said || fail "the row of a file: $(cat ../said)"
    printf '%s\n' '# floors' 'base 76 3' >tools/lib/coverage.floors
    if "$tools/coverage" . ../build >../said; then fail "a room beneath its floors is not found"; fi
    grep -qx 'base: 75.0 % of its lines are run; the floor is 76 %' ../said || fail "too few lines: $(cat ../said)"
    grep -qx 'base: has 2 MPI tests; the floor is 3' ../said || fail "too few MPI tests: $(cat ../said)"
    printf '%s\n' '# floors' 'base 60 1' >tools/lib/coverage.floors
    "$tools/coverage" --raise . ../build >/dev/null || fail "--raise fails"
    grep -qx 'base 75 2' tools/lib/coverage.floors || fail "--raise: $(cat tools/lib/coverage.floors)"
else
    echo "skip: there is no gcc with gcov: lines were not counted"
fi
[ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
