#!/bin/sh
# Builds @tensorflow/tfjs-node (optional executor) against the TensorFlow of PyPI into the cache and copies it into
# node_modules, leaving package.json alone. Its own install script fetches TensorFlow from where not every machine
# may go. About two minutes the first time, seconds after.
# Debian packages: build-essential python3 python3-venv
set -eu
version=4.22.0
tensorflow=2.21.0
root=$(cd "$(dirname "$0")/.." && pwd)
cache=${SPILLWAY_CACHE:-$HOME/.cache/spillway}
folder=$cache/tfjs-node-$version-tensorflow$tensorflow
python=${SPILLWAY_PYTHON:-python3}
package=$folder/tfjs-node
if [ ! -f "$package/lib/napi-v8/tfjs_binding.node" ]; then
  rm -rf "$folder"
  mkdir -p "$folder"
  cd "$folder"
  "$python" -m pip install -q --disable-pip-version-check --no-deps --target wheel "tensorflow-cpu==$tensorflow"
  printf '{"private":true}\n' > package.json
  npm install --ignore-scripts --no-audit --no-fund --silent "@tensorflow/tfjs-node@$version"
  mv node_modules/@tensorflow/tfjs-node tfjs-node
  # What it needs besides TensorFlow.js itself, of which there must be one: the project's.
  mkdir -p tfjs-node/node_modules
  rm -rf node_modules/@tensorflow node_modules/.bin node_modules/.package-lock.json
  cp -R node_modules/. tfjs-node/node_modules/
  rm -rf node_modules
  mkdir -p tfjs-node/deps/lib
  ln -s "$folder/wheel/tensorflow/include" tfjs-node/deps/include
  for name in tensorflow:tensorflow_cc tensorflow_framework:tensorflow_framework; do
    library=$folder/wheel/tensorflow/lib${name#*:}.so.2
    # The linker asks for the plain name, the loader for the one that the library calls itself.
    ln -s "$library" "tfjs-node/deps/lib/lib${name%:*}.so"
    ln -s "$library" "tfjs-node/deps/lib/lib${name#*:}.so.2"
  done
  npm_root=$(dirname "$(dirname "$(node -p "require('fs').realpathSync(process.argv[1])" "$(command -v npm)")")")
  headers=$(dirname "$(dirname "$(node -p process.execPath)")")
  if [ -f "$headers/include/node/node.h" ]; then nodedir="--nodedir=$headers"; else nodedir=; fi
  cd tfjs-node
  # shellcheck disable=SC2086 # nodedir is one word or none
  nice -n 15 node "$npm_root/node_modules/node-gyp/bin/node-gyp.js" rebuild $nodedir --module_name=tfjs_binding \
    --module_path="$PWD/lib/napi-v8" --napi_build_version=8 > "$folder/build.log" 2>&1 ||
    { tail -30 "$folder/build.log" >&2; exit 1; }
  rm -rf build
fi
rm -rf "$root/node_modules/@tensorflow/tfjs-node"
cp -R -P "$package" "$root/node_modules/@tensorflow/tfjs-node"
(cd "$root" && TF_CPP_MIN_LOG_LEVEL=2 node -e "
  require('util').isNullOrUndefined ??= (value) => value == null
  const { version, node } = require('@tensorflow/tfjs-node')
  console.log('tfjs-node', version['tfjs-node'], 'on TensorFlow', require('@tensorflow/tfjs').backend().binding.TF_Version)")
