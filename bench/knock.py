"""A door and a banned knocker, for namespaces of the benchmark.

knock.py open ADDRESS      listens at port 22 until it is ended
knock.py try ADDRESS       tries it every ten milliseconds until standard input ends;
then writes how often it tried and how often it got in
"""

from __future__ import annotations

import select
import socket
import sys

_PORT = 22
_PAUSE = 0.01


def _open(address: str) -> None:
    with socket.create_server((address, _PORT)) as door:
        while True:
            door.accept()[0].close()


def _try(address: str) -> None:
    tries = got_in = 0
    while not select.select([sys.stdin], [], [], _PAUSE)[0]:
        tries += 1
        try:
            socket.create_connection((address, _PORT), timeout=_PAUSE).close()
        except OSError:
            continue
        got_in += 1
    print(tries, got_in)


if __name__ == "__main__":
    {"open": _open, "try": _try}[sys.argv[1]](sys.argv[2])
