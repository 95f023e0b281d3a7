# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Numbers from a seed, for the campaigns. To be sourced. `state` determines the next number.

state=0
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
# between LEAST MOST: REPLY is a number in [LEAST, MOST].
between() {
    draw $(($2 - $1 + 1))
    REPLY=$((REPLY + $1))
}
# chance PERCENT: true with this probability. Does not change REPLY.
chance() {
    local kept=${REPLY:-} drawn
    draw 100
    drawn=$REPLY REPLY=$kept
    [ "$drawn" -lt "$1" ]
}
# sow SEED: neighbouring seeds give independent numbers.
sow() {
    state=$(($1 + 1))
    state=$(((state ^ (state >> 30 & 0x3ffffffff)) * -4658895280553007687))
    state=$(((state ^ (state >> 27 & 0x1fffffffff)) * -7723592293110705685))
    state=$((state ^ (state >> 31 & 0x1ffffffff)))
}
