#!/usr/bin/env bash
# base-image.sh SUITE...: a minimal Debian as a docker-archive from the package archive alone, `localhost/lymphline-base:SUITE`, loaded into Docker and
# Podman; of the first suite also the forms that Apptainer and Charliecloud start. What exists is kept.
set -euo pipefail
project=$(cd "$(dirname "$0")/../../.." && pwd)
base=${LYMPHLINE_RIG:?}/base

id_of() { tar -xOf "$base/$1.tar" manifest.json | sed -E 's/.*"Config":"([0-9a-f]{64})\.json".*/sha256:\1/'; }

load() { # ENGINE SUITE
  command -v "$1" >/dev/null || return 0
  if "$1" image inspect "$(id_of "$2")" >/dev/null 2>&1 && "$1" image inspect "localhost/lymphline-base:$2" >/dev/null 2>&1; then return; fi
  "$1" load --quiet --input "$base/$2.tar" >/dev/null
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
  if [ ! -f "$base/$suite.tar" ]; then sh "$project/containers/make-base.sh" "$suite" "$base/$suite.tar"; fi
  load docker "$suite"
  load podman "$suite"
done
if command -v apptainer >/dev/null; then form sif "$1"; form sandbox "$1"; fi
if command -v ch-run >/dev/null; then form dir "$1"; fi
