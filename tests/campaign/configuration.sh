# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2034,SC2154 # variables go from there to here, and to the campaign
# A random configuration with its data: a small, short run that may use any documented feature. One function for each part.
# To be sourced after draw.sh and the system tests' lib.sh, in the directory for data and configuration.
#
# draw_configuration writes case.yaml, data.h5 and perhaps other.h5, and sets
#   likelihood, layout, channels, latent          values on which the parts must agree
#   rows, valid_rows, batch, microbatch, steps    of samples; valid_rows is 0 without validation data
#   selection                                     the rows of the file that are the samples: all, rows, share, groups or parts
#   microbatches                                  of a full batch: the largest number of ranks
#   arguments                                     those that spoil the configuration, if any

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/tables.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/layers.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/data.sh"

# option PERCENT KEY VALUE...: in this percentage of configurations, a line of the section with one of the values.
option() {
    local percent=$1 key=$2
    shift 2
    if chance "$percent"; then pick "$@" && echo "  $key: $REPLY"; fi
}

# --- The model

# tell_kind KEY KIND [OPTION: VALUE]...: a line of the section `model`, with some of the kind's options.
tell_kind() {
    local key=$1 kind=$2
    shift 2
    draw_kind "$kind" "model.$key" "$@"
    if [[ $REPLY == *:* ]]; then REPLY="{$REPLY}"; fi
    echo "  $key: $REPLY"
}

