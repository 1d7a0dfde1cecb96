#!/usr/bin/env bash
# Makes a package for Debian and its relatives from an archive's folder: the program and its files in /opt/seckill,
# units where systemd looks for them, /etc/seckill for settings. The units create the user and /var/lib/seckill. Nothing
# is started: a shop needs settings first.
#   scripts/deb.sh FOLDER VERSION EPOCH_SECONDS INTO
set -euo pipefail
folder=$1 version=$2 epoch=$3 into=$4
architecture=$(dpkg --print-architecture)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

install -d "$root/opt" "$root/lib/systemd/system" "$root/usr/share/doc/seckill" "$root/DEBIAN"
# The service's user reads certificates and texts here; only root can read files with passwords.
install -d -m 0755 "$root/etc/seckill"
cp -r "$folder" "$root/opt/seckill"
mv "$root/opt/seckill/deploy/systemd/"*.service "$root/lib/systemd/system/"
install -m 0644 "$root/opt/seckill/LICENSE" "$root/usr/share/doc/seckill/copyright"
install -m 0600 "$root/opt/seckill/deploy/systemd/seckill.env.example" "$root/etc/seckill/env.example"

cat >"$root/DEBIAN/control" <<CONTROL
Package: seckill
Version: $version
Architecture: $architecture
Maintainer: The seckill project <noreply@localhost>
Depends: libc6, ca-certificates
Recommends: nginx
Section: web
Priority: optional
Installed-Size: $(du -sk "$root" | cut -f1)
Description: flash-sale shop in one program
 Pages, an engine that sells exactly what there is, and the workers behind it. It runs on a folder
 of its own, or on Redis, RabbitMQ and PostgreSQL or MariaDB. The manual is in /opt/seckill/docs.
CONTROL
# dpkg keeps the administrator's changes when the package is upgraded.
echo /etc/seckill/env.example >"$root/DEBIAN/conffiles"
cat >"$root/DEBIAN/postinst" <<'POSTINST'
#!/bin/sh
set -e
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
POSTINST
chmod 0755 "$root/DEBIAN/postinst"

# Independent of the packer's umask.
chmod 0755 "$root" "$root/etc"
chmod -R go-w,u+rw,a+rX "$root/DEBIAN" "$root/lib" "$root/opt" "$root/usr"
export SOURCE_DATE_EPOCH=$epoch
package=$into/seckill_${version}_$architecture.deb
find "$root" -exec touch --no-dereference --date="@$epoch" {} +
dpkg-deb --root-owner-group -Zgzip --build "$root" "$package"
(cd "$into" && sha256sum "$(basename "$package")" | tee "$(basename "$package").sha256")
