#!/usr/bin/env bash
# Packs the archive to install from: the binary, the site, units, example settings, the configurations of the
# surrounding servers, manual pages, completions, and the manuals. Two builds of one commit by one compiler
# give the same bytes.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$SECKILL_ROOT"

release=$(target_dir)/release
site=$SECKILL_ROOT/target/site
for made in "$release/server" "$release/hash.txt" "$site"; do
  [ -e "$made" ] || { echo "there is no $made: run make build" >&2; exit 1; }
done
version=$("$release/server" --version | sed -n '1s/^server //p')
name=seckill-$version-$(uname -m)-linux
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
folder=$staged/$name
mkdir -p "$folder/man" "$folder/completions" "$folder/docs" "$folder/deploy"

cp "$release/server" "$release/hash.txt" LICENSE README.md CHANGELOG.md SECURITY.md "$folder"
cp -r "$site" "$folder/site"
cp -r docs/*.md "$folder/docs"
cp -r deploy/systemd deploy/nginx deploy/prometheus deploy/grafana \
  deploy/postgres deploy/mariadb deploy/redis deploy/rabbitmq "$folder/deploy"
scripts/sbom.sh >"$folder/sbom.cdx.json"
"$release/server" manual --into "$folder/man"
for shell in bash zsh fish; do
  "$release/server" completions "$shell" >"$folder/completions/server.$shell"
done

# The commit's time if there is one, so that the archive's bytes do not depend on when it was packed.
packed_at=$(git log -1 --format=%ct 2>/dev/null || echo 0)
mkdir -p "$(target_dir)/dist"
archive=$(target_dir)/dist/$name.tar.gz
tar --create --directory "$staged" --sort=name --owner=0 --group=0 --numeric-owner \
  --mode=go-w,u+rw,a+rX --mtime="@$packed_at" "$name" | gzip --no-name --best >"$archive.part"
mv "$archive.part" "$archive"
(cd "$(dirname "$archive")" && sha256sum "$(basename "$archive")" | tee "$name.tar.gz.sha256")
if command -v dpkg-deb >/dev/null; then
  scripts/deb.sh "$folder" "$version" "$packed_at" "$(target_dir)/dist"
fi