# draw_input: the encoder's input, if it is not just the scored values.
draw_input() {
    local parts=() kind
    if [ -n "$is_masked" ] && [ "$prior" != vamp ] && chance 50; then parts+=("mask: true"); fi
    if chance 15; then
        words_of model.input.corrupt
        pick "${words[@]}" && kind=$REPLY
        draw_kind "$kind" model.input.corrupt
        if [[ $REPLY == *:* ]]; then REPLY="{$REPLY}"; fi
        parts+=("corrupt: $REPLY")
    fi
    if chance 15 && [[ ${lines[*]} != *binarize* ]]; then
        words_of model.input.transform
        # Logarithms are for amounts.
        if [ -n "$is_real" ]; then words=("${words[@]/log1p/asinh}"); fi
        pick "${words[@]}" && parts+=("transform: $REPLY")
    fi
    local IFS=,
    if [ ${#parts[@]} -gt 0 ]; then echo "  input: {${parts[*]}}"; fi
}

# draw_condition: the parts of the model that take the condition.
draw_condition() {
    local fixed=()
    if [ "$prior" != standard ] || [ "$posterior" = deterministic ]; then fixed=(prior:); fi
    if [ "$prior" = vamp ]; then fixed+=("encoder: false"); fi # pseudo-inputs consist of values only
    drawn='encoder: false decoder: false'
    # Without encoder and decoder a prior must take the condition, and every_layer has no effect.
    while [[ $drawn == *'encoder: false'*'decoder: false'* && ($drawn != *'prior: true'* || $drawn == *'every_layer: true'*) ]]; do
        draw_kind condition model "${fixed[@]}"
    done
    if [[ $REPLY != *:* ]]; then return; fi
    echo "  $REPLY"
    if [[ $drawn == *'prior: true'* ]]; then prior=conditional; fi
}

draw_model() {
    echo "model:"
    pick 1 2 3 3 5 8 16 17
    latent=$REPLY
    draw_encoder
    draw_decoder
    echo "  latent: $latent"
    printf '  %s\n' "${likelihood_lines[@]}"
    posterior=diagonal prior=standard
    if chance 15; then
        words_of model.posterior
        pick "${words[@]}" && posterior=$REPLY
        if [ "$posterior" = deterministic ]; then tell_kind posterior "$posterior"; fi
        if [ "$posterior" != deterministic ]; then # the minimum must be below the maximum
            pick least_log_variance: "least_log_variance: -0.6"
            tell_kind posterior "$posterior" "$REPLY"
        fi
    fi
    if [ "$posterior" != deterministic ] && chance 20; then
        words_of model.prior
        pick "${words[@]}" && prior=$REPLY
        if [ "$prior $posterior" = "vamp full" ]; then prior=standard; fi # components are diagonal
        tell_kind prior "$prior"
    fi
    draw_input
    if [ -n "$is_conditional" ]; then draw_condition; fi
    option 40 output_bias zero data
    option 40 initializer auto glorot he
}

# --- Training

# The keys of version 0.1, or their successors.
draw_objective() {
    local parts=()
    if [ "$posterior" = deterministic ]; then return; fi
    echo "objective:"
    option 20 draws 1 2 3 7
    if [ "$prior" != conditional ] && chance 15; then # no part of that bound can be weighted
        draw_kind importance objective.bound
        if [[ $REPLY == *:* ]]; then REPLY="{$REPLY}"; fi
        echo "  bound: $REPLY"
        return
    fi
    if [ "$prior" != standard ]; then # whose KL may not be split by dimension
        option 40 beta 0 0.5 2 4.0
        option 40 warmup 0 1 3 7 1000
        return
    fi
    if chance 15; then
        pick mmd dip
        if [ "$posterior" = full ]; then REPLY=mmd; fi # dip and parts need plain variances
        draw_kind "$REPLY" objective.penalty
        echo "  penalty: [$REPLY]"
    fi
    if chance 60; then
        option 40 beta 0 0.5 2 4.0
        option 40 warmup 0 1 3 7 1000
        option 40 free_bits 0 0.05 0.5 3
    elif chance 30; then
        draw_kind parts objective.kl
        if [ "$posterior" = full ] || chance 50; then draw_kind capacity objective.kl "steps: 7"; fi
        if [[ $REPLY == *:* ]]; then REPLY="{$REPLY}"; fi
        echo "  kl: $REPLY"
    else
        if chance 50; then pick 0 0.5 2 && parts+=("weight: $REPLY"); fi
        if chance 60; then
            pick 1 3 7
            draw_kind linear objective.kl.ramp "steps: $REPLY"
            if chance 50; then draw_kind cyclical objective.kl.ramp "steps: 7"; fi
            parts+=("ramp: {$REPLY}")
        fi
        if chance 50; then draw_kind free objective.kl "nats: 0.05" && parts+=("$REPLY"); fi
        local IFS=,
        if [ ${#parts[@]} -gt 0 ]; then echo "  kl: {${parts[*]}}"; fi
    fi
}

# Rows and their batches: mostly several microbatches per batch, with remainders; sometimes a batch larger than all data. A few
# models are wide, so that threads have work to share.
draw_portions() {
    is_wide=''
    if chance 8; then
        is_wide=1
        pick 32 40 48 && microbatch=$REPLY
        between 2 5 && microbatches=$REPLY
    else
        pick 1 1 2 3 4 4 5 7 8 9 16 && microbatch=$REPLY
        pick 1 2 2 3 3 4 4 5 5 6 7 8 11 16 && microbatches=$REPLY
    fi
    draw "$microbatch"
    batch=$((microbatch * microbatches - REPLY))
    if [ "$microbatches" = 1 ]; then microbatch=$batch; fi
    pick less equal more more more more
    case $REPLY in
    less)
        between 1 "$batch"
        rows=$REPLY
        microbatches=$(((rows + microbatch - 1) / microbatch))
        ;;
    equal) rows=$batch ;;
    more)
        between 1 $((3 * batch))
        rows=$((batch + REPLY))
        ;;
    esac
    # The default, which is the batch for small batches.
    default_microbatch=''
    if [ "$batch" -le 64 ] && chance 4; then default_microbatch=1 microbatch=$batch microbatches=1; fi
}

# Length of the run: sets steps, at most 16.
draw_length() {
    local size=$((rows < batch ? rows : batch)) epochs
    local of_epoch=$(((rows + size - 1) / size))
    pick 0 1 2 3 4 6
    epochs=$REPLY steps=$((REPLY * of_epoch))
    if [ $steps = 0 ] || [ $steps -gt 16 ] || chance 20; then
        between 1 16
        if [ $steps = 0 ] || [ "$REPLY" -lt $steps ]; then steps=$REPLY; fi
        echo "  steps: $REPLY"
    fi
    echo "  epochs: $epochs"
}

# draw_rate RATE...: a few runs overflow. Pieces have rates of their own.
draw_rate() {
    if [ "$schedule" = pieces ]; then return; fi
    if chance 4; then echo "  rate: 1e30"; else option 80 rate "$@"; fi
}

draw_optimizer() {
    pick adam adam adamw sgd rmsprop '{rmsprop: {rho: 0.99, momentum: 0.5}}'
    echo "  optimizer: $REPLY"
    if [ "$REPLY" = sgd ]; then
        option 60 momentum 0 0.5 0.99
        draw_rate 1e-5 1e-4 1e-3
    else
        option 20 beta1 0 0.5 0.99
        option 20 beta2 0 0.9 0.99
        option 20 epsilon 1e-8 1e-3 1
        option 20 second_moment 0 0.01 1
        draw_rate 1e-4 1e-2 0.1
    fi
    option 30 weight_decay 0 0.01 0.5
    option 40 clip 0 0.1 1 30
    option 20 average 0 0.5 0.99
}

draw_schedule() {
    if [ "$schedule" = pieces ]; then
        echo "  schedule: {pieces: {rates: [[1, 1e-3], [2, 1e-5]]}}"
    else
        echo "  schedule: $schedule"
    fi
    case $schedule in
    cosine)
        between 1 5
        echo "  schedule_epochs: $REPLY"
        option 50 rate_final 0 0.1 1
        ;;
    step)
        between 1 4
        echo "  step_every: $REPLY"
        option 50 step_factor 0.01 0.5 1
        ;;
    esac
    option 40 rate_warmup 0 1 3 20
}

