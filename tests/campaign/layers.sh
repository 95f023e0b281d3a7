# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2034,SC2154 # variables go from there to here, and back
# The layers of a random configuration, for configuration.sh. `layers` is the list so far; `sides` (one of a series, two of an
# image, three of a volume, none of other rows) and c are the shape of its output, or for a decoder's end that of its input.

draw_activation() { # [but WORD]
    words_of layer.dense.activation
    # A few layers of exp overflow.
    if chance 97; then words=("${words[@]/exp/tanh}"); fi
    pick "${words[@]}"
}

# product NUMBER...: REPLY
product() {
    local number
    REPLY=1
    for number; do REPLY=$((REPLY * number)); done
}

# A convolution: sets kind, kernel, stride, padding, extra (its output_padding).
draw_convolution() {
    pick conv conv conv_transpose
    kind=$REPLY extra=0
    pick 1 2 3 3 3 4 5
    kernel=$REPLY
    pick 1 1 1 2 2 3
    stride=$REPLY
    pick 0 0 1 1 2
    padding=$REPLY
    if [ "$kind" = conv_transpose ] && chance 30; then draw "$stride" && extra=$REPLY; fi
}

# side_after SIDE, side_before SIDE: REPLY is the other end of the convolution, or 0, because strides do not give all numbers.
side_after() {
    if [ "$kind" = conv_transpose ]; then
        REPLY=$((stride * ($1 - 1) + kernel - 2 * padding + extra))
    else
        REPLY=$(($1 + 2 * padding - kernel))
        if [ $REPLY -lt 0 ]; then REPLY=0; else REPLY=$((REPLY / stride + 1)); fi
    fi
    if [ $REPLY -lt 0 ]; then REPLY=0; fi
}
side_before() {
    if [ "$kind" = conv ]; then
        REPLY=$((stride * ($1 - 1) + kernel - 2 * padding))
    else
        REPLY=$(($1 - extra + 2 * padding - kernel))
        if [ $REPLY -lt 0 ] || [ $((REPLY % stride)) != 0 ]; then REPLY=0; else REPLY=$((REPLY / stride + 1)); fi
    fi
    if [ $REPLY -lt 0 ]; then REPLY=0; fi
}

# fit_convolution after|before: draws until one fits the sides, and gives sides of 1 to 16; then sets `sides` to those. False if
# none did.
fit_convolution() {
    local attempt side found
    for ((attempt = 0; attempt < 12; attempt++)); do
        draw_convolution
        found=()
        for side in "${sides[@]}"; do
            "side_$1" "$side"
            if [ "$REPLY" -lt 1 ] || [ "$REPLY" -gt 16 ]; then continue 2; fi
            found+=("$REPLY")
        done
        sides=("${found[@]}")
        return 0
    done
    return 1
}

# tell_convolution FILTERS ACTIVATION: REPLY is the layer as a configuration has it.
tell_convolution() {
    REPLY="$kind${#sides[@]}d: {filters: $1, kernel: $kernel"
    if [ "$stride" != 1 ] || chance 30; then REPLY+=", stride: $stride"; fi
    if [ "$padding" != 0 ] || chance 30; then REPLY+=", padding: $padding"; fi
    if [ "$extra" != 0 ]; then REPLY+=", output_padding: $extra"; fi
    REPLY+=", activation: $2}"
}

draw_filters() { pick 1 2 3 4 5 8 16 17; }

# flat UNITS: the output is one place.
flat() {
    local place
    is_flat=1 c=$1
    for place in "${!sides[@]}"; do sides[place]=1; done
}

append_dense() { # UNITS
    draw_activation
    REPLY="dense: {units: $1, activation: $REPLY}"
    if chance 15; then draw_kind gated layer "units: $1"; fi
    layers+=("$REPLY")
    flat "$1"
}
append_some_dense() {
    product "${sides[@]}" "$c"
    if [ "$REPLY" -gt 600 ]; then pick 1 2 5 16 17; elif [ -n "$is_wide" ]; then pick 150 200 260 300; else pick 1 2 3 5 8 16 17 33 64 100 130; fi
    append_dense "$REPLY"
}

append_convolution() {
    local filters
    draw_filters && filters=$REPLY
    draw_activation
    tell_convolution "$filters" "$REPLY"
    layers+=("$REPLY")
    c=$filters
}

