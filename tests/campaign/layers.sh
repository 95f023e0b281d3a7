# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2034,SC2154 # variables go from there to here, and back
# The layers of a random configuration, for configuration.sh. `layers` is the list so far; h, w and c are
# what comes out of it, or for a decoder's end what goes in.

draw_activation() { pick none relu leaky_relu tanh sigmoid softplus silu gelu elu hard_tanh; }

# A convolution: sets kind, kernel, stride, padding, extra (its output_padding).
draw_convolution() {
    pick conv2d conv2d conv_transpose2d
    kind=$REPLY extra=0
    pick 1 2 3 3 3 4 5
    kernel=$REPLY
    pick 1 1 1 2 2 3
    stride=$REPLY
    pick 0 0 1 1 2
    padding=$REPLY
    if [ "$kind" = conv_transpose2d ] && chance 30; then draw "$stride" && extra=$REPLY; fi
}

# side_after SIDE, side_before SIDE: REPLY is the other end of the convolution, or 0. Not all numbers come out of strides.
side_after() {
    if [ "$kind" = conv_transpose2d ]; then
        REPLY=$((stride * ($1 - 1) + kernel - 2 * padding + extra))
    else
        REPLY=$(($1 + 2 * padding - kernel))
        if [ $REPLY -lt 0 ]; then REPLY=0; else REPLY=$((REPLY / stride + 1)); fi
    fi
    if [ $REPLY -lt 0 ]; then REPLY=0; fi
}
side_before() {
    if [ "$kind" = conv2d ]; then
        REPLY=$((stride * ($1 - 1) + kernel - 2 * padding))
    else
        REPLY=$(($1 - extra + 2 * padding - kernel))
        if [ $REPLY -lt 0 ] || [ $((REPLY % stride)) != 0 ]; then REPLY=0; else REPLY=$((REPLY / stride + 1)); fi
    fi
    if [ $REPLY -lt 0 ]; then REPLY=0; fi
}

# fit_convolution after|before: draws until one fits h x w, and gives sides of 1 to 16; then h and w are those. False if none did.
fit_convolution() {
    local attempt high
    for ((attempt = 0; attempt < 12; attempt++)); do
        draw_convolution
        "side_$1" "$h"
        high=$REPLY
        "side_$1" "$w"
        if [ "$high" -ge 1 ] && [ "$high" -le 16 ] && [ "$REPLY" -ge 1 ] && [ "$REPLY" -le 16 ]; then
            h=$high w=$REPLY
            return 0
        fi
    done
    return 1
}

# tell_convolution FILTERS ACTIVATION: REPLY is the layer as a configuration has it.
tell_convolution() {
    REPLY="$kind: {filters: $1, kernel: $kernel"
    if [ "$stride" != 1 ] || chance 30; then REPLY+=", stride: $stride"; fi
    if [ "$padding" != 0 ] || chance 30; then REPLY+=", padding: $padding"; fi
    if [ "$extra" != 0 ]; then REPLY+=", output_padding: $extra"; fi
    REPLY+=", activation: $2}"
}

draw_filters() { pick 1 2 3 4 5 8 16 17; }

append_dense() { # UNITS
    draw_activation
    layers+=("dense: {units: $1, activation: $REPLY}")
    h=1 w=1 c=$1
}
append_some_dense() {
    if [ $((h * w * c)) -gt 600 ]; then pick 1 2 5 16 17; elif [ -n "$is_wide" ]; then pick 150 200 260 300; else pick 1 2 3 5 8 16 17 33 64 100 130; fi
    append_dense "$REPLY"
}

# append_layers COUNT: dense layers, and convolutions where the data are images.
append_layers() {
    local number filters activation
    for ((number = 0; number < $1; number++)); do
        if [ -n "$is_image" ] && chance 60 && fit_convolution after; then
            draw_filters && filters=$REPLY
            draw_activation && activation=$REPLY
            tell_convolution "$filters" "$activation"
            layers+=("$REPLY")
            c=$filters
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
    layers=() h=$height w=$width c=$channels
    pick 0 1 1 2 2 3
    append_layers "$REPLY"
    tell_layers encoder
}

# The convolutions that a decoder ends in, from the data backwards: sets `tail`; h x w is what the first of them takes.
draw_tail() {
    local number count filters=$channels activation=none
    tail=() h=$height w=$width
    pick 1 1 2 2 3
    count=$REPLY
    for ((number = 0; number < count; number++)); do
        fit_convolution before || return 0
        tell_convolution "$filters" "$activation"
        tail=("$REPLY" "${tail[@]}")
        draw_filters && filters=$REPLY
        draw_activation && activation=$REPLY
    done
}

# Ends in a dense layer, or in convolutions that give the data, before which a dense layer or z itself is reshaped.
draw_decoder() {
    local places filters
    layers=() tail=()
    if [ -n "$is_image" ] && chance 60; then draw_tail; fi
    places=$((h * w)) h=1 w=1 c=$latent
    if [ ${#tail[@]} = 0 ]; then
        pick 0 1 1 2
        append_layers "$REPLY"
        if [ ${#layers[@]} -gt 0 ] && [[ ${layers[-1]} != dense* ]]; then append_some_dense; fi
    elif [ "$places" -le 20 ] && chance 30; then
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
