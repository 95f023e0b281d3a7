#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The short form of tests/campaign/untouched: commands among foreign files.
exec bash "$(dirname "$0")/../campaign/untouched" "${1:-}" 1 30
