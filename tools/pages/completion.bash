# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Bash completion for elbow and its tools. The build puts the tables of the program in front of it:
#   _elbow_commands          the commands
#   _elbow_keys              the keys of configurations, each with its '='
#   _elbow_options[train]    a command's options
#   _elbow_kinds["train --set"], _elbow_kinds["train"]: what the value of an option, or the plain word, is: file, directory,
#                            config, key, or number (nothing to offer)
# shellcheck disable=SC2154 # the tables

# _elbow_files KIND WORD: the files (config: YAML files alone) and directories that the word may become.
_elbow_files() {
    compopt -o filenames 2>/dev/null
    case $1 in
    file) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
    directory) mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
    config) mapfile -t COMPREPLY < <({ compgen -f -X '!*.y*ml' -- "$2"; compgen -d -- "$2"; } | sort -u) ;;
    esac
}

# _elbow_words LIST WORD
_elbow_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2"); }

# _elbow_cut LINE: into words, anew, for bash cuts at '=' and ':', too.
_elbow_cut() {
    read -ra words <<<"$1"
    case $1 in *[[:space:]] | '') words+=('') ;; esac
}

# _elbow_strip WORD: what bash has cut off at '=' or ':' stays as it is.
_elbow_strip() {
    local kept=${1%"${1##*[=:]}"} i
    for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$kept"}; done
}

_elbow() {
    local words cur option command kind
    _elbow_cut "${COMP_LINE:0:COMP_POINT}"
    cur=${words[-1]} command=${words[1]}
    COMPREPLY=()
    if [ ${#words[@]} -le 2 ]; then
        _elbow_words "$_elbow_commands help --help --version" "$cur"
        return
    fi
    option=${words[-2]}
    case $cur in --*=*) option=${cur%%=*} ;; esac
    kind=${_elbow_kinds["$command $option"]-}
    if [ -n "$kind" ]; then
        case $cur in --*=*) cur=${cur#*=} ;; esac
    elif [ "$command" = help ]; then
        kind='command'
    elif [ "${cur#-}" = "$cur" ]; then
        kind=${_elbow_kinds["$command"]-}
    fi
    case $kind in
    number) ;;
    command) _elbow_words "$_elbow_commands" "$cur" ;;
    key)
        compopt -o nospace 2>/dev/null
        _elbow_words "$_elbow_keys" "$cur"
        ;;
    file | directory | config) _elbow_files "$kind" "$cur" ;;
    *) _elbow_words "${_elbow_options["$command"]-} --help" "$cur" ;;
    esac
    _elbow_strip "$cur"
}

# The tools tell their options themselves.
_elbow_tool() {
    local words
    _elbow_cut "${COMP_LINE:0:COMP_POINT}"
    COMPREPLY=()
    case ${words[-1]} in
    -*) _elbow_words "$("$1" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)" "${words[-1]}" ;;
    *) _elbow_files file "${words[-1]}" ;;
    esac
}

complete -F _elbow elbow
complete -F _elbow_tool elbow-import elbow-shapes elbow-scaling
