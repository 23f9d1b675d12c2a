#!/bin/bash
# train.sh SYSTEM OUT [OPTIONS...]: trains, or goes on from the checkpoint in OUT. Exit code 85: stopped, not done.
set -u
system=$1
out=$2
shift 2
[ -e "$out/checkpoint.bin" ] && set -- "$@" --resume
# shellcheck disable=SC2086
${SPILLWAY:-node /app/dist/cli/main.js} train "$system" --out "$out" --quiet "$@" &
child=$!
trap 'kill -TERM "$child"' TERM
wait "$child"
status=$?
while kill -0 "$child" 2>/dev/null; do wait "$child"; status=$?; done
[ "$status" = 1 ] && exit 1
[ -e "$out/result.json" ] && exit 0
exit 85
