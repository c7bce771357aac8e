#!/usr/bin/env bash
# Runs Offramp in the container of Dockerfile.finn, by Docker, podman or Singularity; FINN's conventions hold.
#
#   scripts/container.sh [shell]                a shell in the container
#   scripts/container.sh build                  make the image; the others make it where it is missing
#   scripts/container.sh test|quicktest [...]   scripts/test.sh in it; quicktest: no simulations
#   scripts/container.sh build-bitstream [...]  offramp build in it
#   scripts/container.sh COMMAND [...]          another command in it, such as: offramp verify runs/fcn
#   scripts/container.sh --dry-run ...          print the engine's command lines instead
#
# docs/container.md explains the variables.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf 'offramp: %s\n' "$*" >&2; }
refuse() { say "$@"; exit 2; }

dry=
if [ "${1:-}" = --dry-run ]; then dry=yes; shift; fi
run() { if [ -n "$dry" ]; then printf '%q ' "$@"; echo; else "$@"; fi; }

verb=${1:-shell}
case $verb in
  shell | build) command=(bash) ;;
  test) command=("$root/scripts/test.sh" "${@:2}") ;;
  quicktest) command=("$root/scripts/test.sh" -m 'not sim and not slow' "${@:2}") ;;
  build-bitstream) command=(offramp build "${@:2}") ;;
  -*) refuse "$verb is no command of scripts/container.sh; its first lines list them" ;;
  *) command=("$@") ;;
esac

