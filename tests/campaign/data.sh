# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2034,SC2154 # variables go from there to here, and back
# The likelihood and the data of a random configuration, for configuration.sh: a likelihood with options, values that suit it,
# and the selection of stored rows and columns.

# --- Likelihoods

# draw_support LIKELIHOOD: sets `kinds` (type, pattern, attributes: values that suit it), `scaling` (keys of `data`), `told`
# (options that follow from the values) and is_real, which densities of any value are.
draw_support() {
    scaling=() told=() is_real=''
    local bits=("u8 bits" "i8 bits" "u32 bits" "i64 bits" "f32 bits")
    local counts=("u8 counts" "i16 counts" "u32 counts" "i64 counts" "f32 counts" "f64 counts")
    case $1 in
    gaussian | laplace | student_t)
        is_real=1
        kinds=("${bits[@]}" "${counts[@]}" "f64 unit" "f32 unit" "f32 normal" "f64 normal" "f32 normal" "f64 normal" "f32 normal factor=3 offset=-1"
            "i16 bytes factor=0.0078125 offset=-1" "u8 bytes")
        if chance 30; then scaling=("factor: 0.5" "offset: -0.25"); fi
        ;;
    bernoulli)
        kinds=("${bits[@]}" "f64 unit" "f32 unit")
        if chance 20; then
            scaling=("factor: 0.5" "offset: 0.25")
        else
            kinds+=("u8 bytes" "u8 bytes" "u8 bytes" "i16 bytes factor=0.00390625" "i64 bytes factor=0.00390625")
        fi
        ;;
    continuous_bernoulli) kinds=("f64 unit" "f32 unit" "u8 bytes") ;;
    poisson | negative_binomial | zero_inflated_negative_binomial) kinds=("u8 bits" "u8 bytes" "${counts[@]}") ;;
    binomial)
        pick 7 8 30
        told=("n: $REPLY") kinds=("${counts[@]}")
        ;;
    categorical)
        pick 8 9
        told=("classes: $REPLY") kinds=("${counts[@]}")
        ;;
    discretized_logistic)
        pick 8 16 256
        told=("levels: $REPLY") kinds=("${counts[@]}")
        if [ "$REPLY" = 256 ]; then kinds+=("u8 bytes" "i16 bytes"); fi
        ;;
    *) fail "tests/campaign/data.sh: which values suit a likelihood $1?" && kinds=("u8 bits") ;;
    esac
}

# count_outputs: sets outputs, of the decoder for each value.
count_outputs() {
    local rest=${drawn//: predicted/}
    outputs=$((1 + (${#drawn} - ${#rest}) / 11))
    case $likelihood in
    zero_inflated_negative_binomial) outputs=$((outputs + 1)) ;;
    categorical) outputs=${told[0]#classes: } ;;
    esac
}

# A likelihood with options: sets likelihood and likelihood_lines, as the section `model` has it.
draw_likelihood() {
    words_of model.likelihood
    # Version 0.1 had two, whose rules about pictures and binarisation matter most.
    pick "${words[@]}" bernoulli bernoulli bernoulli gaussian gaussian gaussian
    likelihood=$REPLY
    draw_support "$likelihood"
    likelihood_lines=("likelihood: $likelihood") drawn=' ' outputs=1
    if [ "$likelihood" = gaussian ] && chance 30; then
        if chance 60; then pick 0.1 0.3 2 && likelihood_lines+=("variance: $REPLY"); fi
        if chance 60; then pick true false && likelihood_lines+=("learn_variance: $REPLY"); fi
        return
    fi
    case $likelihood in
    # A value that excludes all other options.
    gaussian)
        draw_choice model.likelihood.gaussian.variance
        told=("variance: $REPLY")
        case $REPLY in
        optimal | per_value | predicted) told+=("start:") ;;
        *) told+=("start:" "floor:") ;;
        esac
        ;;
    *negative_binomial) draw_choice "model.likelihood.$likelihood.size" && told+=("size: $REPLY") ;;
    esac
    draw_kind "$likelihood" model.likelihood "${told[@]}"
    if [[ $REPLY == *:* ]]; then REPLY="{$REPLY}"; fi
    likelihood_lines=("likelihood: $REPLY")
    count_outputs
}

