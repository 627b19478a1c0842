"""Which files a jail is said to follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.control.followed import followed
from banward.settings import JailSettings, LogPath

if TYPE_CHECKING:
    from pathlib import Path


def test_patterns_stand_for_the_files_that_they_find_now(tmp_path: Path) -> None:
    """Each file once, behind those that were named; what is not there yet is left out."""
    named, later, missing = (tmp_path / name for name in ("a.log", "b.log", "c.txt"))
    settings = JailSettings(
        name="j",
        logpaths=(LogPath(str(named), tail=True),),
        extra={"logpath": f"{tmp_path}/*.log head\n{missing} tail"},
    )
    named.touch()
    assert followed(settings) == (LogPath(str(named), tail=True),)
    later.touch()
    assert followed(settings) == (LogPath(str(named), tail=True), LogPath(str(later)))
