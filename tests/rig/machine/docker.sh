#!/usr/bin/env bash
# docker.sh up|down|status: a private Docker daemon with its own socket and data; no bridge, no firewall rules, no service of the machine touched.
set -euo pipefail
dir=${LYMPHLINE_RIG:?}/docker
export DOCKER_HOST=unix://$dir/docker.sock

answers() { [ -S "$dir/docker.sock" ] && timeout 30 docker version >/dev/null 2>&1; }

up() {
  if answers; then return; fi
  mkdir -p "$dir"
  # A pid file that a killed daemon left can name a stranger by now, and dockerd would not start.
  rm -f "$dir/docker.pid"
  # Likewise its containerd, for which dockerd would wait.
  [ "$(cat "/proc/$(cat "$dir/exec/containerd/containerd.pid" 2>/dev/null)/comm" 2>/dev/null)" = containerd ] || rm -f "$dir/exec/containerd/containerd.pid"
  # In a session of its own, or it would die with the shell that started it; without that shell's open files, or a lock of it would stay held.
  setsid dockerd --host "$DOCKER_HOST" --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/docker.pid" \
    --bridge=none --iptables=false --ip6tables=false >"$dir/dockerd.log" 2>&1 </dev/null 9>&- &
  local until=$((SECONDS + 180))
  while [ $SECONDS -lt $until ]; do if answers; then return; fi; sleep 0.1; done
  echo "dockerd did not answer within three minutes:" >&2
  tail -n 20 "$dir/dockerd.log" >&2
  return 1
}

down() {
  local pid
  pid=$(cat "$dir/docker.pid" 2>/dev/null || true)
  # Only a dockerd with our own socket is ours to stop.
  if [ -n "$pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "--host $DOCKER_HOST "; then
    docker ps -q | xargs -r docker kill >/dev/null 2>&1 || true
    kill "$pid"
    timeout 60 tail --pid="$pid" -f /dev/null || { echo "dockerd (process $pid) does not end" >&2; return 1; }
  fi
  rm -f "$dir/docker.pid" "$dir/docker.sock"
  umount "$dir/exec/netns/default" 2>/dev/null || true
}

case ${1:-} in up | down) "$1" ;; status) answers ;; *) sed -n 2p "$0" >&2; exit 2 ;; esac
