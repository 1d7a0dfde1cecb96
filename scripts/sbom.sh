#!/usr/bin/env bash
# Lists every crate compiled into the program and into the browser's part, as CycloneDX 1.5, which scanners
# compare with databases of vulnerabilities. Reads cargo's metadata; writes to standard output.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$SECKILL_ROOT"

metadata=$(mktemp)
trap 'rm -f "$metadata"' EXIT
# Leaves out test tools and crates for other systems.
cargo metadata --format-version 1 --locked \
  --filter-platform "$(rustc -vV | sed -n 's/^host: //p')" >"$metadata"
jq --arg time "$(git log -1 --format=%cI 2>/dev/null || true)" '
  # Our own crates are in no registry: the same name there would be somebody else'"'"'s crate.
  def published: (.source // "") | startswith("registry+");
  def purl: "pkg:cargo/\(.name)@\(.version | gsub("[+]"; "%2B"))";
  def reference: if published then purl else "\(.name)@\(.version)" end;
  (.packages | map({key: .id, value: .}) | from_entries) as $packages
  | (.resolve.nodes
     | map({key: .id,
            value: [.deps[] | select(any(.dep_kinds[]; .kind != "dev")) | .pkg]})
     | from_entries) as $needs
  | [.packages[] | select(.source == null and (.name == "server" or .name == "frontend")) | .id] as $roots
  # Breadth first, until no new crate is found.
  | {found: $roots, next: $roots}
  | until(.next == [];
      .found as $found
      | ([.next[] | $needs[.][]] | unique - $found) as $new
      | {found: ($found + $new), next: $new})
  | (.found | sort) as $all
  | {
      bomFormat: "CycloneDX",
      specVersion: "1.5",
      version: 1,
      metadata: ({
        component: {
          type: "application",
          "bom-ref": "seckill",
          name: "seckill",
          version: $packages[$roots[0]].version,
          licenses: [{expression: "MIT"}]
        }
      } + if $time == "" then {} else {timestamp: $time} end),
      components: [$all[] | $packages[.] | {
        type: "library",
        "bom-ref": reference,
        name,
        version
      } + if published then {purl: purl} else {} end
        + if .license then {licenses: [{expression: (.license | gsub("/"; " OR "))}]} else {} end],
      dependencies: ([{ref: "seckill", dependsOn: [$roots[] | $packages[.] | reference]}]
        + [$all[] | {ref: ($packages[.] | reference), dependsOn: ([$needs[.][] | $packages[.] | reference] | unique)}])
    }' "$metadata"
