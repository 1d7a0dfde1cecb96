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
  echo 'build: the first one takes 10 to 30 minutes on two cores; later ones take seconds to a few minutes'
fi
tests=()
[ "${1:-}" != --with-live-tests ] || tests=(--test live)

# Only releases are told it: builds for development would be linked anew after every commit.
BUILD_COMMIT=$(build_commit)
export BUILD_COMMIT

# Side by side, because the end of the site's build (link-time optimisation, compression) keeps one
# core busy. Each has a target folder of its own.
cargo build --release -p server --bin server "${tests[@]}" &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
site=0
cargo leptos build --release --precompress --frontend-only || site=$?
wait $server
exit $site