# append_window: a pool or an upsample of places, if one fits.
append_window() {
    local kind size=2 stride=2 place sides_after=()
    pick pool upsample
    kind=$REPLY
    pick 2 2 3 && size=$REPLY
    pick 1 2 && stride=$REPLY
    for place in "${sides[@]}"; do
        if [ "$kind" = upsample ]; then
            REPLY=$((place * size))
        elif [ "$place" = 1 ]; then
            REPLY=1
        else
            REPLY=$(((place - size) / stride + (place >= size ? 1 : 0)))
        fi
        if [ "$REPLY" -lt 1 ] || [ "$REPLY" -gt 16 ]; then return 0; fi
        sides_after+=("$REPLY")
    done
    sides=("${sides_after[@]}")
    if [ "$kind" = upsample ]; then REPLY="upsample: {factor: $size}"; else draw_kind pool layer "size: $size" "stride: $stride"; fi
    layers+=("$REPLY")
}

# tell_same: REPLY is a layer whose output has the shape of its input: any kind that is not known to change it. The first of them
# may be in any place.
tell_same() {
    local kinds=()
    layer_kinds
    for REPLY in "${words[@]}"; do
        case $REPLY in
        dense | gated | conv* | pool | upsample | residual) ;;
        *) kinds+=("$REPLY") ;;
        esac
    done
    pick "${kinds[@]}"
    draw_kind "$REPLY" layer
}

# append_residual: around a dense layer or a convolution, and layers that keep the shape.
append_residual() {
    local inner
    if [ -z "$is_flat" ] && chance 60; then
        pick conv conv_transpose && kind=$REPLY kernel=3 stride=1 padding=1 extra=0
        inner=${#layers[@]}
        append_convolution
        REPLY=${layers[inner]}
        unset "layers[inner]"
    else
        pick "$c" 3 17
        append_dense "$REPLY"
        REPLY=${layers[-1]}
        unset "layers[-1]"
    fi
    inner=$REPLY
    if chance 50; then tell_same && inner+=", $REPLY"; fi
    if chance 15; then inner="residual: [$inner]"; fi
    layers+=("residual: [$inner]")
}

# append_layers COUNT: dense layers, convolutions if the data have places, and others.
append_layers() {
    local number
    for ((number = 0; number < $1; number++)); do
        if chance 15; then
            append_residual
        elif chance 20; then
            tell_same && layers+=("$REPLY")
        elif [ -z "$is_flat" ] && chance 20; then
            append_window
        elif [ -n "$has_places" ] && chance 60 && fit_convolution after; then
            append_convolution
        else
            append_some_dense
        fi
    done
}

# tell_layers KEY
tell_layers() {
    local IFS=,
    echo "  $1: [${layers[*]}]"
}

draw_encoder() {
    layers=() sides=("${data_sides[@]}") c=$channels is_flat=''
    if [ -z "$has_places" ]; then is_flat=1; fi
    pick 0 1 1 2 2 3
    append_layers "$REPLY"
    tell_layers encoder
}

# The convolutions at the end of a decoder, from the data backwards: sets `tail`; `sides` are those of the input of the first one.
draw_tail() {
    local number count filters=$((channels * outputs)) activation=none
    tail=() sides=("${data_sides[@]}")
    pick 1 1 2 2 3
    count=$REPLY
    for ((number = 0; number < count; number++)); do
        fit_convolution before || return 0
        tell_convolution "$filters" "$activation"
        tail=("$REPLY" "${tail[@]}")
        if chance 20; then tell_same && tail=("$REPLY" "${tail[@]}"); fi
        draw_filters && filters=$REPLY
        draw_activation && activation=$REPLY
    done
}

# Ends in a dense layer, or in convolutions that give the data, before which a dense layer or z itself is reshaped.
draw_decoder() {
    local places filters
    layers=() tail=() sides=("${data_sides[@]}")
    if [ -n "$has_places" ] && chance 60; then draw_tail; fi
    product "${sides[@]}" && places=$REPLY
    flat "$latent"
    if [ ${#tail[@]} = 0 ]; then
        pick 0 1 1 2
        append_layers "$REPLY"
        if [ ${#layers[@]} -gt 0 ] && [[ ${layers[-1]} == conv* ]]; then append_some_dense; fi
    elif [ "$places" -le 20 ] && [[ ${tail[0]} == conv* ]] && chance 30; then
        pick 1 2
        latent=$((places * REPLY))
    else
        pick 0 0 1
        append_layers "$REPLY"
        pick 1 2 3 5
        append_dense $((places * REPLY))
    fi
    layers+=("${tail[@]}")
    tell_layers decoder
}
