"""The statements of the store by name, read from ``queries.sql``."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

__all__ = ["migrations", "query"]

_FOLDER: Final = Path(__file__).parent

_REPEATED: Final = re.compile(r"\{(.*?)\}")

_NAME: Final = re.compile(r"^-- name: (\w+).*\n(?:--.*\n)*", re.MULTILINE)


@cache
def _queries() -> dict[str, str]:
    text = (_FOLDER / "queries.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)
    return {
        name: body.strip().rstrip(";") for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


@lru_cache(maxsize=4096)
def query(name: str, count: int = 1) -> str:
    """The text of a statement.

    Args:
        name: its name.
        count: for how many rows or values; what stands in braces is repeated so many times.
    """
    return _REPEATED.sub(lambda found: ", ".join([found[1]] * count), _queries()[name])


def migrations() -> list[tuple[int, str]]:
    """The steps that make the tables what they are, by number."""
    steps = (_FOLDER / "migrations").glob("*.sql")
    return sorted((int(step.name[:4]), step.read_text(encoding="utf-8")) for step in steps)
