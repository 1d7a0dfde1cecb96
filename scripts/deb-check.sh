#!/usr/bin/env bash
# Installs a package into a separate root folder and starts the shop from there.
#   scripts/deb-check.sh PACKAGE
#   scripts/deb-check.sh --make      packs the current build first
set -euo pipefail
if [ "$1" = --make ]; then
  # shellcheck source=scripts/env.sh
  . "$(dirname "${BASH_SOURCE[0]}")/env.sh"
  "$SECKILL_ROOT/scripts/dist.sh"
  command -v dpkg-deb >/dev/null || { echo "no dpkg-deb here: there is no package to try"; exit 0; }
  # The newest: packages of earlier versions may be there too.
  package=$(find "$(target_dir)/dist" -name '*.deb' -printf '%T@ %p\n' | sort -rn | sed -n '1s/^[^ ]* //p')
else
  package=$1
fi
package=$(realpath "$package")
root=$(mktemp -d)
server=
stop() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$root"; }
trap stop EXIT

# dpkg looks for ldconfig and start-stop-daemon.
export PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$root/var/lib/dpkg/"{info,updates,triggers} "$root/usr/sbin"
touch "$root/var/lib/dpkg/status"
# The package's dependencies are on this machine; its scripts run without chroot.
dpkg --root="$root" --force-not-root --force-depends --force-script-chrootless \
  --log=/dev/null --install "$package"
for file in opt/seckill/server opt/seckill/site opt/seckill/hash.txt opt/seckill/sbom.cdx.json \
  etc/seckill/env.example lib/systemd/system/seckill@.service; do
  [ -e "$root/$file" ] || { echo "$file is missing" >&2; exit 1; }
done
# The service's user, which is not root, must be able to read these.
for readable in opt/seckill/server opt/seckill/docs/operations.md lib/systemd/system/seckill@.service etc/seckill; do
  case $(stat --format=%A "$root/$readable") in
    ???????r*) ;;
    *) echo "$readable is not readable for everybody" >&2; exit 1 ;;
  esac
done
port=$((20000 + RANDOM % 20000))
export SECKILL_ADDR=127.0.0.1:$port SECKILL_DATA_DIR=$root/var/lib/seckill \
  SECKILL_SITE_ROOT=$root/opt/seckill/site
"$root/opt/seckill/server" migrate
"$root/opt/seckill/server" serve >"$root/log" 2>&1 &
server=$!
for _ in $(seq 100); do
  if [ "$(curl --silent --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:$port/readyz")" = 200 ]; then
    "$root/opt/seckill/server" --version | sed -n 1p
    echo "the shop of $(basename "$package") is ready"
    exit 0
  fi
  kill -0 "$server" 2>/dev/null || break
  sleep 0.2
done
cat "$root/log" >&2
exit 1
