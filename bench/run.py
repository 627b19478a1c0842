"""Runs all measurements in turn, prints the table, and writes results and picture.

Rounds are interleaved, peer and Banward in turn, so that whatever else the machine does harms both.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import footprint
import growth
import kernel
import ripgrep
import table
import throughput
import waits
from servers import BANWARD, PEER

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOT = Path(__file__).resolve().parent.parent
_RESULTS = _ROOT / "bench/results.json"
_MANY = 100_000
_SHORT = 0.05  # of the lines
_GROWTH_LINES = 200_000  # a figure of less would be a few ticks of the clock


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="bench/run.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each work is done")
    parser.add_argument("--share", type=float, default=1.0, help="of the lines and bans")
    parser.add_argument("--short", metavar="FILE", help="a quick check; results go to FILE")
    parser.add_argument("--part", nargs="+", choices=list(_PARTS), help="renew only these parts")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="banward-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # Banward reads logs as another user
        if words.short:
            results = _short(folder)
            Path(words.short).write_text(json.dumps(results, indent=1))
            return
        results = _known() if words.part else {}
        results |= {"machine": _machine(), "rounds": words.rounds, "share": words.share}
        for part in words.part or _PARTS:
            results[part] = _PARTS[part](folder, words.rounds, words.share)
            _RESULTS.write_text(json.dumps(results, indent=1) + "\n")
            print(part, "done", flush=True)
    picture = _ROOT / "docs/img/bench.svg"
    picture.parent.mkdir(exist_ok=True)
    picture.write_text(table.picture(results))
    print(table.text(results))


def _known() -> dict[str, Any]:
    known: dict[str, Any] = json.loads(_RESULTS.read_text())
    return known


def _short(folder: Path) -> dict[str, Any]:
    """The same steps with little of everything; raises if counts differ."""
    works = {"jails": _rounds(throughput.WORKS["jails"], folder, rounds=1, share=_SHORT)}
    return {
        "works": works,
        "mass": kernel.mass(folder / "mass", 1500),
        "waits_ms": waits.waits(folder / "waits", 1500),
    }


def _works(folder: Path, rounds: int, share: float) -> Any:
    return {
        name: _rounds(work, folder, rounds=rounds, share=share)
        for name, work in throughput.WORKS.items()
    }


def _latency(folder: Path, *_: object) -> Any:
    return {
        BANWARD.name: kernel.latency(BANWARD, folder / "latency", 300),
        PEER.name: kernel.latency(PEER, folder / "latency", 20),
    }


def _mass(folder: Path, rounds: int, share: float) -> Any:
    return [kernel.mass(folder / "mass", round(_MANY * share)) for _ in range(rounds)]


def _waits(folder: Path, rounds: int, share: float) -> Any:
    runs = [waits.waits(folder / "waits", round(_MANY * share)) for _ in range(rounds)]
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _footprint(folder: Path, rounds: int, _: float) -> Any:
    return footprint.both(folder, 3 * rounds)


def _loaded(folder: Path, _: int, share: float) -> Any:
    many = round(_MANY * share)
    return footprint.loaded(folder / "loaded", many, 10 * many)


def _growth(folder: Path, _: int, share: float) -> Any:
    many = round(_MANY * share)
    steps = [0, many // 4, many]
    of_line, of_ban = growth.by_bans(folder / "growth", steps, _GROWTH_LINES)
    return {
        "line by bans": of_line,
        "ban by bans": of_ban,
        "line by tracked addresses": growth.by_tracked(folder / "growth", steps, _GROWTH_LINES),
        "line by jails": growth.by_jails(folder / "growth", [1, 10, 40], _GROWTH_LINES),
    }


_PARTS: dict[str, Callable[[Path, int, float], Any]] = {
    "works": _works,
    "latency_ms": _latency,
    "mass": _mass,
    "waits_ms": _waits,
    "footprint": _footprint,
    "loaded_mib": _loaded,
    "growth": _growth,
}
"""The parts of the results, in their order, and how each is measured."""


def _rounds(work: throughput.Work, folder: Path, *, rounds: int, share: float) -> dict[str, Any]:
    """CPU seconds of both for a work, round by round, after their counts were seen to be equal."""
    logs = folder / "logs"
    seconds: dict[str, list[float]] = {PEER.name: [], BANWARD.name: [], "ripgrep": []}
    counts: dict[str, int] = {}
    for _ in range(rounds):
        data = throughput.generate(work, logs, share)
        runs = {
            program.name: throughput.measure(program, work, data, folder / "run")
            for program in (PEER, BANWARD)
        }
        throughput.compare(runs, work)
        counts = runs[BANWARD.name].counts
        for name, run in runs.items():
            seconds[name].append(run.cpu)
        if len(work.jails) == 1 and (used := ripgrep.cpu(logs / "auth.log")) is not None:
            seconds["ripgrep"].append(used)
    ratios = [
        peer / max(own, 0.01)
        for peer, own in zip(seconds[PEER.name], seconds[BANWARD.name], strict=True)
    ]
    return {
        "work": work.name,
        "pairs": round(work.pairs * share),
        "cpu_seconds": seconds,
        "counts": counts,
        "ratio": statistics.median(ratios),
        "ratios": ratios,
    }


def _machine() -> dict[str, Any]:
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


if __name__ == "__main__":
    main()
