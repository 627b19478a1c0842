"""The server's log: its level and target, changed while it runs (server-and-client.md 1.9).

How lines look is said in ``log_lines``, where they go in ``log_outputs``.
"""

from __future__ import annotations

import logging
import stat
import sys
from pathlib import Path
from typing import Final

from banward import COMPATIBLE_VERSION
from banward.errors import BanwardError
from banward.log_lines import LineFormatter, Target
from banward.log_outputs import File, Journal, Stream, Syslog, held, tell, tell_all

__all__ = [
    "HEAVYDEBUG",
    "MSG",
    "NOTICE",
    "TRACEDEBUG",
    "LogTargetError",
    "Logs",
    "held",
    "level_number",
    "setup",
    "tell",
    "tell_all",
]

NOTICE: Final = 25
MSG: Final = 18
TRACEDEBUG: Final = 7
HEAVYDEBUG: Final = 5

LEVELS: Final = {
    "CRITICAL": logging.CRITICAL,
    "ERROR": logging.ERROR,
    "WARNING": logging.WARNING,
    "NOTICE": NOTICE,
    "INFO": logging.INFO,
    "MSG": MSG,
    "DEBUG": logging.DEBUG,
    "TRACEDEBUG": TRACEDEBUG,
    "HEAVYDEBUG": HEAVYDEBUG,
}
"""Names of levels as they are set; any number is a level too."""

_SHOWN: Final = {NOTICE: "NOTICE", MSG: "MSG", TRACEDEBUG: "TRACE", HEAVYDEBUG: "HEAVY"}
for _number, _name in _SHOWN.items():
    logging.addLevelName(_number, _name)

_SYSLOG_SOCKETS: Final = {"linux": "/dev/log", "darwin": "/var/run/syslog"}
_JOURNAL_SOCKET: Final = "/run/systemd/journal/socket"

_log = logging.getLogger("fail2ban.server")


class LogTargetError(BanwardError):
    """A log target that can't be used; the reason stands in the log."""


def level_number(level: str) -> int:
    """The number of a level that is given by name, in any case, or as a number.

    Raises:
        ValueError: there is no such level.
    """
    name = level.upper()
    if name in LEVELS:
        return LEVELS[name]
    if name.isdecimal():
        return int(name)
    raise ValueError(f"Invalid log level {name!r}")


class Logs:
    """The log of this process.

    Args:
        level: as it is shown, upper case.
        syslogsocket: ``auto`` or a path; the path in use once the log went there.
    """

    def __init__(self, level: str = "INFO", syslogsocket: str = "auto") -> None:
        self._handler: logging.Handler | None = None
        self.target = ""
        self.syslogsocket = syslogsocket
        self.set_level(level)

    def set_level(self, level: str) -> None:
        """Write records of this level and worse.

        Raises:
            ValueError: there is no such level.
        """
        number = level_number(level)
        # Numbers below one would mean "as the parent" for a logger.
        logging.getLogger("fail2ban").setLevel(max(1, number))
        self.level = level.upper()

    def set_target(self, target: str, *, silent: bool = False) -> None:
        """Send the log elsewhere; the same target again changes nothing.

        Args:
            target: ``NAME[option=value, …]``.
            silent: do not log that the target changed.

        Raises:
            ValueError: it is written in another way.
            LogTargetError: it can't be opened; the log stays where it was.
        """
        if self._handler and target == self.target:
            return
        parsed = Target.parse(target)
        self._swap(self._open(parsed, self.syslogsocket))
        if parsed.kind == "SYSLOG":
            self.syslogsocket = _syslog_path(self.syslogsocket)
        self.target = target
        if not silent:
            _log.info("Start Fail2ban v%s", COMPATIBLE_VERSION)
            text = "Changed logging target to %s for Fail2ban v%s"
            _log.info(text, parsed.name, COMPATIBLE_VERSION)

    def set_syslogsocket(self, path: str) -> None:
        """Use this socket for syslog, at once if the log goes there.

        Raises:
            LogTargetError: the log goes there, and the socket can't be used.
        """
        if self.target and (parsed := Target.parse(self.target)).kind == "SYSLOG":
            self._swap(self._open(parsed, path))
        self.syslogsocket = path

    def flush(self) -> str:
        """Reopen a file, flush anything else (1.9): ``rolled over`` or ``flushed``."""
        kind, done = "flush", "flushed"
        if isinstance(self._handler, File):
            self._handler.reopen()
            kind, done = "rollover", "rolled over"
        elif self._handler:
            self._handler.flush()
        _log.info("%s performed on %s", kind, Target.parse(self.target).name if self.target else "")
        return done

    def close(self) -> None:
        """Write no more."""
        self._swap(None)
        self.target = ""

    def _open(self, target: Target, syslogsocket: str) -> logging.Handler:
        try:
            handler = _output(target, syslogsocket)
        except OSError as error:
            _log.error("Unable to log to %r", target.name)
            if self.target:
                _log.info("Logging to previous target %r", Target.parse(self.target).name)
            raise LogTargetError("Failed to change log target") from error
        handler.setFormatter(LineFormatter(target.pattern))
        return handler

    def _swap(self, handler: logging.Handler | None) -> None:
        old, self._handler = self._handler, handler
        if handler:
            logging.getLogger().addHandler(handler)
        if old:
            logging.getLogger().removeHandler(old)
            old.close()


def _output(target: Target, syslogsocket: str) -> logging.Handler:
    match target.kind:
        case "STDOUT" | "SYSOUT":
            return Stream(sys.stdout)
        case "STDERR":
            return Stream(sys.stderr)
        case "SYSTEMD-JOURNAL":
            return Journal(_JOURNAL_SOCKET)
        case "SYSLOG":
            return _syslog(target, syslogsocket)
    return File(target.name)


def _syslog(target: Target, path: str) -> logging.Handler:
    path = _syslog_path(path)
    try:
        is_socket = stat.S_ISSOCK(Path(path).stat().st_mode)
    except OSError:
        is_socket = False
    if not is_socket:
        _log.error("Syslog socket file: %s does not exists or is not a socket", path)
        raise LogTargetError("Failed to change log target")
    return Syslog(path, target.facility)


def _syslog_path(path: str) -> str:
    return _SYSLOG_SOCKETS.get(sys.platform, "/var/run/log") if path.lower() == "auto" else path


def setup(target: str, level: str = "INFO", syslogsocket: str = "auto") -> Logs:
    """Begin to log, without a word about it: what a server does first.

    Raises:
        ValueError: the level or the target is written wrongly.
        LogTargetError: the target can't be opened.
    """
    logs = Logs(level, syslogsocket)
    logs.set_target(target, silent=True)
    return logs
