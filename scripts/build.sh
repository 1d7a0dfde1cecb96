#!/usr/bin/env bash
# The release build: the server's binary, and the site (wasm, scripts, styles and pictures, hashed
# and compressed) in target/site. A first build compiles some 500 crates.
#
# `build.sh --with-live-tests` compiles the live tests along with the binary. Cargo gives crates that
# both use the features that either needs: apart, most of them would be compiled twice.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$SECKILL_ROOT"

if [ ! -x "$(target_dir)/release/server" ]; then
  echo 'build: the first one takes 10 to 15 minutes on two cores; later ones take seconds to a few minutes'
fi
tests=()
[ "${1:-}" != --with-live-tests ] || tests=(--bin-cargo-args=--test=live)
exec cargo leptos build --release --precompress "${tests[@]}"
