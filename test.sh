#!/usr/bin/env bash
# Installs what the tests need and runs all of them: style, types, tests in random order.
#
#   ./test.sh              everything that fits in fifteen minutes
#   ./test.sh --torture    the long versions of the fault and fuzz tests too (an hour)
#   ./test.sh -- ARGS      hands ARGS to pytest (a path, -k WORD, …) instead of running all
set -euo pipefail
cd "$(dirname "$0")"

torture=()
if [ "${1:-}" = "--torture" ]; then
  torture=(-m "torture or not torture")
  export BANWARD_FUZZ_SECONDS=${BANWARD_FUZZ_SECONDS:-600} BANWARD_FUZZ_SEED=${BANWARD_FUZZ_SEED:-$(date +%s)}
  echo "fuzzers: $BANWARD_FUZZ_SECONDS seconds each, seeds from $BANWARD_FUZZ_SEED"
  shift
fi
[ "${1:-}" = "--" ] && shift

say() { printf '\n== %s\n' "$*"; }

# The real parts that tests talk to. Without root they can't be installed; the tests that need
# a missing one are skipped and say which.
packages="python3-venv nftables iptables ipset iproute2 openssh-server openssh-client sshpass
          rsyslog systemd systemd-journal-remote libseccomp2 util-linux procps
          proftpd-core apache2 nginx-light postfix dovecot-imapd shorewall"
install_packages() {
  local missing=() name
  for name in $packages; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "installing ${missing[*]}"
  # Services are not to start: tests start their own, in namespaces of their own.
  local guard=/usr/sbin/policy-rc.d made=
  [ -e "$guard" ] || { printf '#!/bin/sh\nexit 101\n' >"$guard"; chmod 755 "$guard"; made=1; }
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  if [ -n "$made" ]; then rm -f "$guard"; fi
}
# Unpacked outside of the repository, not installed: Debian's fail2ban, a black box to compare with, and
# its vsftpd, beside which no other FTP server may be installed. Tests that want one are skipped
# where it can't be had.
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
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  install_packages
  unpack fail2ban "$BANWARD_PEER" || echo "it can't be had; tests that compare with it are skipped"
  unpack vsftpd /opt/peer/vsftpd || echo "it can't be had; the test of real services is skipped"
fi

python=
for name in python3.13 python3.12 python3.11 python3; do
  if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    python=$name
    break
  fi
done
[ -n "$python" ] || { echo "Python 3.11 or newer is needed" >&2; exit 1; }

if [ ! -x .venv/bin/python ] || ! cmp -s requirements-dev.txt .venv/requirements-dev.txt; then
  say "making the virtual environment"
  "$python" -m venv .venv
  .venv/bin/pip install -q -r requirements.txt -r requirements-dev.txt
  .venv/bin/pip install -q --no-deps -e .
  cp requirements-dev.txt .venv/requirements-dev.txt
fi

# An ordinary user gets a user namespace of his own, in which he may change a firewall.
enter=()
if [ "$(id -u)" != 0 ] && unshare -Urn true 2>/dev/null; then
  export XTABLES_LOCKFILE=$PWD/.venv/xtables.lock
  enter=(unshare -Urn sh -c 'PATH=$PATH:/usr/sbin:/sbin; ip link set lo up; exec "$@"' sh)
fi

if [ $# -gt 0 ]; then
  exec "${enter[@]}" .venv/bin/python -m pytest "${torture[@]}" "$@"
fi

say "style"
.venv/bin/ruff check .
.venv/bin/ruff format --check .
say "types"
.venv/bin/mypy
say "tests"
exec "${enter[@]}" .venv/bin/python -m pytest -n 2 --dist worksteal "${torture[@]}"
