#!/usr/bin/env bash
# base-image.sh SUITE...: a minimal Debian as a docker-archive from the package archive alone, `localhost/lymphline-base:SUITE`, loaded into Docker and
# Podman; of the first suite also the forms that Apptainer and Charliecloud start. What exists is kept.
#
# The same package versions give the same bytes and so the same image id everywhere: file times are clamped to SOURCE_DATE_EPOCH, and the
# archive is written here (`docker import` would stamp the current time). The mirror is DEBIAN_MIRROR, else the machine's own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
base=${LYMPHLINE_RIG:?}/base
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1767225600}

mirror() {
  awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null ||
    awk '$1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) {print $i; exit}}' /etc/apt/sources.list
}

build() { # SUITE
  local suite=$1 work
  work=$(mktemp -d "$base/tmp.XXXXXX")
  # apt runs on the machine itself here, which has its certificates where they always are.
  "$here/host-config.sh" apt | grep -v CAInfo >"$work/apt.conf" || true
  # The exclusions are those of Debian's own slim images. The hook removes what the machine's settings left inside.
  # shellcheck disable=SC2016  # mmdebstrap expands $1
  mmdebstrap --quiet --variant=minbase --aptopt="$work/apt.conf" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --customize-hook='rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/hostname "$1"/etc/resolv.conf' \
    "$suite" "$work/layer.tar" "${DEBIAN_MIRROR:-$(mirror)}"
  "$here/write-archive.sh" "$work/layer.tar" "localhost/lymphline-base:$suite" "$(dpkg --print-architecture)" "mmdebstrap --variant=minbase $suite" "$base/$suite.tar"
  rm -rf "$work"
}

id_of() { tar -xOf "$base/$1.tar" manifest.json | sed -E 's/.*"Config":"([0-9a-f]{64})\.json".*/sha256:\1/'; }

load() { # ENGINE SUITE
  command -v "$1" >/dev/null || return 0
  if "$1" image inspect "$(id_of "$2")" >/dev/null 2>&1 && "$1" image inspect "localhost/lymphline-base:$2" >/dev/null 2>&1; then return; fi
  "$1" load --input "$base/$2.tar" >/dev/null
}

# FORM SUITE: beside each form, a record of the image that it is.
form() {
  local out=$base/$2.$1 work
  if [ -e "$out.json" ] && grep -qF "$(id_of "$2")" "$out.json"; then return; fi
  work=$(mktemp -d "$base/tmp.XXXXXX")
  export APPTAINER_TMPDIR=$work APPTAINER_CACHEDIR=$work
  case $1 in
    # Light compression: several times as fast as the default.
    sif) apptainer --quiet build --mksquashfs-args '-comp gzip -Xcompression-level 1' "$work/image" "docker-archive:$base/$2.tar" ;;
    sandbox) apptainer --quiet build --sandbox "$work/image" "docker-archive:$base/$2.tar" ;;
    dir) mkdir "$work/image"; tar -xOf "$base/$2.tar" layer.tar | tar -x -C "$work/image" --exclude='./dev/*' ;;
  esac
  rm -rf "$out" "$out.json"
  mv "$work/image" "$out"
  printf '{"image":"base","id":"%s","made":"convert"}\n' "$(id_of "$2")" >"$out.json"
  rm -rf "$work"
}

mkdir -p "$base"
for suite in "$@"; do
  if [ ! -f "$base/$suite.tar" ]; then build "$suite"; fi
  load docker "$suite"
  load podman "$suite"
done
if command -v apptainer >/dev/null; then form sif "$1"; form sandbox "$1"; fi
if command -v ch-run >/dev/null; then form dir "$1"; fi
