#!/usr/bin/env bash
# host-config.sh apt|pip|ca: what a build inside a container has to know of this machine's package clients (proxy, index, certificates), to be
# handed to it as a build secret, so that neither a Containerfile nor an image holds it. Both settings name the certificates where the
# Containerfiles mount them.
set -euo pipefail
mounted=/etc/host-ca.pem

bundle() {
  local file
  for file in "${PIP_CERT:-}" "${REQUESTS_CA_BUNDLE:-}" "${SSL_CERT_FILE:-}" "${CURL_CA_BUNDLE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
    if [ -n "$file" ] && [ -s "$file" ]; then echo "$file"; return; fi
  done
}

apt_settings() {
  if [ -n "$(bundle)" ]; then echo "Acquire::https::CAInfo \"$mounted\";"; fi
  command -v apt-config >/dev/null || return 0
  apt-config dump --format '%F "%v";%n' | grep -iE '^Acquire::([a-z]+::)*(Proxy|Proxy-Auto-Detect|Verify-Peer|Verify-Host|Retries|Timeout|Check-Valid-Until|Check-Date)[ :]' || true
}

# pip's own answer from all its files and variables; what names a path of this machine stays behind. Later lines of pip's list win.
pip_settings() {
  echo '[global]'
  if [ -n "$(bundle)" ]; then echo "cert = $mounted"; fi
  python3 -m pip config list 2>/dev/null | sed -nE "s/^(global|install|:env:)\.(index-url|extra-index-url|trusted-host|proxy|timeout|retries)='(.*)'$/\2 = \3/p" | sed 's/\\n/\n    /g' || true
}

case ${1:-} in
  apt) apt_settings ;;
  pip) pip_settings ;;
  ca) file=$(bundle); if [ -n "$file" ]; then cat "$file"; fi ;;
  *) sed -n 2,4p "$0" >&2; exit 2 ;;
esac
