#!/usr/bin/env bash
# Real Slurm clusters of several virtual nodes on this one machine, on loopback only, each with daemons, ports and state of its own.
#
#   slurm.sh up NAME [--nodes N] [--cpus N] [--memory MB] [--dbd] [--no-limits] [--conf FILE] [--owner PID]
#   slurm.sh down NAME               end its jobs and daemons and remove its state
#   slurm.sh sweep                   the same for each cluster whose owner no longer runs
#   slurm.sh env NAME                the `export NAME=...` lines for a shell to eval
#   slurm.sh kill-node NAME NODE     SIGKILL of a slurmd, as when a machine dies; what it started goes on running, as after a cut cable
#   slurm.sh start-node NAME NODE
#   slurm.sh kill-ctld NAME          SIGKILL of the controller: what it had not yet saved is lost
#   slurm.sh stop-ctld NAME          its orderly end, everything saved
#   slurm.sh start-ctld NAME
#   slurm.sh save-ctld NAME          stop and start in order, and keep what it has saved
#   slurm.sh forget-ctld NAME        kill and start it with what `save-ctld` kept, as if it had saved nothing since
#   slurm.sh set NAME KEY=VALUE...   change the configuration of the running cluster
#
# Nodes are called NAME-1 ... NAME-N (default 4) and claim --cpus (2) and --memory (4000), whatever the machine has. Without --dbd there is no
# accounting: sacct refuses, and a job is forgotten MinJobAge after its end. Memory limits are those of cgroup v1, where the machine has it.
# --conf: more lines for slurm.conf. --owner: `sweep`, which every `up` begins with, ends the cluster once that process has died.
#
# Needs root and `machine.sh up slurm`. All of a cluster lives in LYMPHLINE_RIG/slurm/NAME. LYMPHLINE_RIG has up to 36 characters: it holds sockets.
set -euo pipefail
export HOME=${HOME:-/root}
rig=${LYMPHLINE_RIG:-${XDG_CACHE_HOME:-$HOME/.cache}/lymphline-rig}
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p;}' "$0" >&2; exit 2; }
die() { echo "slurm.sh: $*" >&2; exit 1; }

use_cluster() {
  [[ ${1:-} =~ ^[a-z][a-z0-9]{0,15}$ ]] || die "a cluster is called by up to 16 small letters and digits, not \"${1:-}\""
  name=$1
  home=$rig/slurm/$name
  export SLURM_CONF=$home/slurm.conf
}

# SECONDS COMMAND...
wait_for() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do [ $SECONDS -le $until ] || return 1; sleep 0.05; done
}

# Slurm's daemons listen at the address of their host's name. Each gets a host called localhost, which is loopback whatever this machine is
# called; and none of our open files, or a lock of the caller would be held for as long as the cluster is up.
daemon() {
  # shellcheck disable=SC2016  # for the inner shell
  unshare --uts sh -c 'hostname localhost; exec "$@"' sh "$@" </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
}

# The process of a pid file, if it is still that daemon of this cluster: a number is given again once its process is gone.
pid_of() {
  local pid
  pid=$(cat "$home/run/$1.pid" 2>/dev/null) || return 1
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "${1%%-*}" ] && cat "/proc/$pid/cmdline" "/proc/$pid/environ" 2>/dev/null | grep -qaF "$home/" && echo "$pid"
}

