#!/usr/bin/env bash
# install.sh [PART...]: the Debian packages that tests use, only those that are missing; starts nothing. install.sh --check says what is there.
#
#   base          mmdebstrap, procps, strace               docker        dockerd and its client
#   podman        podman, buildah, runc, catatonit    charliecloud  ch-run, skopeo, umoci
#   registry      docker-registry                     apptainer     from Debian unstable, in LYMPHLINE_RIG
#   tools         STAR, samtools, kallisto, bustools  r             R with edgeR, limma, jsonlite
#   slurm         slurmctld, slurmd, slurmdbd and what they need: munge, MariaDB
#   chromium      a browser for the report page       anndata       two versions of it from PyPI, each in a virtual environment of LYMPHLINE_RIG
#   ro-crate      the RO-Crate validator from PyPI, in another
#   airr          the validator of the AIRR community, from PyPI in a virtual environment of LYMPHLINE_RIG
set -euo pipefail
rig=${LYMPHLINE_RIG:?}
refreshed=$rig/refreshed.$$
patient=(-o DPkg::Lock::Timeout=600 -o Acquire::Retries=5)

install() {
  local missing=() name
  for name in "$@"; do
    if [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" != installed ]; then missing+=("$name"); fi
  done
  if [ ${#missing[@]} = 0 ]; then return; fi
  if [ ! -e "$refreshed" ]; then quietly apt-get "${patient[@]}" update -q; touch "$refreshed"; fi
  # What an interrupted installation left half done would stop this one.
  quietly dpkg --configure -a || true
  # policy-rc.d: no package may start a service of its own.
  local policy=/usr/sbin/policy-rc.d made=false status=0
  if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' >$policy; chmod 755 $policy; made=true; fi
  DEBIAN_FRONTEND=noninteractive quietly apt-get "${patient[@]}" install -y -q --no-install-recommends "${missing[@]}" || status=$?
  if $made; then rm -f $policy; fi
  return $status
}

# What a command says is of interest only when it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ $status != 0 ]; then tail -n 30 "$log" >&2; fi
  rm -f "$log"
  return $status
}

mirror() { awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null || awk '$1 == "deb" {print $2; exit}' /etc/apt/sources.list; }

# Debian 12 and 13 have no Apptainer. That of Debian unstable wants a newer C library, which it gets as loader and search path of its own:
# nothing of the machine changes. Its version is not pinned.
install_apptainer() {
  local to=$rig/apptainer work options arch libraries program
  if "$to/usr/bin/apptainer" --version >/dev/null 2>&1; then return; fi
  install patchelf squashfs-tools squashfuse fuse3 uidmap libseccomp2 libsqlite3-0 libsubid4 dpkg-dev
  arch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
  work=$rig/apptainer.tmp
  rm -rf "$to" "$work"
  mkdir -p "$work/lists/partial" "$work/archives/partial" "$to/glibc"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${DEBIAN_MIRROR:-$(mirror)} ${APPTAINER_SUITE:-sid} main" >"$work/sources.list"
  options=("${patient[@]}" -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists" -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives" -o APT::Sandbox::User=root)
  quietly apt-get "${options[@]}" update -q
  (cd "$work" && quietly apt-get "${options[@]}" download apptainer libc6)
  dpkg -x "$work"/apptainer_*.deb "$work/program"
  dpkg -x "$work"/libc6_*.deb "$work/libc"
  cp -a "$work/program/usr" "$to/"
  cp -a "$work/program/etc" "$to/usr/etc"
  libraries=$work/libc/usr/lib/$arch
  cp -aL "$libraries"/{ld-linux-*.so.*,libc.so.6,libm.so.6,libpthread.so.0,libdl.so.2,libresolv.so.2,librt.so.1} "$to/glibc/"
  # A program that has moved looks for /etc/apptainer and /var/lib/apptainer beside itself.
  ln -sfn ../etc "$to/usr/lib/etc"
  mkdir -p "$to/usr/var/lib/apptainer/mnt/session" "$to/usr/lib/var/lib/apptainer/mnt/session"
  echo '{}' >"$to/usr/etc/apptainer/capability.json"
  for program in "$to/usr/bin/apptainer" "$to/usr/lib/$arch/apptainer/bin/starter"; do
    patchelf --set-interpreter "$(echo "$to"/glibc/ld-linux-*.so.*)" --set-rpath "$to/glibc:/usr/lib/$arch" "$program"
  done
  # Without CAP_SYS_RESOURCE "full" capabilities cannot be had; without systemd its cgroup manager cannot be asked.
  sed -i 's/^root default capabilities = full/root default capabilities = no/; s/^systemd cgroups = yes/systemd cgroups = no/' "$to/usr/etc/apptainer/apptainer.conf"
  chmod -R a+rX "$to"
  rm -rf "$work"
  "$to/usr/bin/apptainer" --version >/dev/null
}

# The oldest version that files must open in, and the newest for Debian 12's Python; what comes after it is in the image scanpy.
install_anndata() {
  local version to
  install python3-venv
  for version in 0.8 0.12; do
    to=$rig/anndata/$version
    if [ -e "$to/complete" ]; then continue; fi
    rm -rf "$to"
    quietly python3 -m venv "$to"
    quietly "$to/bin/pip" install --timeout 60 --retries 6 --only-binary=:all: -r "$(dirname "$0")/anndata-$version.txt"
    touch "$to/complete"
  done
}

install_ro_crate() {
  local to=$rig/ro-crate
  install python3-venv
  if [ -e "$to/complete" ]; then return; fi
  rm -rf "$to"
  quietly python3 -m venv "$to"
  quietly "$to/bin/pip" install --timeout 60 --retries 6 --only-binary=:all: -r "$(dirname "$0")/ro-crate.txt"
  touch "$to/complete"
}

# It has no wheel.
install_airr() {
  local to=$rig/airr
  if [ -e "$to/complete" ]; then return; fi
  install python3-venv
  rm -rf "$to"
  quietly python3 -m venv "$to"
  quietly "$to/bin/pip" install --timeout 60 --retries 6 --only-binary=:all: --no-binary=airr -r "$(dirname "$0")/airr.txt"
  touch "$to/complete"
}

part() {
  case $1 in
    base) install mmdebstrap procps strace ;;
    docker) install docker.io ;;
    podman) install podman buildah runc catatonit uidmap ;;
    charliecloud) install charliecloud skopeo umoci ;;
    registry) install docker-registry skopeo ;;
    apptainer) install_apptainer ;;
    tools) install rna-star samtools kallisto bustools ;;
    r) install r-base-core r-bioc-edger r-bioc-limma r-cran-jsonlite r-cran-statmod ;;
    slurm) install slurmctld slurmd slurm-client slurmdbd munge mariadb-server iproute2 ;;
    chromium) install chromium fonts-dejavu-core ;;
    anndata) install_anndata ;;
    ro-crate) install_ro_crate ;;
    airr) install_airr ;;
    *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p;}' "$0" >&2; return 2 ;;
  esac
}

