#!/usr/bin/env bash
# Runs the browser tests against the release build; arguments go to Playwright (`scripts/browser-tests.sh
# --project=desktop opening`). `--config pictures.config.ts` takes pictures instead.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
SECKILL_SERVER=$(target_dir)/release/server
CHROMIUM_PATH=$(chromium_path)
export SECKILL_SERVER CHROMIUM_PATH
cd "$SECKILL_ROOT/end2end"
exec playwright test "$@"