draw_train() {
    echo "train:"
    echo "  batch: $batch"
    if [ -z "$default_microbatch" ]; then echo "  microbatch: $microbatch"; fi
    draw_length
    pick constant constant cosine step pieces && schedule=$REPLY
    draw_optimizer
    draw_schedule
    option 30 on_nan skip stop
    if [ "$valid_rows" -gt 0 ]; then option 15 patience 1 2; fi
}

# Outputs, and their steps.
draw_outputs() {
    echo "eval:"
    if [ "$valid_rows" -gt 0 ]; then option 60 every epoch 1 2 3 5; fi
    echo "log:"
    option 80 every 1 1 2 3 5
    echo "checkpoint:"
    option 60 every 0 1 2 3 5
    option 60 keep 1 2 3 9
    option 40 best true false
    echo "samples:"
    option 60 every 0 1 2 4
    option 60 count 0 1 3 5 9
}

# --- What is not to be taken, mostly: one argument that spoils the configuration. Some change nothing in some configurations.
draw_spoil() {
    arguments=()
    if ! chance 10; then return; fi
    pick train.epoch=3 train.rate=-1 train.microbatch=16777216 model.likelihood=normal model.learn_variance=true \
        data.train=/absent data.file=absent.h5 data.train=/poison data.train=/beyond data.valid=/narrow data.valid=/poison \
        data.labels=/narrow 'model.encoder=[conv2d: {filters: 2, kernel: 30}]' \
        'model.decoder=[dense: {units: 7}, conv_transpose2d: {filters: 1, kernel: 2}]' \
        'train={schedule: step, step_every: 0}' 'train={epochs: 0, steps: 0}' 'data.shape=[7, 13]' \
        'train={patience: 2, batch: 3, microbatch: 7}'
    arguments=(--set "$REPLY")
    case $REPLY in
    */poison)
        between 0 $((rows - 1))
        "$make_data" write data.h5 /poison f32 "$file_rows,$row_shape" unit "set=nan@$REPLY,0" chunk=1
        ;;
    */beyond) "$make_data" write data.h5 /beyond f64 "$file_rows,$row_shape" normal chunk=1 factor=0.3 offset=0.5 ;;
    */narrow) "$make_data" write data.h5 /narrow f32 "$file_rows,3,5,2" unit ;;
    esac
}

# draw_order: sets `order`.
draw_order() {
    order=full
    if ! chance 40; then return; fi
    pick segments windows windows && order=$REPLY
    echo "  order: $order"
    if chance 70; then pick 1 2 3 5 8 17 && echo "  page_rows: $REPLY"; fi
    if [ "$order" = windows ] && chance 80; then pick 1 1 2 3 7 && echo "  window_pages: $REPLY"; fi
}

# draw_place: the place of the rows in a start; the possible places depend on `order`.
draw_place() {
    if [ "$order" = full ] || grep -q "^  synthetic:" case.yaml || ! chance 60; then return; fi
    if [ "$order" = segments ]; then setting 100 data.access resident shard shard; else setting 100 data.access resident shard stream stream; fi
}

draw_configuration() {
    if [ ${#keys[@]} = 0 ]; then read_tables; fi
    draw_portions
    {
        pick 0 1 2 77 4294967296 9223372036854775807
        echo "seed: $REPLY"
        draw_data
        draw_model
        draw_objective
        draw_train
        draw_outputs
    } >case.yaml
    draw_spoil
}
