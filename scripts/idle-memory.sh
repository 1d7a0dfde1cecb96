#!/usr/bin/env bash
# Prints how much memory the server holds without visitors: after its start, and after one page.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/release-server.sh
. "$SECKILL_ROOT/scripts/release-server.sh"

resident_kb() { awk '/^VmRSS:/ { print $2 }' "/proc/$SERVER_PID/status"; }

# The server draws captcha pictures ahead in its first seconds: waits until the figure is stable.
settled_kb() {
  local before now
  before=$(resident_kb)
  for _ in $(seq 20); do
    sleep 1
    now=$(resident_kb)
    [ $((now - before)) -gt 64 ] || break
    before=$now
  done
  echo "$now"
}

[ -r /proc/self/status ] || { echo 'idle memory: no /proc here, nothing to read'; exit 0; }
start_server
printf 'resident after the start  %7d kB\n' "$(settled_kb)"
curl -fsS -o /dev/null "$SERVER_URL/"
printf 'resident after one page   %7d kB\n' "$(settled_kb)"
