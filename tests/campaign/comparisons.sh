# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2034,SC2154 # variables go from there to here, and back
# The comparisons of tests/campaign/exact: of the run on one rank, in `reference`, with the current one, in `run`.

# same_checkpoints WHAT: those of `run` are the reference's, or, at other steps, those of runs that stop there.
same_checkpoints() {
    local file step last
    newest reference && last=$REPLY
    newest run
    if [ "$REPLY" != "$last" ] && { [ "$stops" = 0 ] || [ "${ends[-1]}" = 0 ]; }; then
        fail "$1: the last checkpoint is of step $REPLY, on one rank of step $last"
    fi
    for file in run/checkpoints/step-*.h5; do
        if [ ! -e "$file" ]; then continue; fi
        step=${file##*/step-}
        step=$((10#${step%.h5}))
        reference_of "$step"
        same_file "$1" "$REPLY" "$file"
    done
    if [ "$(readlink reference/checkpoints/best.h5)" != "$(readlink run/checkpoints/best.h5)" ]; then
        fail "$1: best.h5 is $(readlink run/checkpoints/best.h5), on one rank $(readlink reference/checkpoints/best.h5)"
    fi
}

# same_names WHAT FOLDER: the folder has the same files in both runs.
same_names() {
    if diff <(cd reference && find "$2" 2>&1 | sort) <(cd run && find "$2" 2>&1 | sort) >names; then return; fi
    fail "$1: $2 of one rank and of this run hold other files: $(tr '\n' ' ' <names)"
}

# same_result WHAT: compares everything in `run` and `reference` that does not depend on time or place.
same_result() {
    local file
    same_metrics "$1" reference/metrics.csv run/metrics.csv
    if [ -e reference/kl.csv ] || [ -e run/kl.csv ]; then same_file "$1" reference/kl.csv run/kl.csv; fi # no posterior, no KL
    same_names "$1" samples
    for file in reference/samples/*; do
        if [ -e "$file" ]; then same_file "$1" "$file" "run/samples/${file##*/}"; fi
    done
    if [ "$stops" = 0 ]; then same_names "$1" checkpoints; fi
    same_checkpoints "$1"
    file=$(find run -name '*.part' -o -name '.elbow-*' -o -name lock)
    if [ -n "$file" ]; then fail "$1: left behind: $file"; fi
}

# compare_refusals: a spoilt configuration, and no other, is refused by one sentence, which does not depend on the ranks, and
# leaves no files.
compare_refusals() {
    local number words=$last_words
    refused=$((refused + 1))
    if [ ${#arguments[@]} = 0 ]; then fail "refused, though nothing spoils it: $words"; fi
    if [ "$(grep -c . <<<"$words")" != 1 ]; then fail "not one sentence: '$words'"; fi
    if [ "${ends[0]}" != 1 ] && [ "${ends[0]}" != 2 ]; then fail "refused with status ${ends[0]}"; fi
    for number in 1 2; do
        draw_ranks $((microbatches < 5 ? microbatches : 5))
        signal='' environment=()
        train
        sentences
        if [ "$status" != "${ends[0]}" ]; then fail "refused with status $status on $ranks ranks, ${ends[0]} on one"; fi
        if [ "$REPLY" != "$words" ]; then fail "refused with '$REPLY' on $ranks ranks, with '$words' on one"; fi
        if [ -e run ]; then fail "refused on $ranks ranks, but there is a run directory" && rm -r run; fi
    done
}

# compare_crowd: more ranks than microbatches are refused, in the same way.
compare_crowd() {
    if [ "$microbatches" -gt 4 ] || [ ${#arguments[@]} -gt 0 ] || [ "$selection" = groups ] || ! chance 15; then return; fi
    between $((microbatches + 1)) 5
    ranks=$REPLY signal='' environment=()
    train
    sentences
    if [ "$status" != 2 ] || [[ $REPLY != "elbow: a batch of $((batch < rows ? batch : rows)) has only $microbatches microbatch"*" of "* ]]; then
        fail "$ranks ranks for $microbatches microbatches: status $status, '$REPLY'"
    fi
    if [ -e run ]; then fail "$ranks ranks for $microbatches microbatches: there is a run directory" && rm -r run; fi
}

# draw_tool: sets `tool`, a command on the reference, and its output file, if any.
draw_tool() {
    file=''
    pick eval eval encode sample reconstruct
    tool=("$REPLY" reference)
    case $REPLY in
    eval) tool+=(--json) ;;
    encode) file=out.h5 ;;
    *) pick png h5 csv && file=out.$REPLY ;;
    esac
    if [ -n "$file" ]; then tool+=(-o "$file"); fi
    case ${tool[0]} in
    eval | encode) if chance 50; then pick 1 2 7 30 && tool+=(--importance "$REPLY"); fi ;;
    *)
        if chance 60; then pick 1 2 5 17 && tool+=(-n "$REPLY"); fi
        if chance 40; then draw 5 && tool+=(--seed "$REPLY"); fi
        if chance 40; then tool+=(--draw); fi
        if [ "${tool[0]}" = reconstruct ] && chance 20; then draw "$rows" && tool+=(--first "$REPLY"); fi
        ;;
    esac
    if [ -e reference/checkpoints/best.h5 ] && chance 30; then tool+=(--best); fi
    if [ "${tool[0]}" != sample ] && [ -e data.h5 ] && chance 20; then tool+=(--data data.h5:/train); fi
}

# compare_tools: compares the results of another command on the reference, on one rank and on several.
compare_tools() {
    local tool file one what
    newest reference
    if [ "$REPLY" = 0 ]; then return; fi
    draw_tool
    signal='' environment=()
    rm -f out.h5 out.png out.csv
    launch 1 "${tool[@]}"
    one=$status
    sentences
    last_words=$REPLY
    mv out one.out
    if [ -n "$file" ] && [ -e "$file" ]; then mv "$file" "one.$file"; fi
    between 2 5 && ranks=$REPLY
    if chance 10; then environment=(OMP_NUM_THREADS=3 OPENBLAS_NUM_THREADS=2); fi
    launch "$ranks" "${tool[@]}"
    what="${tool[*]} on $ranks ranks"
    sentences
    tools=$((tools + 1))
    if [ "$status" != "$one" ] || [ "$REPLY" != "$last_words" ]; then
        fail "$what: status $status, '$REPLY'; on one rank $one, '$last_words'"
    elif [ "$one" = 0 ] && [ -n "$file" ]; then
        same_file "$what" "one.$file" "$file"
    elif [ "$one" = 0 ]; then
        same_file "$what" one.out out
    fi
}

# differs: checks that another seed gives another checkpoint and another table, so that the comparison can fail.
differs() {
    local before=$failures
    stops=0 signal='' environment=()
    plainly --set seed=12345
    same_file seed "reference/checkpoints/$(printf 'step-%08d.h5' "$first_end")" "run/checkpoints/$(printf 'step-%08d.h5' "$first_end")" >noise
    same_metrics seed reference/metrics.csv run/metrics.csv >>noise
    rm -r run
    if [ "$failures" != $((before + 2)) ]; then
        failures=$before
        fail "a run with another seed is the same"
    fi
    failures=$before
}
