# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2034,SC2154 # variables go from there to here, and to the campaign
# A random configuration with its data: a small, short run that may have anything that the documents promise. One function
# for each part. To be sourced after draw.sh and the system tests' lib.sh, in the directory where data and configuration go.
#
# draw_configuration writes case.yaml, data.h5 and perhaps other.h5, and sets
#   likelihood, height, width, channels, latent   what the parts must agree on
#   rows, valid_rows, batch, microbatch, steps    valid_rows is 0 without validation data
#   microbatches                                  of a full batch: as many ranks there may be
#   arguments                                     what spoils the configuration, if anything does

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/layers.sh"

# option PERCENT KEY VALUE...: in so many of a hundred configurations a line of the section, with one of the values.
option() {
    local percent=$1 key=$2
    shift 2
    if chance "$percent"; then pick "$@" && echo "  $key: $REPLY"; fi
}

# --- Data

# What a sample is: sets height, width, channels, is_image, `stored` (the dimensions behind the rows) and `shape` (the key).
draw_shape() {
    local kind
    pick 1 2 3 4 5 6 7 8 9 12
    height=$REPLY
    pick 1 2 3 4 5 6 7 8 9 11
    width=$REPLY
    pick 1 1 1 3
    channels=$REPLY shape='' is_image=1
    pick values images images images images flat
    kind=$REPLY
    case $kind in
    values)
        pick 1 2 3 7 11 16 17 30 40 64 100
        channels=$REPLY height=1 width=1 is_image='' stored=$channels
        ;;
    images) stored=$height,$width ;;
    flat) stored=$((height * width * channels)) shape="[$height, $width]" ;;
    esac
    if [ $((height * width)) = 1 ]; then is_image=''; fi
    case $kind-$channels in
    images-3) stored+=,3 ;;
    images-1) if chance 30; then stored+=,1; fi ;;
    flat-3) shape="[$height, $width, 3]" ;;
    esac
}

# How values are stored and scaled: sets `scaling` (factor and offset keys) and `kinds`, any of which the likelihood can take:
# type, pattern, attributes.
draw_scaling() {
    scaling=() kinds=("u8 bits" "i8 bits" "u32 bits" "i64 bits" "f32 bits" "f64 unit" "f32 unit")
    case $likelihood in
    gaussian)
        kinds+=("f32 normal" "f64 normal" "f32 normal factor=3 offset=-1" "i16 bytes factor=0.0078125 offset=-1" "u8 bytes")
        if chance 30; then scaling=("factor: 0.5" "offset: -0.25"); fi
        ;;
    bernoulli)
        if chance 20; then
            scaling=("factor: 0.5" "offset: 0.25")
        else
            kinds+=("u8 bytes" "u8 bytes" "u8 bytes" "i16 bytes factor=0.00390625" "i64 bytes factor=0.00390625")
        fi
        ;;
    esac
}

# keep_kinds: those that go with the one just written. Its scaling holds for the validation data, too, and attributes that say
# another one are refused.
keep_kinds() {
    case $kind in
    *bits) kinds=("u8 bits" "i8 bits" "u32 bits" "i64 bits" "f32 bits" "f32 unit" "f64 unit") ;;
    *) kinds=("$kind") ;;
    esac
}

# write_dataset FILE DATASET ROWS: of one of the kinds, in chunks of some height or in one piece. Sets kind.
write_dataset() {
    local options
    pick "${kinds[@]}"
    kind=$REPLY
    read -ra options <<<"$kind"
    options=("${options[0]}" "$3,$stored" "${options[@]:1}")
    draw 1000
    options+=("seed=$REPLY")
    if chance 50; then
        between 1 "$3"
        options+=("chunk=$REPLY")
        if chance 50; then options+=("deflate=4"); fi
    fi
    "$make_data" write "$1" "$2" "${options[@]}"
}

