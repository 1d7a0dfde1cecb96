# Sourced by every recipe and script: the compiler and the tools that the build uses.
#
# The project is built with the default toolchain if that is new enough and can compile for wasm, else with
# Debian's own one (`scripts/setup.sh` installs and links it as `debian`). No rust-toolchain.toml pins a
# version: rustup would try to download the version named there.

# The repository, whatever the caller's folder is.
SECKILL_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export SECKILL_ROOT

# The oldest compiler that builds everything here, including the build tool.
SECKILL_RUSTC_MIN=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$SECKILL_ROOT/Cargo.toml")
export SECKILL_RUSTC_MIN

case ":$PATH:" in
  *":$SECKILL_ROOT/end2end/node_modules/.bin:"*) ;;
  # Our own first: a system's wasm-opt may be too old for the compiler's output.
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

# Is the compiler in use new enough, and does it have a standard library for wasm?
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

# Debian's compiler links with the system's `ld`, which takes many times as long for our programs as its own
# linker (rustup's compiler uses that one anyway). The C compiler looks for `ld` in this folder first. A flag
# for the compiler would make Cargo build everything anew outside these scripts.
linker=$(rustc --print sysroot 2>/dev/null)/lib/rustlib/$(uname -m)-unknown-linux-gnu/bin/gcc-ld
[ ! -x "$linker/ld" ] || export COMPILER_PATH=$linker
unset linker

# Cargo's build folder: its folder `release` has the server's binary and, beside it, hash.txt with the names
# of the hashed assets.
target_dir() {
  cargo metadata --manifest-path "$SECKILL_ROOT/Cargo.toml" --no-deps --format-version 1 |
    sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

# The commit that a release is built from, for `server --version`; with `+` when files were changed since, and
# empty outside a repository. Builds without a repository (an archive, an image) set BUILD_COMMIT.
build_commit() {
  local changed
  if [ -z "${BUILD_COMMIT:-}" ] && git -C "$SECKILL_ROOT" rev-parse --git-dir >/dev/null 2>&1; then
    changed=$(git -C "$SECKILL_ROOT" status --porcelain --untracked-files=no)
    BUILD_COMMIT=$(git -C "$SECKILL_ROOT" rev-parse --short=12 HEAD)${changed:++}
  fi
  echo "${BUILD_COMMIT:-}"
}

CHROMIUM_WITH_WINDOWS=/usr/bin/chromium

# The browser for the tests: the one in CHROMIUM_PATH, else a headless one, else any.
chromium_path() {
  local path
  for path in ${CHROMIUM_PATH:-/usr/bin/chromium-headless-shell "$CHROMIUM_WITH_WINDOWS"}; do
    [ ! -x "$path" ] || { echo "$path"; return; }
  done
  return 1
}
