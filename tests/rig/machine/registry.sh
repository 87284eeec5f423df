#!/usr/bin/env bash
# registry.sh up|push TAR NAME|down: a container registry on loopback (port LYMPHLINE_RIG_PORT, default 5055), for tests that pull by digest. `push`
# prints the reference by digest. Docker pulls from loopback without TLS by itself, Podman and skopeo with --tls-verify=false.
set -euo pipefail
dir=${LYMPHLINE_RIG:?}/registry
address=127.0.0.1:${LYMPHLINE_RIG_PORT:-5055}

running() {
  local pid
  pid=$(cat "$dir/pid" 2>/dev/null) && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "docker-registry serve $dir/config.yml"
}

up() {
  if running; then return; fi
  mkdir -p "$dir"
  printf 'version: 0.1\nstorage:\n  filesystem: {rootdirectory: %s}\nhttp:\n  addr: %s\n' "$dir/data" "$address" >"$dir/config.yml"
  setsid docker-registry serve "$dir/config.yml" >"$dir/log" 2>&1 </dev/null 9>&- &
  echo $! >"$dir/pid"
  for _ in $(seq 100); do if (exec 3<>"/dev/tcp/${address/://}") 2>/dev/null; then return; fi; sleep 0.05; done
  echo "the registry did not answer within 5 s: $dir/log" >&2
  return 1
}

case ${1:-} in
  up) up ;;
  push)
    skopeo copy --quiet --dest-tls-verify=false --digestfile "$dir/digest" "docker-archive:${2:?TAR}" "docker://$address/${3:?NAME}"
    echo "$address/${3%:*}@$(cat "$dir/digest")"
    ;;
  down) if running; then kill "$(cat "$dir/pid")"; fi; rm -rf "$dir" ;;
  *) sed -n 2,3p "$0" >&2; exit 2 ;;
esac
