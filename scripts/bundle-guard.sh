#!/usr/bin/env bash
# Every phone downloads the front end: fails when it contains one of the server's crates.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$SECKILL_ROOT"

unwanted='tokio(-.*)?|redis|lapin|sea-orm(-.*)?|sqlx(-.*)?|axum(-.*)?|leptos_axum|hyper(-.*)?|reqwest|captcha|server'
crates=$(cargo tree -p frontend --target wasm32-unknown-unknown -e normal,no-proc-macro --prefix none |
  awk '{ print $1 }' | sort -u)
printf 'the front end is made of %d crates\n' "$(wc -l <<<"$crates")"
if found=$(grep -xE "$unwanted" <<<"$crates"); then
  printf 'the server'"'"'s crate %s is in the front end\n' $found
  exit 1
fi
