"""Reads the cases that were captured from the reference (``tests/data``)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


def bantime_cases(kind: str) -> list[dict[str, Any]]:
    """The cases of one kind in ``bantime-cases.json``."""
    return json.loads((DATA / "bantime-cases.json").read_text(encoding="utf-8"))[kind]
