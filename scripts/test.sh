#!/usr/bin/env bash
# Everything that `make test` does, stage by stage. Later stages run even when an earlier one
# failed, unless they need what it makes.
set -uo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/stage.sh
. "$SECKILL_ROOT/scripts/stage.sh"
cd "$SECKILL_ROOT" || exit 1

key_stage 'Set-up' scripts/setup.sh test
# The set-up may have linked a toolchain.
. scripts/env.sh

stage 'Format' cargo fmt --all --check
stage 'Dependencies' scripts/dependencies.sh
# Always the whole of the server's side, see `default-members`. `app` for the browser is another
# program: never both at once.
stage 'Lint: pages and server' cargo clippy --all-targets -- -D warnings
stage 'Lint: browser' cargo clippy -p frontend --target wasm32-unknown-unknown -- -D warnings
stage 'Lint: browser tests' npm --prefix end2end run --silent check
stage 'Tests: pages and server' cargo test --lib --bins --test suite --test memory --test with_servers
# The same contracts on the servers of a cluster, which the tests start themselves.
CONTRACTS=(contract:: purchase::returns purchase::refusals purchase::waiting::a_)
stage 'Contracts: Redis, RabbitMQ, PostgreSQL' env SECKILL_TEST_STACK=postgres \
  cargo test --test suite -- "${CONTRACTS[@]}"
stage 'Contracts: Redis Cluster, RabbitMQ, MariaDB' env SECKILL_TEST_STACK=mariadb \
  cargo test --test suite -- "${CONTRACTS[@]}"
stage 'What the browser may not get' scripts/bundle-guard.sh

key_stage 'Release build' scripts/build.sh --with-live-tests
stage 'Page weight' scripts/page-weight.sh
stage 'Idle memory' scripts/idle-memory.sh
stage 'Tests: a live flash sale' cargo test --release --test live embedded -- --nocapture
# One after the other: they break the servers that they share.
stage 'Tests: a cluster, and what can break' cargo test --release --test live cluster -- \
  --nocapture --test-threads=1
stage 'Tests: in the browser' scripts/browser-tests.sh

sum_up