# draw_parts: instead, sometimes, likelihoods of columns. The values are bits, which suit all of them.
draw_parts() {
    local first=0 last parts=() names=(bernoulli gaussian poisson laplace student_t negative_binomial)
    if [ "$layout" != values ] || [ "$channels" -lt 3 ] || ! chance 25; then return; fi
    while [ $first -lt "$channels" ]; do
        between $first $((channels - 1))
        last=$REPLY
        if [ ${#parts[@]} = 2 ]; then last=$((channels - 1)); fi
        pick "${names[@]}"
        draw_kind "$REPLY" model.likelihood "columns: [$first, $last]" start: floor: size:
        parts+=("$REPLY")
        first=$((last + 1))
    done
    if [ ${#parts[@]} = 1 ]; then return; fi
    likelihood=mixed kinds=("u8 bits" "i64 bits" "f32 bits") scaling=() is_real='' outputs=1
    local IFS=,
    likelihood_lines=("likelihood: [${parts[*]}]")
}

# --- Samples

# The shape of a sample: sets layout, data_sides (number of places along each axis), channels, has_places, `stored` (the
# dimensions behind the rows) and `lines`, keys of the section.
draw_shape() {
    local side
    pick 1 1 1 3
    channels=$REPLY data_sides=() lines=()
    pick values values images images images images flat flat series volume
    layout=$REPLY
    case $layout in
    values) pick 1 2 3 7 11 16 17 30 40 64 100 && channels=$REPLY ;;
    images | flat)
        pick 1 2 3 4 5 6 7 8 9 12 && data_sides=("$REPLY")
        pick 1 2 3 4 5 6 7 8 9 11 && data_sides+=("$REPLY")
        ;;
    series)
        pick 2 3 5 8 12 16 && data_sides=("$REPLY")
        pick 1 1 2 3 && channels=$REPLY
        lines+=("layout: series")
        ;;
    volume)
        for side in 1 2 3; do pick 1 2 3 4 5 && data_sides+=("$REPLY"); done
        lines+=("layout: volume")
        ;;
    esac
    product "${data_sides[@]}" && side=$REPLY
    has_places=''
    if [ "$side" -gt 1 ]; then has_places=1; fi
    local IFS=,
    stored="${data_sides[*]}" columns_line=''
    case $layout in
    values) draw_columns ;;
    flat)
        if [ "$channels" = 1 ]; then lines+=("shape: [$stored]"); else lines+=("shape: [$stored,$channels]"); fi
        stored=$((side * channels))
        ;;
    *)
        if [ "$channels" = 1 ]; then
            if [ "$layout" = images ] && chance 30; then stored+=,1; fi
        elif [ "${data_sides[0]}" -gt 4 ] && [ "${data_sides[-1]}" -gt 4 ] && chance 40; then
            stored=$channels,$stored
            lines+=("channels: first")
        else
            stored+=,$channels
        fi
        ;;
    esac
}

# draw_columns: all columns of flat rows, or a range of them and the last one.
draw_columns() {
    local more
    stored=$channels
    if ! chance 20; then return; fi
    between 1 5 && more=$REPLY
    stored=$((channels + more))
    if [ "$channels" = 1 ]; then lines+=("columns: [$more]"); else lines+=("columns: [[0, $((channels - 2))], $((stored - 1))]"); fi
}

# draw_values: transforms of the values between file and model.
draw_values() {
    noise=''
    if [ "$likelihood" = bernoulli ]; then
        if chance 50; then pick none threshold sample sample && lines+=("binarize: $REPLY"); fi
        if chance 20; then pick 0.1 0.5 0.7 && lines+=("threshold: $REPLY"); fi
    fi
    if [ -z "$is_real" ]; then return; fi
    if chance 20; then
        noise=1 kinds=("u8 bits" "i8 bits" "u32 counts" "i64 counts" "u8 bytes" "i16 bytes factor=0.0078125 offset=-1")
        lines+=("dequantize: true")
    fi
    if ! chance 40; then return; fi
    draw_choice data.transform
    lines+=("transform: $REPLY")
    if [ "$REPLY" = log1p ]; then
        scaling=()
        if [ -n "$noise" ]; then kinds=("u8 bits" "u32 counts" "u8 bytes"); else kinds=("u8 bits" "u32 counts" "f32 unit" "u8 bytes" "f64 counts"); fi
    fi
}

# keep_kinds: the kinds that suit the one just written. Its scaling also applies to the validation data, and contradicting
# attributes are refused.
keep_kinds() {
    case $kind in
    *bits)
        kinds=("u8 bits" "i8 bits" "u32 bits" "i64 bits" "f32 bits")
        if [ -z "$noise" ] && { [ -n "$is_real" ] || [ "$likelihood" = bernoulli ]; }; then kinds+=("f32 unit" "f64 unit"); fi
        ;;
    *) kinds=("$kind") ;;
    esac
}