write_labels() {
    pick u8 i8 i64 u32
    "$make_data" write data.h5 "$1" "$REPLY" "$2" labels
}

draw_valid() {
    local file=data.h5 name=/valid
    valid_rows=0
    if ! chance 70; then return; fi
    if chance 15; then
        valid_rows=$rows name=/train
    else
        pick 1 2 7 16 40 65 130
        valid_rows=$REPLY
        if chance 30; then file=other.h5; fi
        write_dataset $file /valid "$valid_rows"
    fi
    if [ $file = data.h5 ]; then echo "  valid: $name"; else echo "  valid: other.h5:/valid"; fi
    if chance 30; then write_labels /valid_labels "$valid_rows" && echo "  valid_labels: /valid_labels"; fi
}

draw_data() {
    draw_shape
    draw_scaling
    echo "data:"
    valid_rows=0
    if [ -n "$is_image" ] && chance 10; then
        if [ "$channels" = 1 ]; then REPLY="[$height, $width]"; else REPLY="[$height, $width, 3]"; fi
        echo "  synthetic: $rows" && echo "  shape: $REPLY"
    else
        write_dataset data.h5 /train "$rows"
        keep_kinds
        echo "  file: data.h5" && echo "  train: /train"
        if [ -n "$shape" ]; then echo "  shape: $shape"; fi
        draw_valid
        if chance 20; then write_labels /labels "$rows" && echo "  labels: /labels"; fi
        if [ ${#scaling[@]} -gt 0 ]; then printf '  %s\n' "${scaling[@]}"; fi
    fi
    if [ "$likelihood" = bernoulli ]; then
        option 50 binarize none threshold sample sample
        option 20 threshold 0.1 0.5 0.7
    fi
}

# --- The model

draw_model() {
    echo "model:"
    pick 1 2 3 3 5 8 16 17
    latent=$REPLY h=1 w=1
    draw_encoder
    draw_decoder
    echo "  latent: $latent"
    echo "  likelihood: $likelihood"
    if [ "$likelihood" = gaussian ]; then
        option 40 variance 0.1 0.3 2
        option 50 learn_variance true false
    fi
    option 40 output_bias zero data
    option 40 initializer auto glorot he
}

# --- Training

draw_objective() {
    echo "objective:"
    option 40 beta 0 0.5 2 4.0
    option 40 warmup 0 1 3 7 1000
    option 40 free_bits 0 0.05 0.5 3
}

# Rows, and how they are cut: mostly several microbatches to a batch, with rests; sometimes a batch larger than all data. A few
# models are wide: then threads have something to share.
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
    # Left to the default, which is the batch for the small ones.
    default_microbatch=''
    if [ "$batch" -le 64 ] && chance 4; then default_microbatch=1 microbatch=$batch microbatches=1; fi
}

# How long: sets steps, 16 at most.
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

# draw_rate RATE...: a few runs leave the numbers that can be written.
draw_rate() {
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
        draw_rate 1e-4 1e-2 0.1
    fi
    option 30 weight_decay 0 0.01 0.5
    option 40 clip 0 0.1 1 30
}

draw_schedule() {
    pick constant constant cosine step
    echo "  schedule: $REPLY"
    case $REPLY in
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
    draw_optimizer
    draw_schedule
    option 30 on_nan skip stop
    if [ "$valid_rows" -gt 0 ]; then option 15 patience 1 2; fi
}

# What is written down, and when.
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
        "$make_data" write data.h5 /poison f32 "$rows,$stored" unit "set=nan@$REPLY,0" chunk=1
        ;;
    */beyond) "$make_data" write data.h5 /beyond f64 "$rows,$stored" normal chunk=1 factor=0.3 offset=0.5 ;;
    */narrow) "$make_data" write data.h5 /narrow f32 "$rows,3,5,2" unit ;;
    esac
}

draw_configuration() {
    pick bernoulli bernoulli gaussian
    likelihood=$REPLY
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
