"""A client of the services, to be run on a host of its own: ``WORD PORT ADDRESS [PASSWORD]``, prints what came of it.

``guess``: three logins at once with the password, each over a connection of its own. ``robot``: one request by a
robot. ``reach``: ``served`` if the service greets or answers, else ``shut out``.
"""

from __future__ import annotations

import base64
import ftplib
import imaplib
import smtplib
import socket
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_USER = "friend"
_PATIENCE = 20


def _ftp(address: str, port: int, password: str) -> None:
    with ftplib.FTP(timeout=_PATIENCE) as talk:
        talk.connect(address, port)
        talk.login(_USER, password)


def _web(address: str, port: int, password: str) -> None:
    request = urllib.request.Request(f"http://{address}:{port}/")
    request.add_header(
        "Authorization", "Basic " + base64.b64encode(f"{_USER}:{password}".encode()).decode()
    )
    urllib.request.urlopen(request, timeout=_PATIENCE)


def _smtp(address: str, port: int, password: str) -> None:
    with smtplib.SMTP(address, port, timeout=_PATIENCE) as talk:
        talk.login(_USER, password)


def _imap(address: str, port: int, password: str) -> None:
    talk = imaplib.IMAP4(address, port, timeout=_PATIENCE)
    try:
        talk.login(_USER, password)
    finally:
        talk.logout()


_WAYS: dict[int, Callable[[str, int, str], None]] = {
    21: _ftp,
    2121: _ftp,
    2122: _ftp,
    80: _web,
    8080: _web,
    25: _smtp,
    143: _imap,
}
_REFUSED = (OSError, EOFError, imaplib.IMAP4.error, smtplib.SMTPException, ftplib.Error)


def guess(address: str, port: int, password: str) -> str:
    """Three logins."""

    def once(_: int) -> str:
        try:
            _WAYS[port](address, port, password)
        except _REFUSED as error:
            return type(error).__name__
        return "in"

    with ThreadPoolExecutor(3) as pool:
        return " ".join(pool.map(once, range(3)))


def robot(address: str, port: int) -> str:
    """A request by a robot that harvests addresses."""
    request = urllib.request.Request(
        f"http://{address}:{port}/", headers={"User-Agent": "EmailSiphon"}
    )
    try:
        urllib.request.urlopen(request, timeout=_PATIENCE)
    except urllib.error.HTTPError as error:
        return str(error.code)
    return "200"


def reach(address: str, port: int) -> str:
    """Whether the service speaks with us."""
    try:
        with socket.create_connection((address, port), timeout=3) as talk:
            if _WAYS[port] is _web:
                talk.sendall(b"GET / HTTP/1.0\r\n\r\n")
            first = talk.recv(3)
    except OSError:
        return "shut out"
    # FTP says 421 to whom TCP wrappers deny.
    return "served" if first and first != b"421" else "shut out"


if __name__ == "__main__":
    word, port_word, address_word, *rest = sys.argv[1:]
    sys.stdout.write(
        {"guess": guess, "robot": robot, "reach": reach}[word](address_word, int(port_word), *rest)
    )
