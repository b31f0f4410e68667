#!/usr/bin/env bash
# Lets hooks written in bash hand SQL to a spoold queue; made to be sourced. Sourcing starts no process.
#
#   source queue-lib.sh
#   queue_db_write "INSERT INTO events(name) VALUES ('start')" event.add
#   queue_db_write "$sql" event.add 2 '{"session":"42"}' || echo "not written" >&2
#
# What it costs (docs/hooks.md has figures): one process a write, `spoolctl enqueue`, which returns when the entry
# would survive a power cut. A hook that cannot wait for that says `queue_db_write ... &`.
#
# When the queue cannot be used (missing, full, not writable) the SQL goes straight into the database, by
# sqlite3(1), and is counted: `spoolctl status` shows it as direct. One write never has both effects.
#
#   queue_db_write SQL OPERATION [PRIORITY] [METADATA]   into the queue; if that cannot be, into the database
#   queue_write    SQL OPERATION [PRIORITY] [METADATA]   into the queue only
#   db_write       SQL                                   into the database only
#   queue_init_dirs           makes the queue
#   queue_is_available        can entries be put there? (looks only)
#   queue_size, queue_processing_count                   prints how many wait, how many run
#   queue_stats_get [NAME]    prints stats.json, or one total of it: completed, failed, retried, ..., direct
#   queue_worker_is_running, queue_ensure_worker, queue_stop_worker
#
# PRIORITY is 1 (first) to 10, default 5; METADATA a JSON object. Exit status: 0 written, durably; 64 wrong call, 65
# no entry can be made of it, 76 in the queue, but a power cut may still take it back; else as spoolctl or sqlite3.
#
# Set before or after sourcing, where the default does not suit:
#   QUEUE_BASE_DIR          the queue; default $SPOOLD_QUEUE, else /var/spool/spoold/default
#   QUEUE_DATABASE          the SQLite database of direct writes, and of a worker that this library starts
#   QUEUE_CONFIG            a configuration of spoold, for its limits and the worker; default: the limits at their
#                           defaults, and for the worker one made of the variables below
#   QUEUE_POLL_INTERVAL     0.1   seconds between looks where inotify is not to be had
#   QUEUE_BATCH_SIZE        100   entries in one transaction
#   QUEUE_MAX_RETRIES       3
#   QUEUE_IDLE_EXIT         300   seconds without work after which the worker ends; 0: never
#   QUEUE_PROCESSING_TIMEOUT 30   seconds that one statement may take
#   SQLITE_BUSY_TIMEOUT     5000  milliseconds to wait for another program's lock
#   USE_QUEUE               1     0 (or false, no): queue_db_write writes into the database at once
#   QUEUE_AUTOSTART         0     1: queue_db_write starts a worker where none runs; not needed under systemd
#   QUEUE_SYNC              1     0: printf and mv: quicker, but a power cut within seconds may lose the write
#   SPOOLCTL                spoolctl

[[ -z ${_QUEUE_LIB_LOADED-} ]] || return 0
_QUEUE_LIB_LOADED=1
_queue_count=0

_queue_say() { printf 'queue-lib: %s\n' "$*" >&2; }

_queue_base() { _queue_dir=${QUEUE_BASE_DIR:-${SPOOLD_QUEUE:-/var/spool/spoold/default}}; }

# A number as a duration of this unit; what has a unit already is left alone.
_queue_duration() {
  [[ $1 =~ ^[0-9]*\.?[0-9]+$ ]] && printf -v _queue_result '%s%s' "$1" "$2" || _queue_result=$1
}

