# Sourced by scripts/test.sh: runs the stages of a long check, names and times each one, and sums up.

STAGE_LOGS=$(mktemp -d)
STAGE_TABLE=$STAGE_LOGS/table
STAGES_PASSED=0
STAGES_FAILED=0
: >"$STAGE_TABLE"

# cpu_seconds: sets CPU to the processor time, in seconds, of everything this shell has started.
cpu_seconds() {
  # Not in a pipe or a substitution: those are other shells, which have started nothing.
  times >"$STAGE_LOGS/times"
  CPU=$(awk -F '[ms ]+' 'NR == 2 { printf "%.0f", ($1 + $3) * 60 + $2 + $4 }' "$STAGE_LOGS/times")
}

# stage NAME COMMAND…: runs one stage; a failed one is counted, and the run goes on.
stage() {
  local name=$1 started=$SECONDS log result=0 verdict=passed cpu
  cpu_seconds
  cpu=$CPU
  shift
  log=$STAGE_LOGS/$((STAGES_PASSED + STAGES_FAILED + 100)).log
  printf '\n=== %s\n' "$name"
  # The pipe's first status is the command's.
  "$@" 2>&1 | tee "$log"
  result=${PIPESTATUS[0]}
  if [ "$result" = 0 ]; then
    STAGES_PASSED=$((STAGES_PASSED + 1))
  else
    STAGES_FAILED=$((STAGES_FAILED + 1))
    verdict=FAILED
  fi
  cpu_seconds
  printf '%-44s %6d s %6d s  %s\n' "$name" $((SECONDS - started)) $((CPU - cpu)) "$verdict" \
    >>"$STAGE_TABLE"
  printf -- '--- %s: %s after %d s\n' "$name" "$verdict" $((SECONDS - started))
  return "$result"
}

# key_stage NAME COMMAND…: like `stage`, but exits if it fails: later stages need its result.
key_stage() {
  stage "$@" || { sum_up; exit 1; }
}

# Failed tests, as the test runners name them, with the first words of the reason; a panic's words are on the
# lines after it.
failures() {
  awk '
    /^thread .* panicked at / { words = 4 }
    /^(stack backtrace|note):/ { words = 0 }
    words-- > 0 || /^test .* FAILED$|^ +\[[a-z-]+\] › |^ +(Test timeout|Error: )/
  ' "$STAGE_LOGS"/*.log | cut -c 1-160 | head -n 60
}

# Prints the table, the closing lines of the test runners and what failed; fails when a stage
# failed.
sum_up() {
  printf '\n=== Summary\n%-44s %8s %8s\n' stage took CPU
  cat "$STAGE_TABLE"
  cpu_seconds
  printf '%-44s %6d s %6d s\n\n' 'all together' "$SECONDS" "$CPU"
  grep -hE '^test result: |^ +[0-9]+ (passed|failed|flaky|skipped|did not run)' "$STAGE_LOGS"/*.log || true
  [ "$STAGES_FAILED" = 0 ] || failures
  printf 'stages: %d passed, %d failed\n' "$STAGES_PASSED" "$STAGES_FAILED"
  rm -rf "$STAGE_LOGS"
  [ "$STAGES_FAILED" = 0 ]
}
