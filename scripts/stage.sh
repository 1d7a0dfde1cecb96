# Sourced by scripts/test.sh: runs the stages of a long check, names each one, times it, and sums up.
# A stage whose work waits for others, or has time, may begin early: it runs beside the stages before
# it and is shown, whole, in its turn.

STAGE_LOGS=$(mktemp -d)
STAGE_TABLE=$STAGE_LOGS/table
STAGES_PASSED=0
STAGES_FAILED=0
# What the stages said, in their order.
STAGE_SAID=()
# The process groups of the stages that have begun early.
declare -A STAGE_EARLY=()
: >"$STAGE_TABLE"

# Also when this run is broken off: nothing that has begun goes on.
end_early_stages() {
  local group
  for group in "${STAGE_EARLY[@]}"; do
    kill -- "-$group" 2>/dev/null || true
  done
  STAGE_EARLY=()
}
trap end_early_stages EXIT

# measured RECORD COMMAND…: runs a command, and writes its result, how long it took and its seconds of
# processor time to a file. For a shell of its own, which has started nothing else.
measured() {
  local record=$1 started=$SECONDS result=0
  shift
  "$@" || result=$?
  times >"$record.times"
  awk -F '[ms ]+' -v result="$result" -v took=$((SECONDS - started)) \
    'NR == 2 { printf "%d %d %.0f\n", result, took, ($1 + $3) * 60 + $2 + $4 }' \
    "$record.times" >"$record"
}

# What a stage has said, and its record, are files that its name gives.
log_of() { echo "$STAGE_LOGS/${1//[^[:alnum:]]/-}.log"; }

# begin NAME COMMAND…: starts a stage whose turn comes later (`finish NAME`).
begin() {
  local name=$1 log
  shift
  log=$(log_of "$name")
  # A process group of its own, so that all that it started can be ended.
  set -m
  measured "${log%.log}" "$@" >"$log" 2>&1 </dev/null &
  set +m
  STAGE_EARLY[$name]=$!
}

# finish NAME: a stage that has begun, in its turn.
finish() {
  local name=$1 log
  log=$(log_of "$name")
  printf '\n=== %s\n' "$name"
  # What it has said so far, and the rest as it comes.
  tail --pid="${STAGE_EARLY[$name]}" --lines=+1 --follow "$log"
  wait "${STAGE_EARLY[$name]}"
  unset "STAGE_EARLY[$name]"
  close_stage "$name" ', beside others'
}

# stage NAME COMMAND…: runs one stage; a failed one is counted, and the run goes on.
stage() {
  local name=$1 log
  shift
  log=$(log_of "$name")
  printf '\n=== %s\n' "$name"
  measured "${log%.log}" "$@" 2>&1 | tee "$log"
  close_stage "$name"
}

# close_stage NAME [HOW]: counts what a stage left behind.
close_stage() {
  local name=$1 how=${2:-} record result took cpu verdict=passed
  record=$(log_of "$name")
  STAGE_SAID+=("$record")
  # No record: it was ended from outside.
  read -r result took cpu 2>/dev/null <"${record%.log}" || result=1 took=0 cpu=0
  if [ "$result" = 0 ]; then
    STAGES_PASSED=$((STAGES_PASSED + 1))
  else
    STAGES_FAILED=$((STAGES_FAILED + 1))
    verdict=FAILED
  fi
  printf '%-44s %6d s %6d s  %s%s\n' "$name" "$took" "$cpu" "$verdict" "$how" >>"$STAGE_TABLE"
  printf -- '--- %s: %s after %d s\n' "$name" "$verdict" "$took"
  return "$result"
}

# key NAME_OF_FUNCTION ARGUMENTS…: as `stage` or `finish`, but nothing after it makes sense without it.
key() {
  "$@" || { sum_up; exit 1; }
}

# What failed, as the test runners name it, with the first words of why: those of a panic are on the
# lines after it.
failures() {
  awk '
    /^thread .* panicked at / { words = 4 }
    /^(stack backtrace|note):/ { words = 0 }
    words-- > 0 || /^test .* FAILED$|^ +\[[a-z-]+\] › |^ +(Test timeout|Error: )/
  ' "${STAGE_SAID[@]}" | cut -c 1-160 | head -n 60
}

# Prints the table, the closing lines of the test runners and what failed; fails when a stage
# failed.
sum_up() {
  end_early_stages
  printf '\n=== Summary\n%-44s %8s %8s\n' stage took CPU
  cat "$STAGE_TABLE"
  # The seconds of processor time stand before the verdict.
  awk -F ' s ' -v took="$SECONDS" \
    '{ cpu += $2 } END { printf "%-44s %6d s %6d s\n\n", "all together", took, cpu }' "$STAGE_TABLE"
  grep -hE '^test result: |^ +[0-9]+ (passed|failed|flaky|skipped|did not run)' "${STAGE_SAID[@]}" || true
  [ "$STAGES_FAILED" = 0 ] || failures
  printf 'stages: %d passed, %d failed\n' "$STAGES_PASSED" "$STAGES_FAILED"
  rm -rf "$STAGE_LOGS"
  [ "$STAGES_FAILED" = 0 ]
}
