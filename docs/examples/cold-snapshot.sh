#!/bin/sh
# A cold snapshot of a guest, step by step, as a driver takes it: the guest is saved, its disks are archived, and it goes on
# where it was. Every answer is JSON, read with jq; every failure puts back what was taken away.
#
# Usage: cold-snapshot.sh URI DOMAIN ARCHIVE [SNAPSHOT]
#
#   ARCHIVE   a .vma file that does not exist yet
#   SNAPSHOT  name of an external snapshot of the same instant; the archived images stay as they are below its overlays
#
# Environment: SNAPSH    the program (snapsh)
#              DEVICES   what a save cannot keep, as XPath (/domain/devices/hostdev)
#              PATIENCE  seconds for the guest to let go of a device (30)
#
# Exit status: 0 done; 1 failed, the guest runs as before; 2 wrong usage; 3 not possible for this guest.
set -eu

[ $# -ge 3 ] || { echo "usage: $0 URI DOMAIN ARCHIVE [SNAPSHOT]" >&2; exit 2; }
uri=$1 domain=$2 archive=$3 snapshot=${4:-}
devices=${DEVICES:-/domain/devices/hostdev}
work=$(mktemp -d)
saved=no

call() { "${SNAPSH:-snapsh}" --json -c "$uri" "$@"; }
refuse() { echo "$0: $1" >&2; exit 3; }

# Whatever happens, the guest runs with its devices in the end.
put_back() {
  status=$?
  trap - EXIT INT TERM
  if [ "$saved" = yes ]; then call start "$domain" >&2 || status=1; fi
  for device in "$work"/device-*.xml; do
    [ -e "$device" ] || continue
    call attach-device "$domain" "$device" --live >&2 || status=1
  done
  rm -r "$work"
  exit "$status"
}
trap put_back EXIT
trap 'exit 1' INT TERM

# 1. State: a save needs a guest that runs or is paused. Containers have no memory that could be saved.
case $(call uri | jq -r .uri) in lxc*) refuse "containers cannot be saved" ;; esac
state=$(call domstate "$domain" | jq -r .state)
case $state in running | paused) ;; *) refuse "domain '$domain' is $state, not running" ;; esac

# 2. Host devices: the guest must let go of each before it can be saved. The first one is always the next.
first() { call dumpxml "$domain" --xpath "$devices[1]" | jq -r .xml; }
count=0
while xml=$(first) && [ -n "$xml" ]; do
  count=$((count + 1))
  device=$work/device-$count.xml
  printf '%s\n' "$xml" >"$work/taken.xml"
  call detach-device "$domain" "$work/taken.xml" --live >&2
  mv "$work/taken.xml" "$device"
  left=${PATIENCE:-30}
  while [ "$(first)" = "$xml" ]; do
    [ "$left" -gt 0 ] || { echo "$0: the guest does not let go of a device" >&2; rm "$device"; exit 1; }
    left=$((left - 1))
    sleep 1
  done
done

# 3. Managed save: memory to a file that libvirt keeps; the guest stands still from here on.
call managedsave "$domain" >&2
saved=yes

# 4. Copy: the disks as they are at this instant, and the definition, as one archive.
call dumpxml "$domain" --inactive | jq -r .xml >"$work/libvirt-domain.xml"
call domblklist "$domain" --inactive >"$work/disks.json"
set --
for target in $(jq -r '.disks[] | select(.device == "disk" and has("source")) | .target' "$work/disks.json"); do
  set -- "$@" -d "$(jq -r --arg target "$target" \
    '.disks[] | select(.target == $target) | "format=\(.format // "raw"):drive-\(.target)=\(.source)"' "$work/disks.json")"
done
call vma create "$archive" -c "$work/libvirt-domain.xml" "$@" >&2
call vma verify "$archive" >&2

# 5. Snapshot of the same instant, where one is wanted; the saved memory is told of the overlays.
if [ -n "$snapshot" ]; then
  call snapshot-create-as "$domain" "$snapshot" --disk-only --atomic --rewrite-managed-save >&2
fi

# 6. Start: the guest goes on where it was, and put_back gives it its devices again.
call start "$domain" >&2
saved=no
call vma list "$archive"
