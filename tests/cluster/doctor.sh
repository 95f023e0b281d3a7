#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow doctor over two hosts with a network between them: a slow link, a run directory that one of them has alone, a small
# /dev/shm on one.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-test.sh"

why=$(why_no_hosts)
[ -z "$why" ] || skip "$why"
"$here/hosts-up" h1 h2 || { fail "the hosts do not come up"; finish; }
# Without root's own folders: the hosts share this one.
cat >run.yaml <<'Y'
data: {synthetic: 4096, shape: [28, 28], binarize: threshold}
model: {latent: 3, encoder: [dense: {units: 9000}], decoder: [dense: {units: 20}]}
train: {epochs: 1, batch: 32, microbatch: 8}
Y

# doctor LOG LIST argument...: its output on these hosts, on one line, into LOG.
doctor() {
    local log=$1 list=$2
    shift 2
    timeout -k 5 90 "$here/hosts-exec" h1 mpirun --mca plm_rsh_agent "$here/hosts-rsh" --mca mpi_yield_when_idle 1 --bind-to none \
        --host "$list" "$elbow" doctor "$@" >"$log.out" 2>"$log.err" || fail "$log: $(tail -n 3 "$log.err")"
    tr -s ' \n' ' ' <"$log.out" >"$log"
}
says() { grep -qE "$2" "$1" || { fail "$1: it does not say '$2':"; cat "$1.out"; }; }
silent() { if grep -qE "[0-9]\. $2:" "$1"; then fail "$1: advice on $2 out of nothing:"; cat "$1.out"; fi; }

doctor fast h1:1,h2:1 --run-dir .
says fast 'ranks 2 on 2 nodes h1 1 rank on .* h2 1 rank on .* network to the first node: [0-9.]+ [MG]B/s, [0-9.]+ us'
says fast 'lock: works'
silent fast 'run directory'

doctor own h1:1,h2:1 --run-dir /dev/shm/run
says own 'run directory: /dev/shm is not on a file system that all nodes share'

"$here/hosts-shape" h2 100
doctor slow h1:1,h2:1
says slow 'network: Messages between h1 and h2 pass at 1[0-9]\.[0-9] MB a second'
"$here/hosts-shape" h2 off

"$here/hosts-exec" h2 mount -o remount,size=9m /dev/shm || fail "/dev/shm of a host cannot be made small"
doctor small h1:2,h2:2 run.yaml --run-dir .
says small 'shared memory: /dev/shm of h2 has only [0-9.]+ MB free, and this run needs [0-9.]+ MB'
finish
