#!/usr/bin/env bash
# The test machine: container engines, base images and their forms, on a Debian 12 machine without a container registry and without systemd.
#
#   machine.sh up [PART...]   install what is missing, start the private Docker daemon, make base images; default parts: see install.sh
#   machine.sh env            the `export NAME=...` lines for a shell to eval: what is up, and nothing else
#   machine.sh status         the version of each engine, or that it is missing
#   machine.sh down           stop what `up` started, and Slurm clusters that a killed test left; images and packages stay
#
# Everything but the packages lives in LYMPHLINE_RIG (default ~/.cache/lymphline-rig; up to 36 characters, it holds sockets). `up` needs root,
# costs a second when all is there, and may be called again at any time.
set -euo pipefail
export HOME=${HOME:-/root}
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)/machine
export LYMPHLINE_RIG=${LYMPHLINE_RIG:-${XDG_CACHE_HOME:-$HOME/.cache}/lymphline-rig}

# podman's storage.conf names absolute paths, so that it is written here and not kept with the project.
write_podman_settings() {
  mkdir -p "$LYMPHLINE_RIG/podman"
  cp "$here/containers.conf" "$LYMPHLINE_RIG/podman/containers.conf"
  printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/podman/data"\nrunroot = "%s/podman/run"\n' "$LYMPHLINE_RIG" "$LYMPHLINE_RIG" >"$LYMPHLINE_RIG/podman/storage.conf"
}

environment() {
  echo "export LYMPHLINE_RIG=$LYMPHLINE_RIG"
  if "$here/docker.sh" status; then echo "export DOCKER_HOST=unix://$LYMPHLINE_RIG/docker/docker.sock"; fi
  if [ -f "$LYMPHLINE_RIG/podman/storage.conf" ]; then
    echo "export CONTAINERS_CONF=$LYMPHLINE_RIG/podman/containers.conf"
    echo "export CONTAINERS_STORAGE_CONF=$LYMPHLINE_RIG/podman/storage.conf"
  fi
  if [ -x "$LYMPHLINE_RIG/apptainer/usr/bin/apptainer" ]; then echo "export PATH=\$PATH:$LYMPHLINE_RIG/apptainer/usr/bin"; fi
  echo "export LYMPHLINE_IMAGES=\${LYMPHLINE_IMAGES:-$LYMPHLINE_RIG/store}"
  # ch-run refuses to start without it.
  echo "export USER=\${USER:-$(id -un)}"
}

# What fails is told at the end: the rest is there all the same.
up() {
  local status=0
  mkdir -p "$LYMPHLINE_RIG/store"
  write_podman_settings
  "$here/install.sh" "$@" || status=1
  if command -v dockerd >/dev/null; then "$here/docker.sh" up || status=1; fi
  eval "$(environment)"
  "$here/base-image.sh" trixie bookworm || status=1
  return $status
}

case ${1:-} in
  up)
    shift
    # Of a socket's name 108 characters count (unix(7)), and ours have up to 72 below this folder.
    if [ ${#LYMPHLINE_RIG} -gt 36 ]; then echo "machine.sh: $LYMPHLINE_RIG is too long a name for a folder that holds sockets: set LYMPHLINE_RIG to one of up to 36 characters" >&2; exit 1; fi
    mkdir -p "$LYMPHLINE_RIG"
    exec 9>"$LYMPHLINE_RIG/lock"
    flock 9
    up "$@"
    ;;
  env) environment ;;
  status) "$here/install.sh" --check; "$here/docker.sh" status || echo "the private Docker daemon is not up" ;;
  down) "$here/docker.sh" down; "$here/../slurm.sh" sweep ;;
  *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p;}' "$0" >&2; exit 2 ;;
esac