# write_dataset FILE DATASET ROWS [OPTION...]: of one of the kinds, in chunks of some height or in one piece. Sets kind.
write_dataset() {
    local options
    pick "${kinds[@]}"
    kind=$REPLY
    read -ra options <<<"$kind"
    options=("${options[0]}" "$3,$row_shape" "${options[@]:1}" "${@:4}")
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

# draw_valid: sets valid_file_rows, of a dataset of its own.
draw_valid() {
    local file=data.h5 name=/valid count
    valid_rows=0
    if ! chance 70; then return; fi
    if chance 15 && [ "$selection" = all ] && [ -n "$is_plain" ]; then
        valid_rows=$rows valid_file_rows=$file_rows name=/train
    else
        pick 1 2 7 16 40 65 130
        count=$REPLY valid_file_rows=$REPLY valid_rows=$((REPLY * windows))
        if chance 30; then file=other.h5; fi
        write_dataset $file /valid "$count"
    fi
    if [ $file = data.h5 ]; then echo "  valid: $name"; else echo "  valid: other.h5:/valid"; fi
    if [ $name = /valid ] && chance 30; then write_labels /valid_labels "$count" && echo "  valid_labels: /valid_labels"; fi
}

# --- Selections of rows. Each raises `file_rows`, the number of rows of the file, so that the number of training samples does not
# change.

# draw_series: windows of longer rows.
draw_series() {
    local step length=${data_sides[0]:-0}
    windows=1 row_shape=$stored
    if [ "$layout" != series ] || ! chance 50; then return; fi
    between 1 "$length" && step=$REPLY
    between 1 4 && windows=$REPLY
    draw "$step" && REPLY=$((length + step * (windows - 1) + REPLY))
    if [[ ${lines[*]} == *'channels: first'* ]]; then row_shape=$channels,$REPLY; else row_shape=$REPLY${stored#"$length"}; fi
    echo "  series: {length: $length, step: $step}"
    file_rows=$(((rows + windows - 1) / windows)) rows=$((file_rows * windows))
}

# draw_share: some rows are held back for evaluations. Of groups, a minimum of the remaining rows is known.
draw_share() {
    local more share
    if ! chance 20; then return; fi
    if chance 30 && [ "$file_rows" -ge 5 ]; then
        file_rows=$((file_rows + 5 - file_rows % 5 + 5 * (file_rows / 5)))
        "$make_data" write data.h5 /groups i64 "$file_rows" labels
        echo "  valid: 0.4"
        echo "  groups: /groups"
        rows=$((file_rows * 3 * windows / 5)) valid_rows=$((file_rows * 2 * windows / 5)) selection=groups
        return
    fi
    between 1 60 && more=$REPLY
    file_rows=$((file_rows + more)) valid_rows=$((more * windows)) selection=share
    printf -v share '%d.%07d' 0 $((more * 10000000 / file_rows))
    if [ $((more * 10000000 % file_rows)) != 0 ] && [ $((2 * more)) = "$file_rows" ]; then share=0.5; fi
    echo "  valid: $share"
    if chance 40; then pick 1 77 4294967296 && echo "  split_seed: $REPLY"; fi
}

# draw_rows: a range of the file's rows, a mask of them, or their numbers.
draw_rows() {
    local before after row list=()
    if [ "$selection" = groups ] || ! chance 20; then return; fi
    draw 9 && before=$REPLY
    draw 9 && after=$REPLY
    pick range mask numbers
    case $REPLY in
    range) echo "  rows: [$before, $((before + file_rows - 1))]" ;;
    mask)
        for ((row = 0; row < before + file_rows + after; row++)); do
            list+=($((row >= before && row < before + file_rows ? 1 : 0)))
        done
        ;;
    numbers) for ((row = before + file_rows - 1; row >= before; row--)); do list+=("$row"); done ;;
    esac
    if [ "$selection" = all ]; then selection=rows; fi
    file_rows=$((before + file_rows + after))
    if [ ${#list[@]} -gt 0 ]; then
        local IFS=,
        "$make_data" write data.h5 /selected i64 ${#list[@]} values "values=${list[*]}"
        echo "  rows: /selected"
    fi
}

# draw_missing: missing values, by a mask of zeros and ones or as NaN.
draw_missing() {
    local options=()
    is_masked=''
    if chance 85; then return; fi
    is_masked=1
    if [ -n "$is_real" ] && [ -z "$noise" ] && [[ ${kinds[0]} == f* ]]; then
        pick nan any && echo "  missing: $REPLY"
    fi
    draw 1000
    "$make_data" write data.h5 /mask u8 "$file_rows,$row_shape" bits "seed=$REPLY"
    echo "  mask: /mask"
}

# write_sizes DATASET ROWS: numbers above 0.
write_sizes() {
    local row list=()
    for ((row = 0; row < $2; row++)); do list+=($((row % 7 + 1)).5); done
    local IFS=,
    "$make_data" write data.h5 "$1" f64 "$2" values "values=${list[*]}"
}

# draw_companions: datasets beside the rows: sizes if the likelihood needs them, and conditions.
draw_companions() {
    local name
    if [[ ${likelihood_lines[*]} == *'size: data'* ]]; then
        write_sizes /sizes "$file_rows" && echo "  size: /sizes"
        if [ "$valid_file_rows" -gt 0 ]; then write_sizes /valid_sizes "$valid_file_rows" && echo "  valid_size: /valid_sizes"; fi
    fi
    if ! chance 20; then return; fi
    is_conditional=1
    for name in '' valid_; do
        if [ -z "$name" ]; then REPLY=$file_rows; else REPLY=$valid_file_rows; fi
        if [ "$REPLY" = 0 ]; then continue; fi
        "$make_data" write data.h5 "/${name}number" f64 "$REPLY" normal
        if [ $((rows / windows)) -lt 5 ] || [[ $selection != all && $selection != rows ]]; then # training has not all classes
            echo "  ${name}condition: {number: /${name}number}"
        else
            "$make_data" write data.h5 "/${name}class" i64 "$REPLY" labels
            echo "  ${name}condition: {class: /${name}class, number: /${name}number}"
        fi
    done
}

# write_train: one dataset (is_plain), two files of one set, or a group of sparse rows.
write_train() {
    local part
    is_plain=''
    if [ "$layout" = values ] && [ -z "$is_masked" ] && [[ ${kinds[*]} != *factor=* ]] && chance 10; then
        write_dataset dense.h5 /train "$file_rows"
        "$build/elbow-test-csr" dense.h5 /train sparse.h5
        echo "  train: sparse.h5:/train"
    elif [ "$selection" = all ] && [ -z "$is_masked" ] && [ "$file_rows" -ge 2 ] && [[ ${likelihood_lines[*]} != *'size: data'* ]] && chance 10; then
        between 1 $((file_rows - 1)) && part=$REPLY
        write_dataset part-1.h5 /train "$part"
        kinds=("$kind")
        write_dataset part-2.h5 /train $((file_rows - part))
        echo "  train: [part-1.h5:/train, part-2.h5:/train]"
        selection=parts
    else
        write_dataset data.h5 /train "$file_rows"
        is_plain=1
        echo "  train: /train"
    fi
}

draw_data() {
    draw_shape
    draw_likelihood
    draw_parts
    draw_values
    echo "data:"
    valid_rows=0 valid_file_rows=0 file_rows=$rows selection=all windows=1 is_masked='' is_conditional=''
    if [ "$layout" = images ] && [ "$stored" = "${data_sides[0]},${data_sides[1]}" ] && [[ ${kinds[*]} == *unit* ]] && [ -z "$noise" ] && chance 10; then
        echo "  synthetic: $rows" && echo "  shape: [${data_sides[0]}, ${data_sides[1]}]"
    else
        echo "  file: data.h5"
        draw_series
        draw_share
        draw_rows
        draw_missing
        write_train
        keep_kinds
        case $selection in all | rows | parts) draw_valid ;; esac
        if [ "$selection" != parts ]; then
            draw_companions
            if chance 20; then write_labels /labels "$file_rows" && echo "  labels: /labels"; fi
            if chance 15; then "$make_data" write data.h5 /weights f64 "$file_rows,1" unit && echo "  weights: /weights"; fi
        fi
    fi
    draw_order
    if [ ${#scaling[@]} -gt 0 ]; then printf '  %s\n' "${scaling[@]}"; fi
    if [ ${#lines[@]} -gt 0 ]; then printf '  %s\n' "${lines[@]}"; fi
    size=$((rows < batch ? rows : batch))
    if [ $(((size + microbatch - 1) / microbatch)) -lt "$microbatches" ]; then microbatches=$(((size + microbatch - 1) / microbatch)); fi
}
