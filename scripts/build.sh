#!/usr/bin/env bash
# The release build: the server's binary, and the site (wasm, scripts, styles and pictures, hashed
# and compressed) in target/site. A first build compiles some 500 crates.
#
# `build.sh --with-live-tests` compiles the live tests together with the binary. Cargo then gives shared
# crates the features of both; two builds would compile most crates twice.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$SECKILL_ROOT"

if [ ! -x "$(target_dir)/release/server" ]; then
  echo 'build: the first one takes 10 to 30 minutes on two cores; later ones take seconds to a few minutes'
fi
tests=()
[ "${1:-}" != --with-live-tests ] || tests=(--test live)

# Only for releases: development builds would be linked anew after every commit.
BUILD_COMMIT=$(build_commit)
export BUILD_COMMIT

# Both builds run at once, because the end of the site's build (link-time optimisation, compression) keeps
# only one core busy. Each has its own target folder.
cargo build --release -p server --bin server "${tests[@]}" &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
site=0
cargo leptos build --release --precompress --frontend-only || site=$?
wait $server
exit $site
