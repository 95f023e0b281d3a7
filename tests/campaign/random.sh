# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Numbers from a seed, which is set in `state` before this is sourced.

# draw N: REPLY is a number in [0, N).
draw() {
    state=$((state * 6364136223846793005 + 1442695040888963407))
    REPLY=$(((state >> 33 & 0x7fffffff) % $1))
}
# pick WORD...: REPLY is one of them.
pick() {
    draw $#
    shift "$REPLY"
    REPLY=$1
}
draw 2 # small seeds begin alike
