# What test.sh and bench/run.sh share: system packages, fail2ban as a peer, the virtual environment.
# To be sourced by bash with `set -euo pipefail`, in the root of the repository.
# shellcheck shell=bash

say() { printf '\n== %s\n' "$*"; }

# Installs those of the named packages that are missing. Services are not to start.
install_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "installing ${missing[*]}"
  local guard=/usr/sbin/policy-rc.d made=
  [ -e "$guard" ] || { printf '#!/bin/sh\nexit 101\n' >"$guard"; chmod 755 "$guard"; made=1; }
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  if [ -n "$made" ]; then rm -f "$guard"; fi
}

# Unpacked outside of the repository, not installed: Debian's fail2ban, a black box to compare with.
export BANWARD_PEER=${BANWARD_PEER:-/opt/peer/f2b}
unpack() {
  local package=$1 place=$2 folder
  if [ -d "$place/etc" ]; then return; fi
  say "fetching Debian's $package"
  folder=$(mktemp -d)
  chmod 755 "$folder"
  if (cd "$folder" && apt-get update -qq && apt-get download -qq "$package"); then
    mkdir -p "$place"
    dpkg -x "$folder/$package"_*.deb "$place"
  fi
  rm -r "$folder"
}

# Makes a virtual environment with Banward, unless it is there and up to date.
#   make_environment PLACE PYTHON... -- REQUIREMENTS...   the first of these programs that is new enough
make_environment() {
  local place=$1 python='' name
  shift
  while [ "$1" != -- ]; do
    if [ -z "$python" ] && command -v "$1" >/dev/null &&
      "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      python=$1
    fi
    shift
  done
  shift
  [ -n "$python" ] || { echo "Python 3.11 or newer is needed" >&2; exit 1; }
  if [ -x "$place/bin/python" ] && cat "$@" | cmp -s - "$place/required"; then return; fi
  say "making the virtual environment $place"
  "$python" -m venv "$place"
  for name in "$@"; do "$place/bin/pip" install -q -r "$name"; done
  "$place/bin/pip" install -q --no-deps -e .
  cat "$@" >"$place/required"
}

PYTHONS=(python3.13 python3.12 python3.11 python3)
