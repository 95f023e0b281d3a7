#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The short form of the campaigns: half a minute of random configurations, each phase killed twice, the disk
# filled in each way once. tests/campaign holds the programs; docs/explanation/reliability.md and docs/explanation/exactness.md explain the
# long form.
set -u
campaigns=$(cd "$(dirname "$0")/../campaign" && pwd)
status=0
bash "$campaigns/exact" "${1:-}" --seed 5 --seconds 30 || status=$?
[ $status = 0 ] || exit $status
bash "$campaigns/kill" "${1:-}" 1 16 || status=$?
[ $status = 0 ] || exit $status
exec bash "$campaigns/disk" "${1:-}" 1 4