check() {
  local name package version
  for name in base:mmdebstrap docker:docker.io podman:podman charliecloud:charliecloud registry:docker-registry tools:rna-star r:r-bioc-limma slurm:slurmctld chromium:chromium; do
    version=$(dpkg-query -W -f='${db:Status-Status} ${Version}' "${name#*:}" 2>/dev/null | sed -n 's/^installed //p' || true)
    printf '%-13s %s\n' "${name%%:*}" "${version:-missing}"
  done
  version=$("$rig/apptainer/usr/bin/apptainer" --version 2>/dev/null || true)
  printf '%-13s %s\n' apptainer "${version:-missing}"
  printf '%-13s %s\n' airr "$([ -e "$rig/airr/complete" ] && "$rig/airr/bin/python" -c 'from importlib.metadata import version; print(version("airr"))' || echo missing)"
  printf '%-13s %s\n' anndata "$(cd "$rig/anndata" 2>/dev/null && echo * || echo missing)"
  printf '%-13s %s\n' ro-crate "$([ -e "$rig/ro-crate/complete" ] && echo there || echo missing)"
}

if [ "${1:-}" = --check ]; then check; exit; fi
if [ $# = 0 ]; then set -- base docker podman charliecloud registry apptainer tools r slurm chromium anndata airr ro-crate; fi
# One that cannot be had keeps no other from being there. (Asked for with `if` or `||`, a part would go on after an error.)
trap 'rm -f "$refreshed"' EXIT
status=0
for name in "$@"; do
  set +e
  (trap - EXIT; set -e; part "$name")
  if [ $? = 0 ]; then continue; fi
  echo "$name could not be installed" >&2
  # Unpinned and rebuilt: a broken unstable must not keep the other engines from being tested.
  if [ "$name" != apptainer ]; then status=1; fi
done
exit $status
