#!/usr/bin/env bash
# Installs what the tests need and runs all of them: style, types, tests in random order.
#
#   ./test.sh              everything that fits in fifteen minutes
#   ./test.sh --torture    the long versions of the fault and fuzz tests too (over an hour)
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

. packaging/prepare.sh

# The real parts that tests talk to. Without root they can't be installed; the tests that need
# a missing one are skipped and say which.
packages="python3-venv nftables iptables ipset iproute2 openssh-server openssh-client sshpass
          rsyslog systemd systemd-journal-remote libseccomp2 libpcre2-8-0 util-linux procps
          proftpd-core apache2 nginx-light postfix dovecot-imapd shorewall zsh fish"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # shellcheck disable=SC2086  # a list of words
  install_packages $packages
  unpack fail2ban "$BANWARD_PEER" || echo "it can't be had; tests that compare with it are skipped"
  # Debian has one FTP server installed at a time, so this one is unpacked too.
  unpack vsftpd /opt/peer/vsftpd || echo "it can't be had; the test of real services is skipped"
fi

make_environment .venv "${PYTHONS[@]}" -- requirements.txt requirements-dev.txt

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
