"""Which way of reading a jail's ``backend`` means on this host (server-and-client.md 3)."""

from __future__ import annotations

import logging
import sys
from typing import Final

from banward.sources.journal_library import library_error

__all__ = ["choose_backend"]

_log = logging.getLogger("fail2ban.jail")

_ORDER: Final = ("pyinotify", "polling", "systemd")
_SHOWN: Final = {"polling": "poller", "pyinotify": "pyinotify", "systemd": "systemd"}


def choose_backend(jail: str, backend: str) -> str:
    """The backend that works for a jail: the one that is asked for, or a later one that can.

    Args:
        jail: name of the jail, for the log.
        backend: as configured: ``auto``, or a name, with parameters in brackets.

    Raises:
        ValueError: the name is not known, or none can work.
    """
    name, _, rest = backend.partition("[")
    wanted = name.strip().lower()
    if wanted != "auto" and wanted not in _ORDER:
        raise ValueError(f"Unknown backend {backend}. Must be among {list(_ORDER)} or 'auto'")
    start = 0 if wanted == "auto" else _ORDER.index(wanted)
    for candidate in _ORDER[start:]:
        reason = _obstacle(candidate)
        if reason:
            _log.error("Backend %r failed to initialize due to %s", candidate, reason)
            continue
        if wanted not in {"auto", candidate}:
            _log.warning(
                "Could only initiated %r backend whenever %r was requested", candidate, wanted
            )
        parameters = _parameters(rest) if candidate == "systemd" else {}
        _log.info("Jail %r uses %s %s", jail, _SHOWN[candidate], parameters)
        _log.info("Initiated %r backend", candidate)
        return candidate
    raise ValueError(f"Failed to initialize any backend for Jail {jail!r}")


def _obstacle(backend: str) -> str:
    """Why a backend can't work here, or an empty text."""
    if backend == "pyinotify" and sys.platform != "linux":
        return "inotify is a part of Linux"
    return library_error() if backend == "systemd" else ""


def _parameters(rest: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in rest.rstrip("] ").split(",") if "=" in part)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