# --- the engine: the first that answers ---
engine=() rootless='' complaints=''
answers() { # answers COMMAND...: does this engine work here, and does it run without root?
  local question='{{.SecurityOptions}}' said fix=''
  if [ "${1##*/}" = podman ]; then question='rootless={{.Host.Security.Rootless}}'; fi
  if said=$("$@" info --format "$question" 2>&1); then
    engine=("$@")
    case $said in *rootless=true* | *name=rootless*) rootless=yes ;; esac
    return 0
  fi
  case $said in *[Pp]'ermission denied'*) fix="; 'sudo usermod -aG docker USER' and a new login permit it" ;; esac
  complaints="${complaints:+$complaints; }$1 does not work here: $(tail -n 1 <<<"$said")$fix"
  return 1
}
if [ -n "${FINN_SINGULARITY:-}" ]; then
  [ "$verb" != build ] || refuse "FINN_SINGULARITY names a finished image; unset it to build one with Docker or podman"
  for name in apptainer singularity; do
    if command -v "$name" >/dev/null; then engine=("$name"); fi
  done
  [ ${#engine[@]} -gt 0 ] || refuse "FINN_SINGULARITY is set, but singularity is not installed"
elif [ -n "${OFFRAMP_CONTAINER_ENGINE:-}" ]; then
  read -ra candidate <<<"$OFFRAMP_CONTAINER_ENGINE" # it may carry arguments
  command -v "${candidate[0]}" >/dev/null || refuse "OFFRAMP_CONTAINER_ENGINE is ${candidate[0]}, which is no program"
  answers "${candidate[@]}" || refuse "$complaints"
else
  for name in docker podman; do
    if command -v "$name" >/dev/null && answers "$name"; then break; fi
  done
  [ ${#engine[@]} -gt 0 ] || refuse "${complaints:-no container engine; install docker or podman}"
fi
kind=${engine[0]##*/}

# --- the image: its default name says what it was made from ---
read -ra build_extra <<<"${FINN_DOCKER_BUILD_EXTRA:-}"
made_from() { cat "$root"/{Dockerfile.finn,pyproject.toml,scripts/setup.sh}; echo "${FINN_DOCKER_BUILD_EXTRA:-}"; }
image=${FINN_SINGULARITY:-${FINN_DOCKER_TAG:-offramp/finn:$(made_from | cksum | cut -d ' ' -f 1)}}
build() {
  run "${engine[@]}" build -f "$root/Dockerfile.finn" "--tag=$image" ${build_extra[@]+"${build_extra[@]}"} "$root"
}
if [ "$verb" = build ]; then build; exit; fi

# --- what it shares with the host: folders under their own paths, and variables ---
read -ra extra <<<"${FINN_DOCKER_EXTRA:-}"
mounts=() variables=()
shared() { # shared PATH: does the container see it?
  local one
  for one in ${mounts[@]+"${mounts[@]}"} ${extra[@]+"${extra[@]}"}; do
    one=${one#*:}
    case $1/ in "${one%%:*}"/*) return 0 ;; esac
  done
  return 1
}
mount_path() { # mount_path PATH [:ro]
  case $1 in
    *:*) refuse "$1 cannot be shared: it has a colon in its name" ;;
    / | /bin | /etc | /lib | /lib64 | /sbin | /usr | /usr/local | /usr/local/lib) refuse "$1 cannot be shared: the container has its own" ;;
  esac
  shared "$1" || mounts+=("$1:$1${2:-}")
}
folder_of() { (cd "${!1}" 2>/dev/null && pwd) || refuse "$1 is ${!1}, which is no folder"; }

user=$(id -un 2>/dev/null || id -u)
FINN_HOST_BUILD_DIR=${FINN_HOST_BUILD_DIR:-/tmp/finn_dev_$user}
{ mkdir -p "$FINN_HOST_BUILD_DIR/home" && [ -w "$FINN_HOST_BUILD_DIR/home" ]; } 2>/dev/null ||
  refuse "$FINN_HOST_BUILD_DIR cannot be written to; name another folder in FINN_HOST_BUILD_DIR"
build_dir=$(folder_of FINN_HOST_BUILD_DIR)
mount_path "$root"
mount_path "$PWD"
mount_path "$build_dir"
variables+=(
  "HOME=$build_dir/home" "USER=$user" SHELL=/bin/bash "PYTHONPATH=$root"
  "FINN_ROOT=$root" "FINN_BUILD_DIR=$build_dir"
  # The source tree may be read-only.
  "RUFF_CACHE_DIR=$build_dir/ruff" "MYPY_CACHE_DIR=$build_dir/mypy"
  "HYPOTHESIS_STORAGE_DIRECTORY=$build_dir/hypothesis" "PYTEST_ADDOPTS=-o cache_dir=$build_dir/pytest"
)
for name in OFFRAMP_DATA_DIR OFFRAMP_CACHE_DIR; do
  [ -n "${!name:-}" ] || continue
  folder=$(folder_of $name)
  mount_path "$folder"
  variables+=("$name=$folder")
done
jobs=${OFFRAMP_JOBS:-${NUM_DEFAULT_WORKERS:-}}
if [ -n "$jobs" ]; then variables+=("OFFRAMP_JOBS=$jobs" "NUM_DEFAULT_WORKERS=$jobs"); fi

if [ -n "${FINN_XILINX_PATH:-}" ]; then
  version=${FINN_XILINX_VERSION:-}
  [ -n "$version" ] || refuse "FINN_XILINX_PATH is set; FINN_XILINX_VERSION has to name the version, such as 2024.2"
  xilinx=$(folder_of FINN_XILINX_PATH)
  mount_path "$xilinx" :ro
  vivado=
  for name in VIVADO_PATH=Vivado VITIS_PATH=Vitis HLS_PATH=Vitis_HLS; do
    # Since 2025.1 the version is the outer folder.
    for folder in "$xilinx/${name#*=}/$version" "$xilinx/$version/${name#*=}"; do
      [ -d "$folder" ] || continue
      variables+=("${name%=*}=$folder")
      if [ "$name" = VIVADO_PATH=Vivado ]; then vivado=$folder; fi
    done
  done
  there_is() (shopt -s nullglob; cd "$xilinx"; set -- Vivado/* */Vivado; echo "${*:-none}")
  [ -n "$vivado" ] || refuse "no Vivado $version in $xilinx (FINN_XILINX_PATH); there is: $(there_is)"
  # Without that library Vivado's licence check crashes in containers.
  variables+=("FINN_XILINX_PATH=$xilinx" "FINN_XILINX_VERSION=$version" "XILINX_VIVADO=$vivado")
  variables+=(LD_PRELOAD=/lib/x86_64-linux-gnu/libudev.so.1)
else
  say "no Vivado in the container (FINN_XILINX_PATH is not set); all that does without it works"
fi
if [ -n "${XILINXD_LICENSE_FILE:-}" ]; then # files and PORT@HOST, separated by colons
  variables+=("XILINXD_LICENSE_FILE=$XILINXD_LICENSE_FILE")
  IFS=: read -ra licences <<<"$XILINXD_LICENSE_FILE"
  for one in "${licences[@]}"; do
    if [ -e "$one" ]; then mount_path "$one" :ro; fi
  done
fi

# A result that is written elsewhere would be gone with the container.
if [ "${command[0]}" = offramp ]; then
  for one in "${command[@]:1}"; do
    case $one in /* | --*=/*) one=/${one#*/} ;; *) continue ;; esac
    shared "$one" || refuse "the container does not see $one; share its folder by FINN_DOCKER_EXTRA='-v DIR:DIR'"
  done
fi

# --- the command line ---
line=("${engine[@]}")
case $kind in
  singularity | apptainer)
    line+=(exec --pwd "$PWD" --home "$build_dir/home")
    for one in "${mounts[@]}"; do line+=(-B "$one"); done
    for one in "${variables[@]}"; do
      case $one in HOME=*) ;; *) line+=(--env "$one") ;; esac
    done
    for one in ${extra[@]+"${extra[@]}"}; do
      case $one in -e) line+=(--env) ;; -v) line+=(-B) ;; -w) line+=(--pwd) ;; *) line+=("$one") ;; esac
    done
    ;;
  *)
    line+=(run --rm --init -i -w "$PWD") # --init: without it Vivado hangs
    if [ -t 0 ] && [ -t 1 ]; then line+=(-t); fi
    if [ "$kind" = podman ]; then line+=(--security-opt label=disable); fi
    # Files that it makes are the caller's. Docker without root makes the caller root inside; podman can map any user.
    if [ "${FINN_DOCKER_RUN_AS_ROOT:-0}" = 0 ] && [ "$kind$rootless" != dockeryes ]; then
      line+=(--user "$(id -u):$(id -g)" -v /etc/passwd:/etc/passwd:ro -v /etc/group:/etc/group:ro)
      if [ -n "$rootless" ]; then line+=(--userns=keep-id); fi
    fi
    for one in "${mounts[@]}"; do line+=(-v "$one"); done
    for one in "${variables[@]}"; do line+=(-e "$one"); done
    line+=(${extra[@]+"${extra[@]}"})
    if [ "${FINN_DOCKER_PREBUILT:-0}" = 0 ] && ! "${engine[@]}" image inspect "$image" >/dev/null 2>&1; then build; fi
    ;;
esac
run "${line[@]}" "$image" bash "$root/scripts/container_entry.sh" "${command[@]}"
