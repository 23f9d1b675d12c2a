#!/bin/sh
# Builds @confluentinc/kafka-javascript (optional client) from source into the cache and links it into
# node_modules, leaving package.json alone. Minutes the first time. With --build-only nothing is linked.
# Debian packages: build-essential python3 zlib1g-dev libssl-dev libzstd-dev libcurl4-openssl-dev libsasl2-dev
set -eu
version=1.10.1
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${SPILLWAY_CACHE:-$HOME/.cache/spillway}/confluent-$version-node$(node -p process.versions.modules)
package=$folder/node_modules/@confluentinc/kafka-javascript
if [ ! -f "$package/build/Release/confluent-kafka-javascript.node" ]; then
  mkdir -p "$folder"
  cd "$folder"
  printf '{"private":true}\n' > package.json
  headers=$(dirname "$(dirname "$(node -p process.execPath)")")
  [ -f "$headers/include/node/node.h" ] && export npm_config_nodedir="$headers"
  build() {
    npm install --ignore-scripts --no-audit --no-fund "@confluentinc/kafka-javascript@$version" &&
      cd "$package" &&
      # Before the build: its make does not wait for librdkafka's configure, and finds no config.h.
      CKJS_LINKING=dynamic node util/configure &&
      JOBS=max CKJS_LINKING=dynamic npm_config_build_from_source=true nice -n 15 npm run install --ignore-scripts=false
  }
  (build) > build.log 2>&1 || { tail -30 build.log >&2; exit 1; }
fi
[ "${1:-}" = --build-only ] && exit 0
mkdir -p "$root/node_modules/@confluentinc"
ln -sfn "$package" "$root/node_modules/@confluentinc/kafka-javascript"
(cd "$root" && node -e "console.log('librdkafka', require('@confluentinc/kafka-javascript').librdkafkaVersion)")