# In a container without an init nobody collects the dead: a zombie has ended too.
has_ended() {
  local pid
  for pid in "$@"; do [[ $(sed -n 's/^State:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null) =~ ^(Z.*)?$ ]] || return 1; done
}

stop_daemons() {
  local one pid pids=()
  for one in "$@"; do if pid=$(pid_of "$one"); then pids+=("$pid"); fi; done
  if [ ${#pids[@]} = 0 ]; then return; fi
  kill "${pids[@]}" 2>/dev/null || true
  wait_for 3 has_ended "${pids[@]}" || kill -s KILL "${pids[@]}" 2>/dev/null || true
  wait_for 5 has_ended "${pids[@]}" || die "these do not end: ${pids[*]}"
}

start_munged() {
  (umask 077; head -c 1024 /dev/urandom >"$home/munge.key")
  daemon munged --force --key-file="$home/munge.key" --socket="$home/run/munge.sock" --pid-file="$home/run/munged.pid" --log-file="$home/log/munged.log" --seed-file="$home/run/munged.seed"
}

start_accounting() {
  local socket=$home/run/mysql.sock
  command -v slurmdbd mariadbd >/dev/null || die "no slurmdbd here: \`tests/rig/machine.sh up slurm\`"
  # The package's own settings name its own folder and socket: none of them here.
  mariadb-install-db --no-defaults --user=root --datadir="$home/db" --auth-root-authentication-method=normal --skip-test-db >"$home/log/mariadb-install.log" 2>&1
  setsid mariadbd --no-defaults --user=root --datadir="$home/db" --skip-networking --socket="$socket" --pid-file="$home/run/mariadbd.pid" --innodb-buffer-pool-size=32M --innodb-lock-wait-timeout=900 \
    --log-error="$home/log/mariadbd.log" >/dev/null 2>&1 </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  wait_for 120 mariadb --no-defaults --socket="$socket" -e 'select 1' || die "MariaDB does not answer; see $home/log"
  # Everywhere else NoInAddrAny is a wish; here it is what keeps slurmdbd off the network.
  cat >"$home/slurmdbd.conf" <<X
AuthType=auth/munge
AuthInfo=socket=$home/run/munge.sock
CommunicationParameters=NoInAddrAny
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$((port + 1))
SlurmUser=root
PidFile=$home/run/slurmdbd.pid
LogFile=$home/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageLoc=accounting
StorageUser=root
X
  chmod 600 "$home/slurmdbd.conf"
  # The environment is the only way in for the name of MariaDB's socket.
  SLURM_CONF=$home/slurmdbd.conf MYSQL_UNIX_PORT=$socket daemon slurmdbd
  wait_for 120 sacctmgr -n list cluster || die "slurmdbd does not answer; see $home/log"
  sacctmgr -i add cluster lymphline >/dev/null
}

start_controller() { daemon slurmctld -f "$home/slurm.conf"; wait_for 60 timeout 5 scontrol ping || die "slurmctld does not answer; see $home/log"; }
kill_controller() { local pid; pid=$(pid_of slurmctld); kill -s KILL "$pid"; wait_for 10 has_ended "$pid"; }
stop_controller() { local pid; pid=$(pid_of slurmctld); kill "$pid"; wait_for 60 has_ended "$pid"; }
start_node() { mkdir -p "$home/spool-$1"; daemon slurmd -N "$1" -f "$home/slurm.conf"; }
nodes_ready() { [ "$(sinfo -h -N -o '%N %t' | sort -u | grep -cE ' (idle|mix|alloc)$')" = "$1" ]; }

write_settings() { # LIMITS DBD
  local process_tracking=linuxproc task=none one
  if $1; then
    process_tracking=cgroup task=cgroup
    printf '%s\n' CgroupPlugin=cgroup/v1 CgroupMountpoint=/sys/fs/cgroup CgroupAutomount=no ConstrainCores=no ConstrainRAMSpace=yes ConstrainSwapSpace=no >"$home/cgroup.conf"
  fi
  # Fast where a test waits: jobs start at once (SchedulerParameters), a dead node is noticed within a test (SlurmdTimeout), a signal is
  # followed by the last one soon (KillWait).
  cat <<X
ClusterName=lymphline
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$home/run/munge.sock
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool-%n
SlurmctldPidFile=$home/run/slurmctld.pid
SlurmdPidFile=$home/run/slurmd-%n.pid
SlurmctldLogFile=$home/log/slurmctld.log
SlurmdLogFile=$home/log/slurmd-%n.log
ProctrackType=proctrack/$process_tracking
TaskPlugin=task/$task
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
DefMemPerCPU=500
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,bf_interval=2
ReturnToService=2
MinJobAge=300
KillWait=3
SlurmdTimeout=8
MpiDefault=none
MailProg=/bin/true
X
  if $2; then printf '%s\n' AccountingStorageType=accounting_storage/slurmdbd AccountingStorageHost=127.0.0.1 AccountingStoragePort=$((port + 1)) "AccountingStoragePass=$home/run/munge.sock"
  else echo AccountingStorageType=accounting_storage/none; fi
  for one in $(seq "$nodes"); do echo "NodeName=$name-$one NodeAddr=127.0.0.1 NodeHostname=localhost Port=$((port + 1 + one)) CPUs=$cpus RealMemory=$memory State=UNKNOWN"; done
  echo 'PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP'
}

# The first block of ports that no other cluster has taken and nobody listens in. Called under the lock.
take_ports() {
  local block=32
  for port in $(seq 26800 $block 31900); do
    if grep -qsx "$port" "$rig"/slurm/*/port; then continue; fi
    if [ -z "$(ss -Hltn "sport >= :$port and sport < :$((port + block))")" ]; then echo "$port" >"$home/port"; return; fi
  done
  die 'no free ports'
}

up() {
  local nodes=4 cpus=2 memory=4000 dbd=false limits=true more=/dev/null owner='' port one
  while [ $# -gt 0 ]; do
    case $1 in
      --nodes) nodes=$2; shift ;;
      --cpus) cpus=$2; shift ;;
      --memory) memory=$2; shift ;;
      --conf) more=$2; shift ;;
      --owner) owner=$2; shift ;;
      --dbd) dbd=true ;;
      --no-limits) limits=false ;;
      *) usage ;;
    esac
    shift
  done
  command -v slurmctld munged >/dev/null || die "no slurmctld here: \`tests/rig/machine.sh up slurm\`"
  [ "$(id -u)" = 0 ] || die 'a cluster needs root'
  # Of a socket's name 108 characters count (unix(7)): those of slurmstepd have up to 72 below this folder.
  [ ${#rig} -le 36 ] || die "$rig is too long a name for a folder that holds sockets: set LYMPHLINE_RIG to one of up to 36 characters"
  [ ! -e "$home" ] || die "there is a cluster $name: end it with \`slurm.sh down $name\`"
  mkdir -p "$rig/slurm"
  exec 9>"$rig/slurm/lock"
  flock 9
  sweep
  mkdir -p "$home"/{state,log,run,db}
  echo "$owner" >"$home/owner"
  take_ports
  exec 9>&-
  # munged wants a folder for its socket that only its user can write to.
  chmod 755 "$home" "$home/run"
  if [ ! -w /sys/fs/cgroup/memory ] || [ ! -w /sys/fs/cgroup/freezer ]; then limits=false; fi
  write_settings $limits $dbd | cat - "$more" >"$home/slurm.conf"
  start_munged
  if $dbd; then start_accounting; fi
  start_controller
  for one in $(seq "$nodes"); do start_node "$name-$one"; done
  wait_for 120 nodes_ready "$nodes" || { sinfo -N >&2; die "not every node is ready; see $home/log"; }
  if ss -Hltn "sport >= :$port and sport < :$((port + 32))" | awk '{print $4}' | grep -vE '^(127\.|\[::1\])'; then down; die 'a daemon listens on more than loopback'; fi
}

# What a killed slurmd left running, and what goes on after it.
left_running() {
  local folder
  grep -lasF "SLURM_CONF=$home/slurm.conf" /proc/[0-9]*/environ 2>/dev/null | while read -r folder; do
    folder=${folder%/environ}
    if [ "$(cat "$folder/comm" 2>/dev/null)" = slurmstepd ] || grep -qaz '^SLURM_JOB_ID=' "$folder/environ" 2>/dev/null; then echo "${folder#/proc/}"; fi
  done
}

down() {
  local file nodes=() orphans=()
  if [ ! -e "$home" ]; then return; fi
  # Jobs before daemons: a slurmd that ends lets its jobs run.
  if pid_of slurmctld >/dev/null && [ -n "$(timeout 10 squeue -h -o %A 2>/dev/null)" ]; then
    timeout 10 squeue -h -o %A | xargs -r timeout 10 scancel || true
    # shellcheck disable=SC2016  # for the inner shell
    wait_for 5 sh -c '[ -z "$(squeue -h)" ]' || true
  fi
  for file in "$home"/run/slurmd-*.pid; do if [ -e "$file" ]; then file=${file##*/}; nodes+=("${file%.pid}"); fi; done
  stop_daemons "${nodes[@]}" slurmctld
  mapfile -t orphans < <(left_running)
  if [ ${#orphans[@]} -gt 0 ]; then
    kill -s KILL "${orphans[@]}" 2>/dev/null || true
    wait_for 3 has_ended "${orphans[@]}" || true
  fi
  stop_daemons slurmdbd
  stop_daemons mariadbd munged
  # The groups of its nodes stay behind empty.
  find /sys/fs/cgroup -depth -type d -path "*/slurm_$name-*" -exec rmdir {} + 2>/dev/null || true
  rm -rf "$home"
}

sweep() {
  local folder owner
  for folder in "$rig"/slurm/*/; do
    owner=$(cat "$folder/owner" 2>/dev/null) || continue
    if [ -n "$owner" ] && has_ended "$owner"; then (use_cluster "$(basename "$folder")"; down); fi
  done
}

command=${1:-}
if [ "$command" = sweep ]; then sweep; exit; fi
case $command in up | down | env | kill-node | start-node | kill-ctld | stop-ctld | start-ctld | save-ctld | forget-ctld | set) ;; *) usage ;; esac
use_cluster "${2:-}"
shift 2
[[ $command =~ ^(up|down)$ ]] || [ -e "$SLURM_CONF" ] || die "no cluster $name"
case $command in
  up) up "$@" ;;
  down) down ;;
  env) echo "export SLURM_CONF=$SLURM_CONF" ;;
  kill-node) kill -s KILL "$(pid_of "slurmd-${1:?node}")" ;;
  start-node) start_node "${1:?node}" ;;
  kill-ctld) kill_controller ;;
  stop-ctld) stop_controller ;;
  start-ctld) start_controller ;;
  save-ctld)
    stop_controller
    rm -rf "$home/saved"
    cp -a "$home/state" "$home/saved"
    start_controller
    ;;
  forget-ctld)
    kill_controller
    rm -rf "$home/state"
    cp -a "$home/saved" "$home/state"
    start_controller
    ;;
  set)
    # The last line for a key is the one that counts.
    for pair in "$@"; do sed -i "/^${pair%%=*}=/d" "$SLURM_CONF"; echo "$pair" >>"$SLURM_CONF"; done
    scontrol reconfigure
    ;;
esac
