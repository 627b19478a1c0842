"""Programs that stand in for those of other systems: they write down how they were called, and do nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rules.acting import perform

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """\
#!/bin/sh
{{
    printf '%s\\037' {name} "$@"
    printf '\\035'
    cat
    printf '\\036'
}} > {log}.$$
cat {log}.$$ >> {log}
rm {log}.$$
{answer}
"""


@dataclass
class Call:
    """One call: the words, and what was on standard input."""

    words: list[str]
    stdin: str


class StandIns:
    """A folder of programs.

    Args:
        folder: where they are made.
        programs: their names, each with what it does besides (shell code).
    """

    def __init__(self, folder: Path, **programs: str) -> None:
        self._bin = folder / "bin"
        self._log = folder / "calls"
        self._bin.mkdir()
        for name, answer in programs.items():
            self.add(name.replace("_", "-"), answer)

    def add(self, name, answer=""):
        """Make one more."""
        path = self._bin / name
        path.write_text(SCRIPT.format(name=name, log=self._log, answer=answer), encoding="utf-8")
        path.chmod(0o755)

    def link(self, *names):
        """Give the real programs of these names, so that ``alone`` can do without all others."""
        for name in names:
            (self._bin / name).symlink_to(str(shutil.which(name)))

    def perform(self, action, *steps, alone=False):
        """What came of the steps, and the calls; ``alone`` if no other program is on the PATH."""
        before = os.environ["PATH"]
        os.environ["PATH"] = str(self._bin) if alone else f"{self._bin}:{before}"
        try:
            found = asyncio.run(perform(action, [["start"], *steps]))[1:]
        finally:
            os.environ["PATH"] = before
        return found, self.calls()

    def calls(self):
        """All calls since the last time that they were asked for."""
        text = self._log.read_text(encoding="utf-8") if self._log.exists() else ""
        self._log.unlink(missing_ok=True)
        return [_call(record) for record in text.split("\036")[:-1]]


def _call(record):
    words, _, stdin = record.partition("\035")
    return Call(words.split("\037")[:-1], stdin)
