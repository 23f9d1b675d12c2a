#!/bin/bash
# train.sh SYSTEM OUT PRESET [DATA...]: trains, or goes on from the checkpoint in OUT. Exit 85: stopped, not done.
set -u
system=$1 out=$2 preset=$3
shift 3
read -ra command <<<"${SPILLWAY:-node /app/dist/cli/main.js}"
args=(--preset "$preset")
for data in "$@"; do args+=(--data "$data"); done
[ -e "$out/checkpoint.bin" ] && args+=(--resume)
"${command[@]}" train "$system" --out "$out" --quiet "${args[@]}" &
child=$!
trap 'kill -TERM "$child"' TERM
wait "$child"
status=$?
while kill -0 "$child" 2>/dev/null; do wait "$child"; status=$?; done
[ "$status" = 1 ] && exit 1
[ -e "$out/result.json" ] && exit 0
exit 85
