#!/bin/sh
# What an image build has to know of this machine's package clients: proxy, index and certificate settings of apt and pip, and the bundle of
# certificates that the machine trusts. They go into a build as secrets, so that no Containerfile, layer or history holds them.
#
#   host-config.sh DIR     writes DIR/apt.conf, DIR/pip.conf and DIR/ca.pem; an empty file means "nothing to say"
set -eu
target=${1:?usage: host-config.sh DIR}
# Where the Containerfiles mount the bundle.
inside=/etc/host-ca.pem

bundle() {
  for file in "${PIP_CERT:-}" "${REQUESTS_CA_BUNDLE:-}" "${SSL_CERT_FILE:-}" "${CURL_CA_BUNDLE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
    if [ -n "$file" ] && [ -s "$file" ]; then echo "$file"; return; fi
  done
}

apt_settings() {
  if [ -n "$(bundle)" ]; then echo "Acquire::https::CAInfo \"$inside\";"; fi
  if command -v apt-config >/dev/null; then
    apt-config dump --format '%F "%v";%n' |
      grep -iE '^Acquire::([a-z]+::)*(Proxy|Proxy-Auto-Detect|Verify-Peer|Verify-Host|Retries|Timeout|Check-Valid-Until|Check-Date)[ :]' || true
  fi
  # Without apt on this machine the usual variables are all there is.
  for scheme in http https; do
    value=$(eval "echo \"\${${scheme}_proxy:-}\"")
    if [ -n "$value" ]; then echo "Acquire::$scheme::Proxy \"$value\";"; fi
  done
}

# pip's own answer, from its files and variables, of which the later in rank wins as it does in pip. Paths of this machine mean nothing inside.
pip_settings() {
  echo '[global]'
  if [ -n "$(bundle)" ]; then echo "cert = $inside"; fi
  { python3 -m pip config list 2>/dev/null || true; } | awk -v quote="'" '
    match($0, /^(global|install|:env:)\.(index-url|extra-index-url|trusted-host|proxy|timeout|default-timeout|retries)=/) {
      name = substr($0, 1, RLENGTH - 1); value = substr($0, RLENGTH + 1)
      origin = name; sub(/\.[^.]*$/, "", origin); sub(/^.*\./, "", name); sub(/^default-/, "", name)
      gsub("^" quote "|" quote "$", "", value); gsub(/\\n/, "\n    ", value)
      rank = index("global install :env:", origin)
      if (rank >= best[name]) { best[name] = rank; setting[name] = value }
    }
    END { for (name in setting) print name " = " setting[name] }' | LC_ALL=C sort
}

mkdir -p "$target"
# A proxy setting can hold a password.
umask 077
file=$(bundle)
if [ -n "$file" ]; then cat "$file" >"$target/ca.pem"; else : >"$target/ca.pem"; fi
apt_settings >"$target/apt.conf"
pip_settings >"$target/pip.conf"
