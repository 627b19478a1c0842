"""Which services of this host a shipped jail can protect, and where they log.

The table ``rules/services.toml`` says how to see that a service is here; the shipped jails say
where it logs. Files are looked at, nothing is changed.
"""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from banward.config import read_configuration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from banward.config import JailDefinition

__all__ = ["Finding", "Service", "detect", "read_table"]

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_UNIT_DIRS: Final = ("etc/systemd/system", "lib/systemd/system", "usr/lib/systemd/system")
_JOURNAL_DIRS: Final = ("run/log/journal", "var/log/journal")


@dataclass(frozen=True, slots=True)
class Service:
    """How to see that the service of a jail is on a host.

    Args:
        jail: name of the shipped jail.
        programs: names of its executables, or absolute paths of files that only it has.
        units: names of its systemd units.
        by_log: it is here if its log is.
        manual: why its jail is never switched on by itself; empty if it may be.
    """

    jail: str
    programs: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    by_log: bool = False
    manual: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A service that is here.

    Args:
        jail: name of the jail.
        enabled: whether it can run: there is something to read.
        options: what the jail needs beyond ``enabled``.
        why: where it logs, or what is missing, in words.
    """

    jail: str
    enabled: bool
    options: tuple[tuple[str, str], ...] = ()
    why: str = ""


def read_table(path: Path) -> tuple[Service, ...]:
    """The services of a table, in its order.

    Raises:
        OSError: it can't be read.
        tomllib.TOMLDecodeError: it is no TOML.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Service(
            jail,
            tuple(entry.get("programs", ())),
            tuple(entry.get("units", ())),
            by_log=entry.get("by_log", False),
            manual=entry.get("manual", ""),
        )
        for jail, entry in table.items()
    )


def detect(services: Sequence[Service], rules: Path, *, root: str = "") -> list[Finding]:
    """What of the services is on this host, and how its jail gets to its log.

    Args:
        services: the table.
        rules: the shipped configuration.
        root: put before every absolute path that is looked at.
    """
    present = [service for service in services if service.by_log or _is_present(service, root)]
    as_shipped = _read_jails(present, rules, root, "")
    by_file = _read_jails(present, rules, root, "backend = auto\nsystemd_if_nologs = false\n")
    journal = any(_has_entries(Path(root or "/", folder)) for folder in _JOURNAL_DIRS)
    findings = [
        _judge(
            service,
            as_shipped.get(service.jail),
            by_file.get(service.jail),
            # That there is a journal says nothing of a service that may not be here.
            has_journal=journal and not service.by_log,
        )
        for service in present
    ]
    only_with_log = {service.jail for service in present if service.by_log}
    return [found for found in findings if found.enabled or found.jail not in only_with_log]


def _judge(
    service: Service,
    shipped: JailDefinition | None,
    by_file: JailDefinition | None,
    *,
    has_journal: bool,
) -> Finding:
    files = [path for log in (by_file.logs if by_file else ()) for path in log.found]
    wants_journal = bool(shipped and shipped.backend.startswith("systemd"))
    in_journal = has_journal and bool(shipped and shipped.filter and shipped.filter.journalmatch)
    if wants_journal and in_journal:
        return Finding(service.jail, enabled=True, why="it logs to the journal")
    if files:
        options = (("backend", "auto"),) if wants_journal else ()
        return Finding(service.jail, enabled=True, options=options, why=f"it logs to {files[0]}")
    if in_journal:
        options = (("backend", "systemd"),)
        return Finding(service.jail, enabled=True, options=options, why="it logs to the journal")
    patterns = ", ".join(log.pattern for log in (by_file.logs if by_file else ()))
    return Finding(service.jail, enabled=False, why=f"no log was found ({patterns or 'no path'})")


def _read_jails(
    services: Iterable[Service], rules: Path, root: str, options: str
) -> dict[str, JailDefinition]:
    sections = (f"[{service.jail}]\nenabled = true\n{options}" for service in services)
    with tempfile.TemporaryDirectory(prefix="banward-detect-") as folder:
        Path(folder, "jail.local").write_text("".join(sections), encoding="utf-8")
        configuration = read_configuration(folder, fallback=rules, dump=True, root=root)
    return {jail.name: jail for jail in configuration.jails}


def _is_present(service: Service, root: str) -> bool:
    path = ":".join(f"{root}{folder}" for folder in _PATH.split(":"))
    for program in service.programs:
        if program.startswith("/"):
            if Path(f"{root}{program}").exists():
                return True
        elif shutil.which(program, path=path):
            return True
    return any(
        Path(root or "/", folder, unit).exists() for folder in _UNIT_DIRS for unit in service.units
    )


def _has_entries(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False
