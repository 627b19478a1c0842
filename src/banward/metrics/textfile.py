"""Writes a file as a whole, so that its reader never sees a half of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

__all__ = ["write_whole"]

_FOR_ALL: Final = 0o644
"""The collector that reads the file is another user, and what it holds is no secret."""


def write_whole(path: Path, text: str) -> None:
    """Put a file in the place of the one before, in one step.

    Args:
        path: the file; its folder must be there.
        text: what it is to hold.

    Raises:
        OSError: it can't be written; the file before stays.
    """
    # Its name must not end like that of the file: collectors read all files that do.
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as part:
        made = Path(part.name)
        try:
            part.write(text)
            part.flush()
            made.chmod(_FOR_ALL)
            made.replace(path)
        except OSError:
            made.unlink(missing_ok=True)
            raise
