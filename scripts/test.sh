#!/usr/bin/env bash
# All stages of `make test`, in order. Later stages run even when an earlier one failed, unless they need its
# result.
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
# Always the whole server side, see `default-members`. `app` for the browser is another program: never both at
# once.
stage 'Lint: pages and server' cargo clippy --all-targets -- -D warnings
stage 'Lint: browser' cargo clippy -p frontend --target wasm32-unknown-unknown -- -D warnings
stage 'Lint: browser tests' npm --prefix end2end run --silent check
TESTS=(--lib --bins --test suite --test memory --test with_servers)
stage 'Build of the tests' cargo test --no-run "${TESTS[@]}"
# Many tests wait for a clock or a server, so more run at a time than there are processors.
stage 'Tests: pages and server' cargo test "${TESTS[@]}" -- --test-threads=6
# The same contracts on the servers of a cluster, which the tests start themselves. They mostly wait for
# those, so two tests run for each processor. Nothing else runs at the same time: calls to the servers have
# time limits, which a busy processor would exceed.
CONTRACTS=(cargo test --test suite -- --test-threads=4
  contract:: purchase::returns purchase::refusals purchase::waiting::a_
  payments::outcomes payments::races webhooks:: second_factor::)
stage 'Contracts: Redis, RabbitMQ, PostgreSQL' env SECKILL_TEST_STACK=postgres "${CONTRACTS[@]}"
stage 'Contracts: Redis Cluster, RabbitMQ, MariaDB' \
  env SECKILL_TEST_STACK=mariadb "${CONTRACTS[@]}"
stage 'What the browser may not get' scripts/bundle-guard.sh

# The same for the build and its tests, or the binary would be linked again in between.
BUILD_COMMIT=$(build_commit)
export BUILD_COMMIT
key_stage 'Release build' scripts/build.sh --with-live-tests
stage 'Page weight' scripts/page-weight.sh
stage 'Archive and package' scripts/deb-check.sh --make
stage 'Idle memory' scripts/idle-memory.sh
stage 'Tests: a live flash sale' cargo test --release --test live embedded -- --nocapture
# Three at a time: each test breaks a set of servers of its own, and most tests wait.
stage 'Tests: a cluster, and what can break' cargo test --release --test live cluster -- \
  --nocapture --test-threads=3
stage 'Tests: in the browser' scripts/browser-tests.sh

sum_up
