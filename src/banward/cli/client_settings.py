"""Where the server is: its socket and the other options that are known before it runs.

A plain command needs no more than the path of the socket, and it has to be quick; so a simple
``fail2ban.conf`` is read line by line here, and only what needs more (interpolation, includes,
the shipped files) is left to ``banward.config`` (server-and-client.md 1.2).
"""

# Paths are texts here: pathlib would cost a quick command half its time again.
# ruff: noqa: PTH100, PTH110, PTH112, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import os

from banward.cli.options import LEVELS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from banward.cli.client_output import Output
    from banward.cli.options import Options

__all__ = ["DEFAULT_DIR", "SettingsError", "config_dir", "early", "socket_path"]

DEFAULT_DIR: Final = "/etc/fail2ban"

_DEFAULTS: Final = {
    "socket": "/var/run/fail2ban/fail2ban.sock",
    "pidfile": "/var/run/fail2ban/fail2ban.pid",
    "loglevel": "INFO",
    "logtarget": "/var/log/fail2ban.log",
    "syslogsocket": "auto",
}


class SettingsError(Exception):
    """The options can't be read.

    Args:
        text: what is printed after ``ERROR: ``, in the words of the reference.
        detail: where and why, for standard error; may be empty.
    """

    def __init__(self, text: str, *, detail: str = "") -> None:
        """Keep both texts."""
        super().__init__(text)
        self.detail = detail


def config_dir(options: Options) -> str:
    """The directory of the configuration.

    Raises:
        SettingsError: one was named that is not there.
    """
    path = options.values.get("conf", DEFAULT_DIR)
    if "conf" in options.values and not os.path.isdir(path):
        raise SettingsError(f"Base configuration directory {path} does not exist ")
    return path


def socket_path(options: Options) -> str:
    """The path of the control socket, read in the quickest way.

    Raises:
        SettingsError: the configuration can't be read.
    """
    if "socket" in options.values:
        return options.values["socket"]
    simple = _read_simple(config_dir(options))
    if simple is None:
        return early(options)["socket"]
    return simple.get("socket", _DEFAULTS["socket"])


def early(options: Options, output: Output | None = None) -> dict[str, str]:
    """``socket``, ``pidfile``, ``loglevel``, ``logtarget``, ``syslogsocket`` as they hold.

    Args:
        options: the command line, which goes before the files.
        output: where to tell what is read.

    Raises:
        SettingsError: the configuration can't be read, or the level of the log is unknown.
    """
    given = {name: value for name, value in options.values.items() if name in _DEFAULTS}
    _check_level(given.get("loglevel", "INFO"))
    folder = config_dir(options)
    if output:
        _tell_files(folder, output)
    found = given if len(given) == len(_DEFAULTS) else {**_read_fully(folder), **given}
    found["loglevel"] = found["loglevel"].upper()
    _check_level(found["loglevel"])
    if output:
        output.log("INFO", f"Using socket file {found['socket']}")
        text = f"[{found['loglevel']}] logging to {found['logtarget']}"
        output.log("INFO", f"Using pid file {found['pidfile']}, {text}")
    return found


def _check_level(level: str) -> None:
    if level.upper() not in LEVELS and not level.isdecimal():
        raise SettingsError(f"Invalid log level {level.upper()!r}")


def _read_fully(folder: str) -> dict[str, str]:
    from banward.config import (  # noqa: PLC0415 - a quick command needs it not
        read_server,
        shipped_rules,
    )
    from banward.config.model import ProblemError  # noqa: PLC0415 - as above

    try:
        server = read_server(folder, fallback=shipped_rules())
    except ProblemError as error:
        text = error.problem.words or error.problem.message
        raise SettingsError(text, detail=str(error)) from error
    return {name: str(server.get(name) or default) for name, default in _DEFAULTS.items()}


def _files(folder: str) -> list[str]:
    """The files of ``fail2ban.conf`` and its set that are there, in the order of reading."""
    files = []
    for kind in ("conf", "local"):
        files.append(os.path.join(folder, f"fail2ban.{kind}"))
        try:
            names = os.listdir(os.path.join(folder, "fail2ban.d"))
        except OSError:
            names = []
        files += [
            os.path.join(folder, "fail2ban.d", name)
            for name in sorted(names)
            if name.endswith(f".{kind}")
        ]
    return [path for path in files if os.path.exists(path)]


def _with_shipped(folder: str) -> list[str]:
    """The same, with the shipped ``fail2ban.conf`` in front where the user has none."""
    files, main = _files(folder), "fail2ban.conf"
    if os.path.join(folder, main) in files:
        return files
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    rules = os.environ.get("BANWARD_RULES", os.path.join(package, "rules"))
    return [os.path.join(rules, main), *files] if rules else files


def _tell_files(folder: str, output: Output) -> None:
    """What ``-v`` shows: the directory and the files, once for each of two readings."""
    output.log("INFO", f"Loading configs for fail2ban under {folder} ", "configreader")
    for _ in range(2):
        output.log("INFO", f"  Loading files: {_files(folder)}", "configparserinc")


def _read_simple(folder: str) -> dict[str, str] | None:
    """The options of a plain ``fail2ban.conf`` and its set; None if it is not as plain as that."""
    sections: dict[str, dict[str, str]] = {}
    files = _with_shipped(folder)
    for path in files:
        try:
            with open(path, encoding="utf-8") as lines:
                if not _read_lines(lines.read().splitlines(), sections):
                    return None
        except (OSError, UnicodeDecodeError):
            return None
    if not files or "INCLUDES" in sections:
        return None
    return {**sections.get("DEFAULT", {}), **sections.get("Definition", {})}


def _read_lines(lines: list[str], sections: dict[str, dict[str, str]]) -> bool:
    """Take in the lines of one file; False if they hold more than plain options."""
    section: dict[str, str] | None = None
    for line in lines:
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        if text[0] == "[" and text[-1] == "]":
            section = sections.setdefault(text[1:-1], {})
            continue
        name, equals, value = text.partition("=")
        if section is None or not equals or line[0].isspace() or any(c in text for c in "%:#;"):
            return False
        section[name.strip().lower()] = value.strip()
    return True
