#!/usr/bin/env bash
# Measures Banward beside Debian's fail2ban on the same work, on this machine, as root.
#
#   bench/run.sh               all of it, three rounds: prints the table, writes bench/results.json
#                              and docs/img/bench.svg (half an hour)
#   bench/run.sh --rounds 5    more rounds
#   bench/run.sh --part mass   only a part, beside what bench/results.json has already
#   bench/run.sh --short FILE  a minute's work that checks counts, not times; results go to FILE
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/prepare.sh

if [ "$(id -u)" != 0 ]; then
  echo "bench/run.sh: root is needed: both servers change a firewall, in namespaces of their own" >&2
  exit 1
fi
if command -v apt-get >/dev/null; then
  install_packages python3 python3-venv nftables iproute2 util-linux ripgrep
  unpack fail2ban "$BANWARD_PEER"
fi
# Both servers run on the same Python, with what each needs and no more.
make_environment .venv-bench /usr/bin/python3 "${PYTHONS[@]}" -- requirements.txt
exec .venv-bench/bin/python bench/run.py "$@"
