#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The short form of the campaigns: half a minute of random configurations, each phase killed twice, each way of losing the
# disk's room once. tests/campaign holds the programs; docs/explanation/reliability.md and docs/explanation/exactness.md tell how to run them
# at length.
set -u
campaigns=$(cd "$(dirname "$0")/../campaign" && pwd)
status=0
bash "$campaigns/exact" "${1:-}" --seed 5 --seconds 30 || status=$?
[ $status = 0 ] || exit $status
bash "$campaigns/kill" "${1:-}" 1 16 || status=$?
[ $status = 0 ] || exit $status
exec bash "$campaigns/disk" "${1:-}" 1 4
