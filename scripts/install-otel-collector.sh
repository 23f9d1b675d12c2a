#!/bin/sh
# Builds the OpenTelemetry collector of the tests (scripts/otel-collector, from the Go module proxy) into the cache: two
# minutes of one core the first time, nothing afterwards. What is downloaded is checked against scripts/otel-collector/go.sum.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cache=${SPILLWAY_CACHE:-$HOME/.cache/spillway}
collector=$cache/otel-collector-0.140.0/otel-collector
[ -x "$collector" ] && { "$collector" --version; exit 0; }
mkdir -p "${collector%/*}"
go_folder=$cache/go
# shellcheck source=scripts/go-toolchain.sh
. "$root/scripts/go-toolchain.sh"
cd "$root/scripts/otel-collector"
go build -ldflags '-s -w' -o "$collector.part" .
mv "$collector.part" "$collector"
"$collector" --version
