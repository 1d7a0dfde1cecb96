#!/usr/bin/env bash
# Checks the compiled crates against deny.toml: licences, bans and sources always; known vulnerabilities where
# this machine has the RustSec database, whose age it prints.
#
# `dependencies.sh --fetch` updates the database first, which needs github.com.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$SECKILL_ROOT"

cargo deny --locked check licenses bans sources

[ "${1:-}" != --fetch ] || cargo deny fetch db
database=$(find "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs" -mindepth 2 -maxdepth 2 -name .git -print -quit 2>/dev/null || true)
if [ -z "$database" ]; then
  echo 'advisories: not checked, there is no database on this machine (make advisories fetches it)'
  exit
fi
age=$((($(date +%s) - $(git --git-dir="$database" log -1 --format=%ct)) / 86400))
echo "advisories: by a database of $age days ago"
cargo deny --locked --offline check advisories
