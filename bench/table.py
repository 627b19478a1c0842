"""Results as the table of the bar, and as a picture. Pure."""

# The multiplication sign is meant.
# ruff: noqa: RUF001

from __future__ import annotations

import statistics
from typing import Any

__all__ = ["picture", "text"]

Row = tuple[str, str, str, str]


def _rows(results: dict[str, Any]) -> list[Row]:
    """What was done, what came out, the bar, and where we want to be."""
    bars = {"auth": ("15×", "25×"), "flood": ("12×", "25×"), "jails": ("20×", "40×")}
    rows = []
    for name, work in results["works"].items():
        low, high = min(work["ratios"]), max(work["ratios"])
        spread = f"{work['ratio']:.1f}× ({low:.1f}-{high:.1f})"
        rows.append((work["work"], spread, *bars[name]))
    if (share := _of_ripgrep(results)) is not None:
        rows.append(("share of rg -j1 -c, auth.log", f"{share:.0%}", "20 %", "40 %"))
    latency = results["latency_ms"]["Banward"]
    shown = f"{latency['p50']:.1f} / {latency['p99']:.1f} ms"
    rows.append(
        ("line written to element in the kernel, p50 / p99", shown, "5 / 20 ms", "2 / 5 ms")
    )
    mass = results["mass"]
    banned = f"{mass[0]['count']:,} bans"

    def middle(*keys: str) -> float:
        return statistics.median(_inner(run, keys) for run in mass)

    own = results["footprint"]["Banward"]
    return [
        *rows,
        (f"{banned} from cold into the kernel, wall", _s(middle("ban", "seconds")), "2 s", "0.5 s"),
        (f"{banned} from cold into the kernel, CPU", _s(middle("ban", "cpu")), "2 s", "0.5 s"),
        (
            "the socket answers meanwhile, longest",
            f"{middle('ban', 'ping_ms'):.0f} ms",
            "50 ms",
            "",
        ),
        *(
            (f"… and during: {name}", f"{longest:.0f} ms", "50 ms", "")
            for name, longest in results.get("waits_ms", {}).items()
        ),
        ("restart: tries that got in", f"{sum(r['restart']['got_in'] for r in mass)}", "0", "0"),
        (f"stop with {banned}", _s(middle("stop_seconds")), "1 s", "0.2 s"),
        ("memory, idle with one jail", f"{own['idle_mib']:.0f} MiB", "40", "30"),
        (
            f"memory, {banned}, ten times as many tracked",
            f"{results['loaded_mib']:.0f} MiB",
            "250",
            "120",
        ),
        ("fail2ban-client ping, CPU", f"{own['ping_ms']:.0f} ms", "60 ms", "30 ms"),
        ("fail2ban-regex, one line, CPU", f"{own['regex_ms']:.0f} ms", "150 ms", ""),
    ]


def _inner(value: Any, keys: tuple[str, ...]) -> float:
    for key in keys:
        value = value[key]
    return float(value)


def _s(seconds: float) -> str:
    return f"{seconds:.2f} s"


def _of_ripgrep(results: dict[str, Any]) -> float | None:
    seconds = results["works"]["auth"]["cpu_seconds"]
    if not seconds["ripgrep"]:
        return None
    return statistics.median(seconds["ripgrep"]) / statistics.median(seconds["Banward"])


def text(results: dict[str, Any]) -> str:
    """The table."""
    told = results["machine"]
    head = (
        f"{told['cpu']}, {told['cores']} cores, Linux {told['kernel']}, Python {told['python']}, "
        f"load {told['load']:.1f}"
    )
    rows = [("", "here", "bar", "wanted"), *_rows(results)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(r, widths, strict=True)) for r in rows
    ]
    curves = [
        f"{name}: " + ", ".join(f"{cost:.1f} µs at {there:,}" for there, cost in curve)
        for name, curve in results["growth"].items()
    ]
    return "\n".join([head, "", *(line.rstrip() for line in lines), "", *curves])


# The picture ----------------------------------------------------------------------------------

_WIDTH = 720
_LEFT = 190
_BAR = 22
_STEP = 34


def picture(results: dict[str, Any]) -> str:
    """Bars: how many times fail2ban on the same work; and the curves of growth below."""
    works = [(work["work"], work["ratio"]) for work in results["works"].values()]
    most = max(ratio for _, ratio in works)
    parts = [_text(10, 24, "CPU time of fail2ban ÷ CPU time of Banward, same lines, same bans", 15)]
    y = 44
    for name, ratio in works:
        length = (_WIDTH - _LEFT - 70) * ratio / most
        parts.append(_text(_LEFT - 10, y + 16, name, 13, "end"))
        parts.append(
            f'<rect x="{_LEFT}" y="{y}" width="{length:.0f}" height="{_BAR}" fill="#2b6cb0"/>'
        )
        parts.append(_text(_LEFT + length + 8, y + 16, f"{ratio:.0f}×", 13))
        y += _STEP
    y += 20
    parts.append(_text(10, y, "CPU µs for one more, as there is more and more already", 15))
    y += 12
    for name, curve in results["growth"].items():
        parts += _curve(name, curve, y)
        y += 64
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" '
        f'font-family="sans-serif">\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n'
        "</svg>\n"
    )


def _curve(name: str, curve: list[list[float]], top: int) -> list[str]:
    """One curve, its costs from zero up, its points where they are."""
    farthest = max(there for there, _ in curve) or 1
    highest = max(cost for _, cost in curve) or 1
    points = [
        (_LEFT + (_WIDTH - _LEFT - 90) * there / farthest, top + 52 - 30 * cost / highest)
        for there, cost in curve
    ]
    line = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
    base = f'<line x1="{_LEFT}" y1="{top + 52}" x2="{_WIDTH - 20}" y2="{top + 52}" stroke="#ccc"/>'
    drawn = [
        _text(_LEFT - 10, top + 45, name, 13, "end"),
        base,
        f'<polyline points="{line}" fill="none" stroke="#2b6cb0" stroke-width="2"/>',
    ]
    for (x, y), (there, cost) in zip(points, curve, strict=True):
        drawn.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="#2b6cb0"/>')
        drawn.append(_text(x + 4, y - 5, f"{cost:.0f} at {there:,.0f}", 11))
    return drawn


def _text(x: float, y: float, words: str, size: int, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}">{words}</text>'
