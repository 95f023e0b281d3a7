#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow-import and text: separators, headers, quotes, columns, missing values; tables and pictures that pandas and Pillow
# wrote (tests/data/import).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-tools.sh"

text_tests() {
    printf '1,2,3\n4,5,255\n' >comma.csv
    printf '\357\273\277a;b\r\n\r\n-1; 2\r\n3 ;300\r\n' >semicolon.csv
    printf '# made by hand\n 0 1  0\n1 0 1 \n# end\n' >space.txt
    printf '1\t70000\n-2\t3' >tab.tsv
    printf '1,0.5\n2,-1e-3\n' >float.csv
    printf '1,3000000000\n-1,2\n' >wide.csv
    imported "comma" "H5T_STD_U8LE ( 2, 3 )" 1 "1 2 3 4 5 255" comma.csv
    imported "semicolon, header, byte order mark" "H5T_STD_I16LE ( 2, 2 )" 1 "-1 2 3 300" semicolon.csv
    grep -q "line 1 is read as a header (.*a;b)" out.txt || fail "the header was not reported: $(cat out.txt)"
    imported "spaces" "H5T_STD_U8LE ( 2, 3 )" 1 "0 1 0 1 0 1" space.txt
    imported "tab, no newline at the end" "H5T_STD_I32LE ( 2, 2 )" 1 "1 70000 -2 3" tab.tsv
    imported "floats" "H5T_IEEE_F32LE ( 2, 2 )" 1 "1 0.5 2 -0.001" float.csv
    imported "int64" "H5T_STD_I64LE ( 2, 2 )" 1 "1 3000000000 -1 2" wide.csv
    imported "columns" "H5T_STD_U8LE ( 2, 2 )" 1 "2 3 5 255" comma.csv --columns 2-3
    imported "a column of labels" "H5T_STD_U8LE ( 2 )" 1 "1 4" comma.csv --columns 1
    imported "several texts share a type" "H5T_STD_I32LE ( 4, 2 )" 1 "-1 2 3 300 1 70000 -2 3" semicolon.csv tab.tsv
    imported "integers and floats" "H5T_IEEE_F32LE ( 4, 2 )" 1 "1 0.5 2 -0.001 -1 2 3 300" float.csv semicolon.csv
    gzip -c space.txt >space.gz
    imported "gzip text" "H5T_STD_U8LE ( 2, 3, 1 )" 1 "0 1 0 1 0 1" space.gz --shape 3,1
    rm -f t.h5
    printf '1,2\n3\n' >x.csv
    refused 1 "x.csv:2: 1 columns, 2 were expected as in line 1" "$import" x.csv -o new.h5
    printf '1,2\n3,4,5\n' >x.csv
    refused 1 "x.csv:2: 3 columns, 2 were expected as in line 1" "$import" x.csv -o new.h5
    { printf '%512s' '' | sed 's/ /1,2\n/g' && printf '3,4\0,5\n'; } >x.csv # after the part that determines the format
    refused 1 "x.csv:513: holds a zero byte, text was expected" "$import" x.csv -o new.h5
    printf 'a,b\n1,2\n3,x\n' >x.csv
    refused 1 'x.csv:3: column 2: "x" is not a number' "$import" x.csv -o new.h5
    printf '1,2\n3,\n' >x.csv
    refused 1 "x.csv:2: column 2 is empty: fill it in, or write NaN for an unknown value: data.missing: nan" "$import" x.csv -o new.h5
    printf 'a,b\nc,d\n' >x.csv
    refused 1 "lines 1 and 2 are not numbers" "$import" x.csv -o new.h5
    printf 'a,b\n' >x.csv
    refused 1 "holds no values" "$import" x.csv -o new.h5
    # A first line is a header if it contains names and no number; a line of possible values is never skipped.
    printf '1,NA\n2,3\n4,5\n' >x.csv
    refused 1 "x.csv:1: column 2 of the first line is not a number, but column 1 is one" "$import" x.csv -o new.h5
    refused 1 'x.csv:1: column 2: "NA" is not a number' "$import" x.csv --header no -o new.h5
    printf ',1,2\n3,4,5\n' >x.csv
    refused 1 "x.csv:1: column 1 of the first line is not a number, but column 2 is one" "$import" x.csv -o new.h5
    printf '1.5\t\t2\n3\t4\t5\n' >x.csv
    refused 1 "x.csv:1: column 2 of the first line is not a number" "$import" x.csv -o new.h5
    printf '\t1\t2\n3\t4\t5\n' >x.csv
    refused 1 "x.csv:1: column 1 of the first line is not a number, but column 2 is one" "$import" x.csv -o new.h5
    for missing in NA,NA NULL,null '?,-' ',' ',.'; do
        printf '%s\n1,2\n3,4\n' "$missing" >x.csv
        refused 1 "x.csv:1: the first line has neither numbers nor names of columns" "$import" x.csv -o new.h5
    done
    printf '\t\n1\t2\n3\t4\n' >x.csv
    refused 1 "x.csv:1: column 1 is empty" "$import" x.csv -o new.h5
    printf '\n# made\n1;2\n;4\n' >x.csv
    refused 1 "x.csv:4: column 1 is empty" "$import" x.csv -o new.h5
    printf 'label,0,1\n7,8,9\n' >x.csv
    refused 1 "x.csv:1: column 1 of the first line is not a number, but column 2 is one" "$import" x.csv -o new.h5
    imported "a header of numbers, as told" "H5T_STD_U8LE ( 1, 3 )" 1 "7 8 9" x.csv --header yes
    imported "a header of numbers in the columns wanted" "H5T_STD_U8LE ( 2 )" 1 "1 9" x.csv --columns 3
    printf '5,unknown\n6,7\n8,9\n' >x.csv
    refused 1 "x.csv:1: column 2 of the first line is not a number, but column 1 is one; fill in the missing values, or use --header yes" \
        "$import" x.csv --columns 2 -o new.h5
    refused 1 'x.csv:1: column 2: "unknown" is not a number' "$import" x.csv --columns 2 --header no -o new.h5
    imported "a number beside a name, as told" "H5T_STD_U8LE ( 2 )" 1 "7 9" x.csv --columns 2 --header yes
    printf 'NA,5\n6,7\n' >x.csv
    refused 1 "x.csv:1: column 1 of the first line is not a number, but column 2 is one" "$import" x.csv --columns 1 -o new.h5
    printf '0,1\n2,3\n' >x.csv
    imported "a first line of numbers is no header" "H5T_STD_U8LE ( 2, 2 )" 1 "0 1 2 3" x.csv
    imported "unless told so" "H5T_STD_U8LE ( 1, 2 )" 1 "2 3" x.csv --header yes
    printf 'a,1,2\nb,3,4\n' >x.csv
    imported "names of rows beside the columns wanted" "H5T_STD_U8LE ( 2, 2 )" 1 "1 2 3 4" x.csv --columns 2-3
    printf ',a,b\n0,1,2\n' >x.csv
    imported "a header with an empty cell" "H5T_STD_U8LE ( 1, 3 )" 1 "0 1 2" x.csv
    grep -qF "line 1 is read as a header (,a,b)" out.txt || fail "the header was not reported: $(cat out.txt)"
    printf '\ta\tb\n0\t1\t2\n' >x.csv
    imported "and with tabs" "H5T_STD_U8LE ( 1, 3 )" 1 "0 1 2" x.csv
    printf '\t1 2\n\t3 4\t\n' >x.csv
    imported "lines indented by tabs" "H5T_STD_U8LE ( 2, 2 )" 1 "1 2 3 4" x.csv
    rm -f t.h5
    printf 'a,b\n1e39,2\n' >x.csv
    refused 1 'x.csv:2: column 1: "1e39" is too large for a 32-bit float' "$import" x.csv -o new.h5
    # Other notations: decimal commas without a header, lines that end in CR alone or with a separator.
    printf '1,5;2\n2,5;3\n' >x.csv
    refused 1 'x.csv:1: column 1: "1,5" is not a number: numbers need a decimal point' "$import" x.csv -o new.h5
    for first in a,b 1,2; do
        printf '%s\r3,4\r5,6\r' $first >x.csv
        refused 1 "x.csv:1: its lines end in CR alone, as in files of old Macintosh programs; write them with LF: tr '\\r' '\\n' <OLD >NEW" "$import" x.csv -o new.h5
    done
    printf '1,2,\n3,4,\n' >x.csv
    refused 1 'if all lines end with a separator: --skip-columns 3' "$import" x.csv -o new.h5
    printf 'a,b,\n3,4,\n' >x.csv
    refused 1 'trains on the rest; if all lines end with a separator: --skip-columns 3' "$import" x.csv -o new.h5
    imported "without an empty last column" "H5T_STD_U8LE ( 1, 2 )" 1 "3 4" x.csv --skip-columns 3
    # A header of numbers is read as a row, with a warning.
    printf '400.5,401,401.5,402\n1,3,2,2\n3,1,2,4\n' >x.csv
    imported "a header of numbers" "H5T_IEEE_F32LE ( 3, 4 )" 1 "400.5 401 401.5 402 1 3 2 2 3 1 2 4" x.csv
    grep -q 'x.csv: line 1 goes from 400.5 to 402 in equal steps, unlike all other lines, and is read as a row; if it is a header' out.txt ||
        fail "a header of numbers is not reported: $(cat out.txt)"
    printf '4,3,2,1\n5,3,2,1\n4,3,2,1\n' >x.csv
    imported "rows that fall" "H5T_STD_U8LE ( 3, 4 )" 1 "4 3 2 1 5 3 2 1 4 3 2 1" x.csv
    ! grep -q "in equal steps" out.txt || fail "a row is reported: $(cat out.txt)"
    refused 2 "--header needs yes or no" "$import" x.csv --header maybe -o new.h5
    refused 1 "column 9 was asked for, the file has 3" "$import" comma.csv --columns 2-9 -o new.h5
    refused 1 "does not allow" "$import" <(cat comma.csv) -o new.h5
}

