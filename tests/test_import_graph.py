"""The import graph follows the flow: no stage knows another, no cycle, no arrow backwards."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "banward"

# Modules of the top level that every part may use: values and small pure helpers.
COMMON = {
    "records",
    "sheets",
    "settings",
    "subject",
    "errors",
    "clock",
    "evidence",
    "timespan",
    "expression",
    "masking",
    "__init__",
}
# What each part may import beside COMMON and itself.
ALLOWED: dict[str, set[str]] = {
    "config": set(),
    "sources": {"link"},  # the frames that tell of sources
    "matching": set(),
    "audit": {"matching"},
    "detection": set(),
    "decisions": set(),
    "enforcement": {"lean"},  # Python actions get the whole standard library
    "storage": set(),
    "link": set(),
    "logs": {"log_lines", "log_outputs", "printable"},
    "log_lines": {"printable"},
    "log_outputs": {"log_lines", "printable"},
    "privileges": set(),
    "control": {"logs", "log_lines", "pieces", "printable"},
    "lean": set(),
    "watcher": {"lean", "link", "privileges", "sources", "matching"},
    "watcher_side": {"link"},
    "watcher_child": {"watcher"},
    "watcher_process": {"link", "watcher", "watcher_child"},
    "warden": {
        "link",
        "watcher_side",
        "detection",
        "decisions",
        "enforcement",
        "storage",
        "control",
        "logs",
        "pieces",
        "matching",
        "sources",
    },
    "services": {"config"},
    "metrics": {"printable"},
    "testing": set(),
    "demo": {"testing"},
}
FREE = {"app", "cli"}
"""Parts that join the others and may import all of them."""


def part_of(path: Path) -> str:
    """The part that a module belongs to: its folder, or its own name at the top level."""
    relative = path.relative_to(SOURCE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports_of(path: Path) -> set[str]:
    """The modules of Banward that a module imports, with dots, also those for types only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{name.name}" for name in node.names)
    return {name for name in found if name.startswith("banward.")}


MODULES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_arrow_against_the_flow(path: Path) -> None:
    """A module imports common values, its own part, and what the map of the house allows."""
    part = part_of(path)
    if part in FREE or part in COMMON:
        return
    allowed = COMMON | {part} | ALLOWED.get(part, set())
    reached = {name.split(".")[1] for name in imports_of(path)}
    foreign = {
        name for name in reached if (SOURCE / name).is_dir() or (SOURCE / f"{name}.py").exists()
    }

    assert foreign <= allowed, f"{part} must not know {sorted(foreign - allowed)}"


def test_no_cycle() -> None:
    """No module needs itself through others: not to be loaded, not later, and not for its types."""
    names = {
        ".".join(("banward", *path.relative_to(SOURCE).with_suffix("").parts)): path
        for path in MODULES
    }
    names = {name.removesuffix(".__init__"): path for name, path in names.items()}
    graph = {name: (imports_of(path) & names.keys()) - {name} for name, path in names.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in done:
            for following in graph[name]:
                visit(following, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())
