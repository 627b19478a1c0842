"""Seconds from a line being written to its address being in the kernel; run in a namespace.

    latency.py LOG COUNT

The kernel tells of new elements by netlink (group NFNLGRP_NFTABLES of nfnetlink), so nothing polls
and no further process stands between. Writes one figure a line.
"""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

_NETLINK_NETFILTER = 12
_SOL_NETLINK = 270
_ADD_MEMBERSHIP = 1
_GROUP = 7
_PATIENCE = 10.0
_PAUSE = 0.03


def main(log: Path, count: int) -> None:
    """Write lines, one at a time, and wait for each address."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as kernel:
        kernel.bind((0, 0))
        kernel.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _GROUP)
        kernel.settimeout(_PATIENCE)
        with log.open("ab", buffering=0) as file:
            for number in range(count):
                address = f"198.19.{number // 250}.{number % 250 + 1}"
                stamp = time.strftime("%b %d %H:%M:%S")
                line = f"{stamp} web1 sshd[{number}]: Failed password for root from {address}"
                begun = time.perf_counter()
                file.write(f"{line} port 9 ssh2\n".encode())
                while socket.inet_aton(address) not in kernel.recv(1 << 18):
                    pass
                print(f"{time.perf_counter() - begun:.6f}", flush=True)
                time.sleep(_PAUSE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