# NaN and infinity are imported and reported: their number and the first position.
not_finite() {
    local what=$1 count=$2 sentence=$3
    shift 3
    rm -f t.h5
    "$import" "$@" -o t.h5 >out.txt 2>err.txt || fail "$what: $(cat err.txt)"
    [ "$(wc -l <err.txt)" = "$count" ] || fail "$what: not $count lines: $(cat err.txt)"
    grep -qF "elbow-import: warning: $sentence" err.txt || fail "$what: no '$sentence' in: $(cat err.txt)"
}

# imported_quietly arguments: without a warning.
imported_quietly() {
    rm -f t.h5
    "$import" "$@" -o t.h5 >out.txt 2>err.txt || fail "$*: $(cat err.txt)"
    [ ! -s err.txt ] || fail "$*: stderr: $(cat err.txt)"
}

not_finite_tests() {
    printf 'a,b,c\n1,2,3\n4,5,nan\n-inf,7,NaN\n' >x.csv
    not_finite "text" 1 "x.csv: 3 values are NaN or infinite, the first in line 3, column 3;" x.csv
    [ "$(values t.h5 /train/images)" = "1 2 3 4 5 nan -inf 7 nan" ] || fail "NaN: holds $(values t.h5 /train/images)"
    printf 'nan,1\n' >y.csv
    not_finite "a first line with NaN" 1 "y.csv: 1 value is NaN or infinite, the first in line 1, column 1;" y.csv
    not_finite "a column beside it" 1 "x.csv: 1 value is NaN or infinite, the first in line 4, column 1;" x.csv --columns 1-2
    printf 'inf,1\n' >z.csv
    not_finite "two files" 2 "z.csv: 1 value is NaN" y.csv z.csv
    printf '1,16777217\n2.5,16777216\n3,1234567890123456789\n' >x.csv
    not_finite "integers as floats" 1 "x.csv: 2 integers are rounded to 32-bit floats, the first in line 1, column 2;" x.csv
    # Decimals that floats cannot distinguish get a warning; columns of ordinary numbers, however long, do not.
    awk 'BEGIN { for (i = 0; i < 60; ++i) printf "%.6f,%.15f,%.9f\n", 2459000.123456 + 1e-4 * i, sin(i), 1000 + cos(i) }' >coarse.csv
    not_finite "dates" 1 "coarse.csv: column 1 goes from 2459000.123456 to 2459000.129356, which 32-bit floats represent in steps of 0.25, so that different numbers become equal; subtract an offset (2459000) from it before" \
        coarse.csv
    not_finite "dates beside a column left out" 1 "coarse.csv: column 1 goes" coarse.csv --skip-columns 2
    imported_quietly coarse.csv --skip-columns 1
    awk 'BEGIN { for (i = 0; i < 60; ++i) printf "%.1f,1\n", 2459000 + 0.5 * i }' >halves.csv
    imported_quietly halves.csv
    printf '16777217\n' >x.csv
    imported "a large integer by itself" "H5T_STD_U32LE ( 1 )" 1 "16777217" x.csv
    printf '12345678901234567890\n' >x.csv
    not_finite "integers beyond 18 digits" 1 "x.csv: 1 integer is rounded to 32-bit floats, the first in line 1, column 1;" x.csv
    printf '\0\74\0\174\1\174\0\74' | npy x.npy '<f2' False '(2, 2)' 1
    not_finite "NPY" 1 "t.h5:/train/images: 2 values are NaN or infinite, the first in row 0 (at index 1);" x.npy
    printf '\0\0\15\2\0\0\0\1\0\0\0\1\177\300\0\0' >x.idx
    not_finite "IDX" 1 "t.h5:/train/images: 1 value is NaN or infinite, the first in row 0 (at index 0);" x.idx
    grep -q "no finite value" out.txt || fail "IDX of NaN alone: $(cat out.txt)"
    rm -f t.h5
}

