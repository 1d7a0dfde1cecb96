# Sourced by every recipe and script: the compiler and the tools that the build uses.
#
# The project is built with the default toolchain when that is new enough and can compile for wasm,
# else with Debian's own one (`scripts/setup.sh` installs and links it as `debian`). Nothing is
# pinned in a rust-toolchain.toml: rustup would try to download what is named there.

# The repository, wherever the caller stands.
SECKILL_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export SECKILL_ROOT

# The oldest compiler that everything here builds with, the build tool included.
SECKILL_RUSTC_MIN=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$SECKILL_ROOT/Cargo.toml")
export SECKILL_RUSTC_MIN

case ":$PATH:" in
  *":$SECKILL_ROOT/end2end/node_modules/.bin:"*) ;;
  # Ours first: a system's wasm-opt may be too old for what the compiler emits.
  *) PATH=$SECKILL_ROOT/end2end/node_modules/.bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH ;;
esac
export PATH

# Is version $1 at least version $2?
version_at_least() {
  [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

# The compiler of the toolchain in use, as `1.96.0`; nothing when there is none.
rustc_version() {
  rustc --version 2>/dev/null | awk '{ print $2 }'
}

# Is the compiler in use new enough, and has it a standard library for wasm?
toolchain_fits() {
  local version libraries
  version=$(rustc_version)
  [ -n "$version" ] && version_at_least "${version%%-*}" "$SECKILL_RUSTC_MIN" || return 1
  libraries=$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null) || return 1
  compgen -G "$libraries/libstd-*.rlib" >/dev/null
}

if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && ! toolchain_fits &&
  RUSTUP_TOOLCHAIN=debian rustc --version >/dev/null 2>&1; then
  export RUSTUP_TOOLCHAIN=debian
fi

# Where cargo puts what it builds: the server's binary lies in its folder `release`, with hash.txt,
# which names the hashed assets, beside it.
target_dir() {
  cargo metadata --manifest-path "$SECKILL_ROOT/Cargo.toml" --no-deps --format-version 1 |
    sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

# The commit that a release is built from, for `server --version`; `+` where files were changed since, and
# nothing outside a repository. Who builds without one (an archive, an image) sets BUILD_COMMIT.
build_commit() {
  local changed
  if [ -z "${BUILD_COMMIT:-}" ] && git -C "$SECKILL_ROOT" rev-parse --git-dir >/dev/null 2>&1; then
    changed=$(git -C "$SECKILL_ROOT" status --porcelain --untracked-files=no)
    BUILD_COMMIT=$(git -C "$SECKILL_ROOT" rev-parse --short=12 HEAD)${changed:++}
  fi
  echo "${BUILD_COMMIT:-}"
}

CHROMIUM_WITH_WINDOWS=/usr/bin/chromium

# The browser of the tests: the one that is asked for, else one without windows, else any.
chromium_path() {
  local path
  for path in ${CHROMIUM_PATH:-/usr/bin/chromium-headless-shell "$CHROMIUM_WITH_WINDOWS"}; do
    [ ! -x "$path" ] || { echo "$path"; return; }
  done
  return 1
}
