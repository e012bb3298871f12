#!/bin/bash
# Checks many snapshot documents with snapsh and with xmllint, and prints the ratios of one run.
#
# usage: Benchmarks/validate-xml.sh [COUNT]
#
# COUNT documents (2000) of about 5 KB, copies of a dump of a running guest. xmllint uses libvirt's own schema, which covers
# the guest's definition too, as snapsh does by default.
set -euo pipefail
cd "$(dirname "$0")/.."

count=${1:-2000}
snapsh=$PWD/.build/release/snapsh
[[ -x $snapsh ]] || { echo "build it first: make build" >&2; exit 1; }
command -v xmllint >/dev/null || { echo "xmllint is missing: install libxml2-utils" >&2; exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for ((i = 1; i <= count; i++)); do
  cp testdata/snapshotxml/dumps/qemu-full-external.xml "$scratch/$i.xml"
done
cd "$scratch"

# Prints wall-clock and processor seconds of a command on all documents: the best of three runs.
measure() {
  local TIMEFORMAT='%R %U' best=''
  for _ in 1 2 3; do
    best+=$( { time "$@" ./*.xml >/dev/null 2>&1; } 2>&1)$'\n'
  done
  sort -n <<<"$best" | sed '/^$/d' | head -1
}

read -r own_wall own_user < <(measure "$snapsh" -q xml validate)
read -r open_wall open_user < <(measure "$snapsh" -q xml validate --domain-schema none)
read -r lint_wall lint_user < <(measure xmllint --noout --nonet --relaxng /usr/share/libvirt/schemas/domainsnapshot.rng)
read -r trip_wall trip_user < <(measure "$snapsh" -q xml roundtrip)

row() { awk -v n="$1" -v w="$2" -v u="$3" -v lw="$lint_wall" -v lu="$lint_user" \
  'BEGIN { printf "%-42s %6.2f s  %6.2f s CPU  %5.2fx  %5.2fx CPU\n", n, w, u, w / lw, u / lu }'; }
echo "$count documents, $(stat -c %s 1.xml) bytes each; ratios to xmllint in this run"
row "xmllint with libvirt's schema" "$lint_wall" "$lint_user"
row "snapsh xml validate" "$own_wall" "$own_user"
row "snapsh xml validate --domain-schema none" "$open_wall" "$open_user"
row "snapsh xml roundtrip" "$trip_wall" "$trip_user"
