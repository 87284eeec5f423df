#!/bin/sh
# A Debian base image out of Debian's package archive alone, for machines that reach no container registry.
#
#   make-base.sh SUITE OUT.tar      a docker-archive of localhost/lymphline-base:SUITE
#
# The same package versions give the same bytes on every machine: file times are clamped, and the archive is written here rather than by an
# engine, which would stamp the current time. Needs root and mmdebstrap. Mirror: DEBIAN_MIRROR, else the first of this machine's own. The
# image's sources.list names that mirror: do not publish one made from a private mirror.
set -eu
suite=${1:?usage: make-base.sh SUITE OUT.tar} out=${2:?usage: make-base.sh SUITE OUT.tar}
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
# 2026-01-01; another one gives every image another id.
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1767225600}"

mirror() {
  { cat /etc/apt/sources.list.d/debian.sources 2>/dev/null || true; } | awk '/^URIs:/ {print $2; exit}'
  { cat /etc/apt/sources.list 2>/dev/null || true; } | awk '$1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) {print $i; exit}}'
}

command -v mmdebstrap >/dev/null || { echo "mmdebstrap is not installed" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "only root can make a base image" >&2; exit 1; }
from=${DEBIAN_MIRROR:-$(mirror | head -n 1)}
[ -n "$from" ] || { echo "apt names no Debian mirror here: name one in DEBIAN_MIRROR" >&2; exit 1; }
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT
sh "$here/host-config.sh" "$work/host"
# apt runs on this machine here, with the bundle in its usual place.
grep -v CAInfo "$work/host/apt.conf" >"$work/apt.conf" || true
# The excluded paths are those that the official slim images leave out; apt's settings of this machine leave with the hook.
# shellcheck disable=SC2016  # mmdebstrap expands $1, the root of the new system
mmdebstrap --quiet --variant=minbase --aptopt="$work/apt.conf" \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --customize-hook='rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/hostname "$1"/etc/resolv.conf' \
  "$suite" "$work/layer.tar" "$from"

layer=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%FT%TZ)
cat >"$work/config.json" <<JSON
{"architecture":"$(dpkg --print-architecture)","config":{"Cmd":["bash"],"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},"created":"$created","history":[{"created":"$created","created_by":"mmdebstrap --variant=minbase $suite"}],"os":"linux","rootfs":{"diff_ids":["sha256:$layer"],"type":"layers"}}
JSON
config=$(sha256sum "$work/config.json" | cut -d' ' -f1)
mv "$work/config.json" "$work/$config.json"
printf '[{"Config":"%s.json","RepoTags":["localhost/lymphline-base:%s"],"Layers":["layer.tar"]}]\n' "$config" "$suite" >"$work/manifest.json"
tar -C "$work" --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --sort=name -cf "$work/archive" manifest.json "$config.json" layer.tar
mv "$work/archive" "$out"
echo "sha256:$config"
