# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# The program's own tables, for configuration.sh: `elbow config --explain` prints each key and its values. New kinds and options
# are therefore drawn without a change here. The options of a layer `dense` have keys such as layer.dense.units.

: "${elbow:?the program, of tests/system/lib.sh}"
keys=()
declare -A choices
read_tables() {
    local line section='' key
    while IFS= read -r line; do
        case $line in
        'Options of a layer `- '*)
            line=${line#*- }
            section=layer.${line%%:*}.
            ;;
        ' '*) ;;
        *': '*)
            key=$section${line%%: *}
            keys+=("$key")
            choices[$key]=${line#*: }
            ;;
        esac
    done < <("$elbow" config --explain)
    if [ ${#keys[@]} -lt 50 ]; then fail "elbow config --explain tells only ${#keys[@]} keys"; fi
}

# words_of KEY: sets `words` to those that it takes; false if it takes others.
words=()
words_of() {
    local text=${choices[$1]:-}
    if [[ $text != 'one of '* ]]; then return 1; fi
    text=${text#one of }
    IFS=', ' read -ra words <<<"${text%%;*}"
}

# layer_kinds: sets `words` to all kinds of layers.
layer_kinds() {
    local key
    words=()
    for key in "${keys[@]}"; do
        if [[ $key != layer.* ]]; then continue; fi
        key=${key#layer.}
        if [[ " ${words[*]} " != *" ${key%%.*} "* ]]; then words+=("${key%%.*}"); fi
    done
}

# sample_of TEXT: REPLY is a value as in the text, or empty if it has none that can be drawn.
sample_of() {
    local least most
    case $1 in
    'a number') pick -0.5 0.3 ;;
    'a number above 0 and'*) pick 0.01 0.5 0.9 ;;
    'a number above 0') pick 0.1 0.5 2 ;;
    'a number of at least 0 and'*) pick 0 0.3 0.9 ;;
    'a number of at least 0') pick 0 0.1 2 ;;
    'a whole number from '*)
        read -r least _ most <<<"${1#a whole number from }"
        between "$least" $((most - least > 7 ? least + 7 : most))
        ;;
    '{'*' START}') REPLY=${1/START/0.5} ;;
    'true or false') pick true false ;;
    *[!a-z_0-9]* | null) REPLY='' ;;
    *) REPLY=$1 ;;
    esac
}

# draw_choice KEY: REPLY is one of its values; false if it has none that can be drawn.
draw_choice() {
    local text part parts=() found=()
    if words_of "$1"; then pick "${words[@]}" && return; fi
    text=${choices[$1]:-}
    while [ -n "$text" ]; do
        part=${text%%, *} text=${text#"$part"}
        text=${text#, }
        parts+=("${part%%;*}")
        if [[ $part == *';'* ]]; then break; fi
    done
    for part in "${parts[@]}"; do
        sample_of "${part#or }"
        if [ -n "$REPLY" ]; then found+=("$REPLY"); fi
    done
    if [ ${#found[@]} = 0 ]; then REPLY='' && return 1; fi
    pick "${found[@]}"
}

# draw_kind KIND PREFIX [OPTION: VALUE]...: REPLY is the kind as a configuration has it, with some of the options at PREFIX.KIND
# and the given ones, which may be left out with `OPTION:`. `drawn` is all drawn options, as in " variance: optimal floor: 0.5 ".
drawn=' '
draw_kind() {
    local kind=$1 prefix=$2.$1. key name told options=()
    shift 2
    drawn=' '
    for told; do
        if [ -n "${told#*: }" ] && [ "${told%:}" = "$told" ]; then options+=("$told") && drawn+="$told "; fi
    done
    for key in "${keys[@]}"; do
        name=${key#"$prefix"}
        if [ "$name" = "$key" ] || [[ $name == *.* ]]; then continue; fi
        for told; do if [[ $told == "$name:"* ]]; then continue 2; fi; done
        if [[ ${choices[$key]} != *'must be given'* ]] && chance 50; then continue; fi
        if draw_choice "$key"; then options+=("$name: $REPLY") && drawn+="$name: $REPLY "; fi
    done
    local IFS=,
    REPLY=$kind
    if [ ${#options[@]} -gt 0 ]; then REPLY="$kind: {${options[*]}}"; fi
}
