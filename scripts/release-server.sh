# Sourced by the scripts that measure the release build: starts the server on a free port with a fresh data
# folder, and removes both when the script ends.

RELEASE_SERVER=$(target_dir)/release/server
SERVER_FOLDER=$(mktemp -d)
SERVER_PID=
SERVER_URL=

stop_server() {
  if [ -n "$SERVER_PID" ]; then
    kill "$SERVER_PID" 2>/dev/null || true
    wait "$SERVER_PID" 2>/dev/null || true
  fi
  rm -rf "$SERVER_FOLDER"
}
trap stop_server EXIT

# A port that is free right now; if another process takes it first, the caller tries another.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 20000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

# start_server: sets SERVER_URL and SERVER_PID, and returns when the server says it is ready.
start_server() {
  local attempt port until
  [ -x "$RELEASE_SERVER" ] || { echo "there is no $RELEASE_SERVER: run make build"; return 1; }
  for attempt in 1 2 3; do
    port=$(free_port)
    SECKILL_ADDR=127.0.0.1:$port SECKILL_DATA_DIR=$SERVER_FOLDER/data \
      SECKILL_SITE_ROOT=$SECKILL_ROOT/target/site \
      "$RELEASE_SERVER" >"$SERVER_FOLDER/log" 2>&1 &
    SERVER_PID=$!
    SERVER_URL=http://127.0.0.1:$port
    until=$((SECONDS + 20))
    while kill -0 "$SERVER_PID" 2>/dev/null && [ $SECONDS -lt $until ]; do
      curl -fs -o /dev/null "$SERVER_URL/readyz" && return
      sleep 0.05
    done
    echo "the server did not start (attempt $attempt):"
    tail -n 20 "$SERVER_FOLDER/log"
    kill "$SERVER_PID" 2>/dev/null || true
  done
  return 1
}