# warned WHAT TYPE+SHAPE FACTOR VALUES SENTENCE, arguments of elbow-import: imported, with this one warning.
warned() {
    local what=$1 type=$2 factor=$3 expected=$4 sentence=$5
    shift 5
    rm -f t.h5
    "$import" "$@" -o t.h5 >out.txt 2>err.txt || { fail "$what: $(cat err.txt)"; return; }
    [ "$(wc -l <err.txt)" = 1 ] || fail "$what: not one line: $(cat err.txt)"
    grep -qF "elbow-import: warning: $sentence" err.txt || fail "$what: stderr: $(cat err.txt)"
    [ "$(header t.h5 /train/images)" = "$type" ] || fail "$what: is $(header t.h5 /train/images), not $type"
    [ "$(values t.h5 /train/images)" = "$expected" ] || fail "$what: holds $(values t.h5 /train/images), not $expected"
    [ "$(attribute t.h5 /train/images factor)" = "$factor" ] || fail "$what: factor $(attribute t.h5 /train/images factor)"
}

column_tests() {
    local floats="1.5 10 -2 20 3 30 4 40" float=H5T_IEEE_F32LE
    cp "$here"/../data/import/* .
    imported "columns left out" "$float ( 4, 2 )" 1 "$floats" pandas.csv --skip-columns 1,4
    imported "columns taken" "$float ( 4, 2 )" 1 "$floats" pandas.csv --columns 2-3
    imported "columns taken, some left out" "$float ( 4, 2 )" 1 "$floats" pandas.csv --columns 2-4 --skip-columns 4
    imported "a column beside the one left out" "H5T_STD_U8LE ( 4 )" 1 "10 20 30 40" pandas.csv --skip-columns 1-2,4
    imported "all fields quoted" "$float ( 4, 2 )" 1 "$floats" quoted.csv --skip-columns 3
    imported "tabs, and quotes in fields" "$float ( 4, 2 )" 1 "$floats" pandas.tsv --skip-columns 3
    imported "names of rows" "$float ( 4, 2 )" 1 "$floats" rows.csv --skip-columns 1
    warned "an index" "$float ( 4, 3 )" 1 "0 1.5 10 1 -2 20 2 3 30 3 4 40" \
        "pandas.csv: column 1 counts the rows, from 0 to 3; if it is not a feature, leave it out with --skip-columns 1" \
        pandas.csv --skip-columns 4
    printf '"","a"\n"1",7\n"2",8\n' >r.csv
    warned "an index from 1, of two rows" "H5T_STD_U8LE ( 2, 2 )" 1 "1 7 2 8" "r.csv: column 1 counts the rows, from 1 to 2" r.csv
    printf '0,5\n1,6\n3,7\n' >x.csv
    imported "a column that counts wrongly" "H5T_STD_U8LE ( 3, 2 )" 1 "0 5 1 6 3 7" x.csv
    printf '0\n1\n2\n3\n' >x.csv
    imported "a list that counts" "H5T_STD_U8LE ( 4 )" 1 "0 1 2 3" x.csv
    printf '"1.5", "2" \r\n " 3 ","4"\r\n' >x.csv
    imported "quotes and blanks" "$float ( 2, 2 )" 1 "1.5 2 3 4" x.csv
    printf '"1" "2"\n"3"\t"4"\n' >x.csv
    imported "quotes between blanks" "H5T_STD_U8LE ( 2, 2 )" 1 "1 2 3 4" x.csv
    printf '"a;b","c"\n"x;""y",2\n"z",4\n' >x.csv
    imported "separators and quotes in quotes" "H5T_STD_U8LE ( 2 )" 1 "2 4" x.csv --skip-columns 1
    rm -f t.h5
    refused 1 'rows.csv:2: column 1: "r1" is not a number; columns of text can be left out: --skip-columns 1' \
        "$import" rows.csv -o new.h5
    refused 1 'pandas.csv:2: column 4: "x" is not a number; columns of text can be left out: --skip-columns 4' \
        "$import" pandas.csv -o new.h5
    refused 1 'decimal.csv:2: column 1: "1,5" is not a number: numbers need a decimal point, and no separator between thousands' \
        "$import" decimal.csv -o new.h5
    printf 'a,b\n"1,000",2\n' >x.csv
    refused 1 'x.csv:2: column 1: "1,000" is not a number: numbers need a decimal point, and no separator between thousands' \
        "$import" x.csv -o new.h5
    printf 'name,u,v,w,kind\na,1,2,3,"eel, sea"\nb,4,5,6,c\n' >two.csv
    for given in 1 5; do
        refused 1 'is not a number; columns of text can be left out: --skip-columns 1,5' "$import" two.csv --skip-columns $given -o new.h5
    done
    refused 1 'columns of text can be left out: --skip-columns 1-3,5' "$import" two.csv --skip-columns 2-3 -o new.h5
    imported "the columns that are named" "H5T_STD_U8LE ( 2, 3 )" 1 "1 2 3 4 5 6" two.csv --skip-columns 1,5
    refused 1 'two.csv:2: column 5: "eel, sea" is text, and only numbers are imported; write labels and names to the HDF5 file in Python' \
        "$import" two.csv --columns 5 -o new.h5
    printf 'name;"u, v";w\na;1,25;"2,5"\nb;3,5;4\n' >de.csv
    refused 1 'de.csv: lines 1 and 2 are not numbers: column 2 of line 2 holds "1,25": numbers need a decimal point, and no separator between thousands; write decimal commas as points' \
        "$import" de.csv -o new.h5
    printf 'a;1,25;2,5\nb;3,5;4\n' >de.csv
    refused 1 'write decimal commas as points' "$import" de.csv --skip-columns 1 -o new.h5
    printf 'time,u\ns,m/s\n0,1\n' >x.csv
    refused 1 'x.csv: lines 1 and 2 are not numbers: column 1 of line 2 holds "s"; only one line may be a header' \
        "$import" x.csv -o new.h5
    printf '1,2\n"3,4\n' >x.csv
    refused 1 'x.csv:2: column 1: ""3" is not a number: its quotes do not end in this line' "$import" x.csv -o new.h5
    printf '1,2\nNA,4\n' >x.csv
    refused 1 'x.csv:2: column 1: "NA" is not a number: fill in the missing values' "$import" x.csv -o new.h5
    printf 'x,2\ny,4\n' >x.csv
    refused 1 'or use --header yes if the line is a header, or --skip-columns for columns of text' "$import" x.csv -o new.h5
    refused 1 "column 9 was to be left out, the file has 4" "$import" pandas.csv --skip-columns 4,9 -o new.h5
    refused 1 "none of 4 columns is left" "$import" pandas.csv --skip-columns 1-4 -o new.h5
    refused 2 "--skip-columns is for text files, this is PNG" "$import" grey8.png --skip-columns 1 -o new.h5
    for columns in 0 1- -1 2-1 1,,2 1,a 99999999999999999999 ""; do
        refused 2 "--skip-columns needs columns, for example 1 or 1,3-5" "$import" pandas.csv "--skip-columns=$columns" -o new.h5
        refused 2 "--columns needs columns, for example 1-64 or 1,3-5" "$import" pandas.csv "--columns=$columns" -o new.h5
    done
}

picture_tests() {
    local wide="0 5461 10922 16383 21844 27305 32766 38227 43688 49149 54610 60071"
    imported "16 bits" "H5T_STD_U16LE ( 1, 3, 4 )" 1.5259e-05 "$wide" grey16.png
    grep -qF "uint16, 0 to 60071, factor 1/65535" out.txt || fail "16 bits are not reported: $(cat out.txt)"
    imported "an opaque alpha channel" "H5T_STD_U8LE ( 1, 3, 4, 3 )" $byte_factor \
        "0 0 0 85 21 1 170 42 2 255 63 3 84 85 4 169 106 5 254 127 6 83 149 0 168 170 1 253 191 2 82 213 3 167 234 4" opaque.png
    grep -qF "opaque.png: 1 picture has an alpha channel that is opaque everywhere" out.txt || fail "alpha: $(cat out.txt)"
    warned "transparency" "H5T_STD_U8LE ( 1, 3, 4, 3 )" $byte_factor \
        "0 0 0 85 21 1 170 42 2 255 63 3 84 85 4 169 106 5 254 127 6 83 149 0 168 170 1 253 191 2 82 213 3 167 234 4" \
        "half.png: 1 picture is not opaque, the first is half.png; transparency is laid over black" half.png
    mkdir both
    cp grey16.png both/b.png
    cp grey8.png both/a.png
    rm -f t.h5
    refused 1 "both/b.png: the picture is 3 x 4 grey of 16 bits, the first one is 3 x 4 grey" "$import" both -o new.h5
    refused 1 "rows are 3 x 4 uint16 (PNG), those of grey8.png are 3 x 4 uint8 (PNG)" "$import" grey8.png grey16.png -o new.h5
}

text_tests
not_finite_tests
column_tests
picture_tests
[ "$failures" = 0 ] || { echo "$failures checks failed"; exit 1; }