# TEXT as a JSON string into _queue_result. LC_ALL=C: byte by byte, which is right for UTF-8; and piece by piece, since
# bash takes four times as long to replace in a text twice as long.
_queue_json_string() {
  local LC_ALL=C code character escape piece at out=''
  for ((at = 0; at < ${#1}; at += 8192)); do
    piece=${1:at:8192}
    piece=${piece//\\/\\\\}
    piece=${piece//\"/\\\"}
    if [[ $piece == *[$'\x01'-$'\x1f']* ]]; then
      piece=${piece//$'\n'/'\n'}
      piece=${piece//$'\t'/'\t'}
      piece=${piece//$'\r'/'\r'}
      if [[ $piece == *[$'\x01'-$'\x1f']* ]]; then
        for code in 0{1..9} 0{a..f} 1{0..9} 1{a..f}; do
          printf -v character %b "\\x$code"
          escape="\\u00$code"
          piece=${piece//"$character"/"$escape"}
        done
      fi
    fi
    out+=$piece
  done
  _queue_result="\"$out\""
}

# The entry into _queue_entry; 64 where the call is wrong.
_queue_make_entry() {
  local sql=${1-} operation=${2-} priority=${3:-5} metadata=${4-} sql_json
  if [[ -z $sql || -z $operation ]]; then
    _queue_say "expected SQL OPERATION [PRIORITY] [METADATA]"
    return 64
  fi
  if [[ ! $priority =~ ^([1-9]|10)$ ]]; then
    _queue_say "no priority '$priority': expected 1 (first) to 10"
    return 64
  fi
  if [[ -n $metadata && ! $metadata =~ ^[[:space:]]*\{.*\}[[:space:]]*$ ]]; then
    _queue_say "METADATA is no JSON object: expected something like {\"session\":\"42\"}"
    return 65
  fi
  _queue_json_string "$sql"
  sql_json=$_queue_result
  _queue_json_string "$operation"
  _queue_entry="{\"operation\":$_queue_result,\"priority\":$priority,\"sql\":$sql_json"
  [[ -z $metadata ]] || _queue_entry+=",\"metadata\":$metadata"
  _queue_entry+='}'
}

# The daemon must be able to read the file: in a group's queue as one of the group; in another user's, where root
# writes, as anybody, since the directories keep out all but him.
_queue_umask() {
  if [[ -O $_queue_dir/pending ]]; then
    umask 077
  elif ((EUID != 0)) && [[ -g $_queue_dir/pending ]]; then
    umask 027
  else
    umask 022
  fi
}

# printf and mv under a name that no other process has; with "sync" as $2, durably.
_queue_put_file() {
  local name=$1_${EPOCHREALTIME/[.,]/}_${BASHPID}_$((_queue_count++)).json staged ended
  staged=$_queue_dir/.tmp/$name
  (
    _queue_umask
    set -C
    printf '%s\n' "$_queue_entry" >"$staged"
  ) 2>/dev/null || {
    rm -f "$staged"
    return 75
  }
  [[ -z ${2-} ]] || sync "$staged" 2>/dev/null || {
    rm -f "$staged"
    return 74
  }
  mv "$staged" "$_queue_dir/pending/$name" 2>/dev/null || {
    ended=$?
    rm -f "$staged"
    return "$ended"
  }
  [[ -z ${2-} ]] || sync "$_queue_dir/pending" 2>/dev/null || return 76
}

queue_is_available() {
  local _queue_dir
  _queue_base
  [[ -d $_queue_dir/pending && -w $_queue_dir/pending && -x $_queue_dir/pending &&
    -d $_queue_dir/.tmp && -w $_queue_dir/.tmp && -x $_queue_dir/.tmp ]]
}

queue_write() {
  local _queue_dir _queue_result _queue_entry said status=0
  _queue_make_entry "$@" || return
  _queue_base
  if ! queue_is_available; then
    _queue_say "no queue that can be used at $_queue_dir: it is missing (queue_init_dirs makes it) or not writable"
    return 66
  fi
  if [[ ${QUEUE_SYNC:-1} == 0 ]]; then
    _queue_put_file "${3:-5}"
    return
  fi
  if ! type -P "${SPOOLCTL:-spoolctl}" >/dev/null; then
    _queue_put_file "${3:-5}" sync
    return
  fi
  {
    said=$("${SPOOLCTL:-spoolctl}" ${QUEUE_CONFIG:+--config "$QUEUE_CONFIG"} --queue "$_queue_dir" enqueue \
      <<<"$_queue_entry" 2>&1)
  } || status=$?
  ((status == 0)) || _queue_say "$said"
  return "$status"
}

# One transaction: all of the SQL or nothing of it. What sqlite3 prints last tells that the end was reached, since a
# line of the SQL that begins with a dot may be a command to it; -safe takes the teeth out of those.
db_write() {
  local said database=${QUEUE_DATABASE-}
  if [[ -z ${1-} || -z $database ]]; then
    _queue_say "db_write needs SQL, and QUEUE_DATABASE set to the database"
    return 64
  fi
  if [[ ! -e $database ]]; then
    _queue_say "no database at $database: it is not made by this"
    return 66
  fi
  if ! said=$(sqlite3 -batch -bail -safe -cmd ".timeout ${SQLITE_BUSY_TIMEOUT:-5000}" "$database" 2>&1 \
    <<<"BEGIN IMMEDIATE; $1"$'\n'"; COMMIT; SELECT 'spoold:written';") || [[ $said != *spoold:written ]]; then
    _queue_say "direct write: ${said:-sqlite3 ended early}"
    return 74
  fi
  _queue_count_direct "$database"
}

# In place, so that it works on a full disk too; flock, since a lost count would be a lie.
_queue_count_direct() {
  local _queue_dir file number
  _queue_base
  for file in "$_queue_dir/.direct" "$1.direct"; do
    # shellcheck disable=SC2094 # the lock is on the very file that is read and written, one after the other
    {
      flock 9 && number=0 && read -r number <"$file"
      [[ $number =~ ^[0-9]+$ ]] || number=0
      printf '%020d\n' "$((10#$number + 1))" 1<>"$file" && return 0
    } 9>>"$file" 2>/dev/null
  done 2>/dev/null
  _queue_say "a direct write could not be counted"
}

queue_db_write() {
  local status=0
  case ${USE_QUEUE:-1} in
    0 | false | no | off)
      db_write "${1-}"
      return
      ;;
  esac
  queue_write "$@" || status=$?
  case $status in
    0) [[ ${QUEUE_AUTOSTART:-0} == 0 ]] || queue_ensure_worker || true ;; # written all the same
    64 | 65 | 76) return "$status" ;; # a mistake of the caller's; or it is in the queue
    *) db_write "${1-}" ;;
  esac
}

queue_init_dirs() {
  local _queue_dir
  _queue_base
  if type -P "${SPOOLCTL:-spoolctl}" >/dev/null; then
    "${SPOOLCTL:-spoolctl}" --queue "$_queue_dir" init >/dev/null
  else
    (umask 077 && mkdir -p "$_queue_dir"/{pending,processing,deferred,completed,failed,cancelled,corrupt,.tmp})
  fi || return
  [[ -s $_queue_dir/.direct ]] || (umask 077 && printf '%020d\n' 0 >"$_queue_dir/.direct")
}

# Whether FILE is there, or may be, and is kept from this user.
_queue_is_hidden() {
  [[ ! -r $1 ]] && { [[ -e $1 ]] || [[ -d $_queue_dir && ! -x $_queue_dir ]]; } || return
  _queue_say "$1 is not readable for this user"
}

_queue_count_files() {
  local _queue_dir name count=0
  _queue_base
  ! _queue_is_hidden "$_queue_dir/$1" || return 77
  for name in "$_queue_dir/$1"/*.json; do
    [[ -e $name ]] && ((count += 1))
  done
  for name in "$_queue_dir/$1"/*.jsonl; do # bundles count by their lines
    [[ -e $name ]] || continue
    if [[ ${name##*/} =~ ^[0-9]{2}_[0-9]{20}\.n([0-9]+)[.~] ]]; then ((count += BASH_REMATCH[1])); else ((count += 1)); fi
  done
  printf '%s\n' "$count"
}

queue_size() { _queue_count_files pending; }
queue_processing_count() { _queue_count_files processing; }

queue_stats_get() {
  local _queue_dir file text='' number pattern
  _queue_base
  if [[ ${1-} == direct ]]; then
    local sum=0
    for file in "$_queue_dir/.direct" ${QUEUE_DATABASE:+"$QUEUE_DATABASE.direct"}; do
      number=0
      [[ ! -r $file ]] || read -r number <"$file" || true
      [[ $number =~ ^[0-9]+$ ]] && ((sum += 10#$number))
    done
    printf '%s\n' "$sum"
    return
  fi
  ! _queue_is_hidden "$_queue_dir/stats.json" || return 77
  [[ -r $_queue_dir/stats.json ]] || {
    _queue_say "no stats.json in $_queue_dir: no worker has run yet"
    return 66
  }
  IFS= read -r -d '' text <"$_queue_dir/stats.json" || true
  if [[ -z ${1-} ]]; then
    printf '%s' "$text"
    return
  fi
  pattern="\"totals\": *\{[^}]*\"$1\": *([0-9]+)"
  [[ $text =~ $pattern ]] || {
    _queue_say "no total '$1' in stats.json"
    return 1
  }
  printf '%s\n' "${BASH_REMATCH[1]}"
}

# Whoever has .lock open under the number that stands in it is the worker: it keeps the file open while it lives.
# 77 where only others may know.
queue_worker_is_running() {
  local _queue_dir pid='' fd comm='' stat=''
  _queue_base
  ! _queue_is_hidden "$_queue_dir/.lock" || return 77
  [[ -r $_queue_dir/.lock ]] || return 1
  read -r pid <"$_queue_dir/.lock" || true
  [[ $pid =~ ^[0-9]+$ ]] && read -r stat 2>/dev/null <"/proc/$pid/stat" || return 1
  [[ $stat != *') Z '* ]] || return 1 # it has ended, and nobody has taken note of it yet
  if [[ -r /proc/$pid/fd ]]; then
    for fd in "/proc/$pid/fd"/*; do
      [[ $fd -ef $_queue_dir/.lock ]] && return 0
    done
    return 1
  fi
  # Another user's process: its name is all that can be seen.
  read -r comm 2>/dev/null <"/proc/$pid/comm" && [[ $comm == spoold ]]
}

# The configuration of the variables above, in the queue; several hooks may write it at once.
_queue_write_config() {
  local database=${QUEUE_DATABASE-} text poll idle statement busy old='' staged
  if [[ -z $database ]]; then
    _queue_say "set QUEUE_DATABASE or QUEUE_CONFIG: without them the worker has nothing to write to"
    return 64
  fi
  [[ $database == /* ]] || database=$PWD/$database
  _queue_duration "${QUEUE_POLL_INTERVAL:-0.1}" s && poll=$_queue_result
  _queue_duration "${QUEUE_IDLE_EXIT:-300}" s && idle=$_queue_result
  _queue_duration "${QUEUE_PROCESSING_TIMEOUT:-30}" s && statement=$_queue_result
  _queue_duration "${SQLITE_BUSY_TIMEOUT:-5000}" ms && busy=$_queue_result
  _queue_json_string "$database"
  text="# Made by queue-lib.sh from its variables; made anew when they change.
queue: { directory: . }
worker: { poll_interval: $poll, idle_exit: $idle }
retry: { max_retries: ${QUEUE_MAX_RETRIES:-3} }
backends:
  main: { type: sqlite, database: $_queue_result, batch: ${QUEUE_BATCH_SIZE:-100}, statement_timeout: $statement, busy_timeout: $busy }
"
  [[ ! -r $_queue_dir/worker.yaml ]] || IFS= read -r -d '' old <"$_queue_dir/worker.yaml" || true
  [[ $old != "$text" ]] || return 0
  staged=$_queue_dir/.tmp/worker.yaml.$BASHPID
  (umask 077 && printf %s "$text" >"$staged") && mv "$staged" "$_queue_dir/worker.yaml"
}

queue_ensure_worker() {
  local _queue_dir _queue_result said status=0
  queue_worker_is_running || status=$?
  ((status == 0 || status == 77)) && return "$status"
  _queue_base
  [[ -n ${QUEUE_CONFIG-} ]] || _queue_write_config || return
  said=$("${SPOOLCTL:-spoolctl}" --config "${QUEUE_CONFIG:-$_queue_dir/worker.yaml}" --queue "$_queue_dir" \
    start 2>&1) && return 0
  # Another hook may have been quicker.
  queue_worker_is_running || {
    _queue_say "$said"
    return 75
  }
}

queue_stop_worker() {
  local _queue_dir
  _queue_base
  "${SPOOLCTL:-spoolctl}" --queue "$_queue_dir" stop >/dev/null
}
