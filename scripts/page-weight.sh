#!/usr/bin/env bash
# Measures a phone's downloads for a purchase: an item's page with its styles, scripts and wasm, compressed
# with brotli, as served and at best. Fails above the budget. Pictures are not counted.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/release-server.sh
. "$SECKILL_ROOT/scripts/release-server.sh"

# The weight of a page after the last additions: early answers, the bar of small screens, the panel's own
# error texts, following a payment, the count of messages, shipped orders, and texts for closed switches. It
# should only become smaller.
BUDGET=167000

start_server
item=$(curl -fsS "$SERVER_URL/api/rounds" | jq -r '[.[].items[].item_id][0]')
[ "$item" != null ] || { echo 'the demonstration has no item'; exit 1; }

plain=$SERVER_FOLDER/plain
served_total=0 best_total=0
weigh() {
  local path=$1 served best
  curl -fsS -o "$plain" "$SERVER_URL$path"
  served=$(curl -fsS -H 'Accept-Encoding: br' -o /dev/null -w '%{size_download}' "$SERVER_URL$path")
  best=$(brotli -q 11 -c "$plain" | wc -c)
  printf '%-60s %9d %9d %9d\n' "${path:0:60}" "$(wc -c <"$plain")" "$served" "$best"
  served_total=$((served_total + served)) best_total=$((best_total + best))
}

printf '%-60s %9s %9s %9s\n' file plain served best
weigh "/items/$item"
# The files that the page links, and the scripts that those scripts import.
pages=$(grep -oE '/pkg/[^"'"'"' )`]+\.(css|js|wasm)' "$plain" | sort -u)
for script in $(grep '\.js$' <<<"$pages"); do
  pages+=$'\n'$(curl -fsS "$SERVER_URL$script" |
    grep -oE '(from|import)[ ]*["'"'"'][^"'"'"']+\.js' | sed -E 's/.*["'"'"'](.*\/)?/\/pkg\//' || true)
done
for path in $(sort -u <<<"$pages"); do
  weigh "$path"
done
printf '%-60s %9s %9d %9d\n' "together, of $BUDGET bytes" '' "$served_total" "$best_total"

for kind in css js wasm; do
  grep -q "\.$kind\$" <<<"$pages" || { echo "the page links no $kind"; exit 1; }
done
[ "$served_total" -le $BUDGET ] && [ "$best_total" -le $BUDGET ] || { echo 'too heavy'; exit 1; }
