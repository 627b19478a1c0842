"""How a log target is written, and how the lines of the log look (server-and-client.md 1.9). Pure.

What is logged holds text that attackers wrote. A character that does not print, a line break
among them, is shown as its escape, so that one record is one line and nobody can forge another.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import Final

from banward.printable import harmless

__all__ = ["LineFormatter", "Target"]

KINDS: Final = ("STDOUT", "SYSOUT", "STDERR", "SYSLOG", "SYSTEMD-JOURNAL")
"""Names of targets that are no files."""

_FIRST_FACILITIES: Final = ("KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS")
_FACILITIES: Final = {
    **{name: number for number, name in enumerate(_FIRST_FACILITIES)},
    "UUCP": 8,
    "CRON": 9,
    "AUTHPRIV": 10,
    "FTP": 11,
    **{f"LOCAL{i}": 16 + i for i in range(8)},
}
"""Numbers of facilities (RFC 5424, section 6.2.1)."""

_FIELDS: Final = re.compile(r"%\((?:asctime|name|process|levelname|message)\)[-\d]*[sd]")
"""Fields of a format that are the same for all records of a logger, a level and a moment."""

_MESSAGE: Final = "<message>"
_NO_MILLISECONDS: Final = "000"

_TARGET: Final = re.compile(r"\s*([^\[\]]*[^\[\]\s])\s*(?:\[(.*)\])?\s*", re.DOTALL)
_OPTION: Final = re.compile(r"""\s*([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s,"']*))\s*(?:,|$)""")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the log goes, and how lines look there.

    Args:
        name: ``STDOUT``, ``SYSOUT``, ``STDERR``, ``SYSLOG``, ``SYSTEMD-JOURNAL`` in any case, or
            the path of a file.
        options: ``padding``, ``datetime``, ``format``, ``facility`` as they are written.
    """

    name: str
    options: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read ``NAME[option=value, …]``.

        Raises:
            ValueError: it is written in another way.
        """
        found = _TARGET.fullmatch(text)
        if not found:
            raise ValueError(f"unexpected option syntax in log target {text!r}")
        at, inner, options = 0, found[2] or "", {}
        while at < len(inner):
            option = _OPTION.match(inner, at)
            if not option:
                raise ValueError(f"unexpected option syntax in log target {text!r}")
            options[option[1]] = next(g for g in option.groups()[1:] if g is not None)
            at = option.end()
        return cls(found[1], options)

    @property
    def kind(self) -> str:
        """The name in upper case, or ``FILE``."""
        return self.name.upper() if self.name.upper() in KINDS else "FILE"

    @property
    def pattern(self) -> str:
        """The format of a line, for Python's ``logging``."""
        if "format" in self.options:
            return self.options["format"]
        if self.kind == "SYSTEMD-JOURNAL":
            return "%(message)s"
        date = "%(asctime)s " if self._is_on("datetime", off_for=("SYSLOG", "SYSOUT")) else ""
        if self._is_on("padding", off_for=("SYSLOG",)):
            return f"{date}%(name)-24s[%(process)d]: %(levelname)-7s %(message)s"
        return f"{date}%(name)s[%(process)d]: %(levelname)s %(message)s"

    @property
    def facility(self) -> int:
        """The number of the facility for syslog.

        Raises:
            ValueError: there is no facility of this name.
        """
        name = self.options.get("facility", "DAEMON").upper()
        if name not in _FACILITIES:
            raise ValueError(f"unknown syslog facility {name!r}")
        return _FACILITIES[name]

    def _is_on(self, option: str, off_for: tuple[str, ...]) -> bool:
        if option in self.options:
            return self.options[option].lower() in {"1", "on", "true", "yes"}
        return self.kind not in off_for


class LineFormatter(logging.Formatter):
    """Writes one line for a record; the lines of a traceback are indented."""

    def frame(self, name: str, level: int, second: int) -> str | None:
        """How records of one second look: a template for ``framed``; None if that hangs on more.

        Args:
            name: name of the logger.
            level: level of the record.
            second: when, in whole seconds since the epoch.
        """
        if self.datefmt or "%" in _FIELDS.sub("", self._fmt or "%"):
            return None
        record = logging.LogRecord(name, level, "", 0, _MESSAGE, None, None)
        record.created, record.msecs = second, 0
        date = self.formatTime(record)
        text = self.format(record).replace("%", "%%")
        text = text.replace(date, date[: -len(_NO_MILLISECONDS)] + "%(milliseconds)03d")
        return text if text.count(_MESSAGE) == 1 else None

    @staticmethod
    def framed(frame: str, milliseconds: int) -> tuple[str, str]:
        """What stands before and after the message, at so many milliseconds of the second."""
        before, _, after = (frame % {"milliseconds": milliseconds}).partition(_MESSAGE)
        return before, after

    def format(self, record: logging.LogRecord) -> str:
        """Write the record; a traceback that somebody else wrote already is written anew."""
        record.exc_text = None
        text = super().format(record)
        record.exc_text = None
        return text

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - of logging
        """Make the message harmless."""
        record.message = harmless(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: object) -> str:  # noqa: N802 - of logging
        """Indent the traceback, so that no line of it looks like a record."""
        lines = super().formatException(ei).splitlines()  # type: ignore[arg-type]
        return "\n".join(f"    {harmless(line)}" for line in lines)
