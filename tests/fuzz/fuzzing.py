"""Throws bytes at a decoder for a while: the corpus first, then what is made of it.

Most inputs are thrown together in a hurry, some are made by hypothesis, which makes what fails
small.

``BANWARD_FUZZ_SECONDS`` says for how long (ten minutes each with ``./test.sh --torture``), and
``BANWARD_FUZZ_SEED`` with which seeds, so that a run can be repeated. An input that fails is kept
in ``corpus/TARGET`` in its smallest form.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CORPUS = Path(__file__).parent / "corpus"
SECONDS = float(os.environ.get("BANWARD_FUZZ_SECONDS", "10"))
FIRST_SEED = int(os.environ.get("BANWARD_FUZZ_SEED", "1"))

_EXAMPLES = 50  # of one seed, by hypothesis
_BURST = 400  # of one seed, in a hurry
_HANGS = 10.0  # seconds of CPU time after which an input counts as a finding
_CALM = settings(
    max_examples=_EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)


class HangError(AssertionError):
    """An input took so long that it would stop whoever reads it."""


def fuzz(target: str, check: Callable[[bytes], None], tokens: Sequence[bytes]) -> None:
    """Try inputs for the time that is given.

    Args:
        target: name of the folder of the corpus.
        check: takes an input, and fails if something is wrong.
        tokens: pieces of which inputs are made, beside those of the corpus.
    """
    folder = CORPUS / target
    kept = [path.read_bytes() for path in sorted(folder.iterdir())]
    assert kept, f"no corpus in {folder}"
    for data in kept:
        _watched(check, data)
    failed: list[bytes] = []
    number, tried = FIRST_SEED, 0
    end = time.monotonic() + SECONDS

    def one(data: bytes) -> None:
        nonlocal tried
        if not failed and time.monotonic() > end:
            return
        tried += 1
        try:
            _watched(check, data)
        except Exception:
            failed[:] = [data]
            raise

    try:
        while time.monotonic() < end:
            hurried = random.Random(number)
            for _ in range(_BURST):
                one(_thrown_together(hurried, kept, tokens))
            seed(number)(_CALM(given(data=_inputs(kept, tokens))(one)))()
            number += 1
        print(  # noqa: T201  (pytest shows it on demand)
            f"{target}: {tried} inputs with the seeds from {FIRST_SEED} to {number - 1}"
        )
    except Exception as error:
        if failed:
            name = hashlib.sha256(failed[0]).hexdigest()[:12]
            (folder / name).write_bytes(failed[0])
            error.add_note(f"seed {number}, kept as {folder / name}: {failed[0]!r}")
        raise


def _thrown_together(
    source: random.Random, kept: Sequence[bytes], tokens: Sequence[bytes]
) -> bytes:
    """Bytes of the same kinds as ``_inputs``, without what it takes to make them smaller."""
    makers = (
        lambda: source.choice(tokens),
        lambda: source.choice(tokens),
        lambda: source.randbytes(source.randrange(7)),
        lambda: _cut(source.choice(kept), source.randrange(500), source.randrange(200)),
        lambda: source.choice(tokens) * source.choice((1, 1, 2, 3, 5, 40)),
    )
    made = b"".join(source.choice(makers)() for _ in range(source.randrange(20)))
    if source.random() < 0.5:
        return made
    return _spliced(source.choice(kept), source.randrange(500), made)


def _inputs(kept: Sequence[bytes], tokens: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Bytes made of tokens, noise, and pieces of the corpus."""
    token = st.sampled_from(list(tokens))
    piece = st.one_of(
        token,
        token,
        st.binary(max_size=6),
        st.builds(_cut, st.sampled_from(list(kept)), st.integers(0, 500), st.integers(0, 200)),
        st.builds(lambda text, times: text * times, token, st.integers(1, 300)),
    )
    made = st.lists(piece, max_size=25).map(b"".join)
    return st.one_of(
        made, st.builds(_spliced, st.sampled_from(list(kept)), st.integers(0, 500), made)
    )


def _cut(data: bytes, start: int, size: int) -> bytes:
    start %= len(data) + 1
    return data[start : start + size]


def _spliced(data: bytes, at: int, inner: bytes) -> bytes:
    at %= len(data) + 1
    return data[:at] + inner + data[at + len(inner) // 2 :]


def _watched(check: Callable[[bytes], None], data: bytes) -> None:
    """Check an input, and break off if it never ends."""

    def hang(*_: object) -> None:
        raise HangError(f"{_HANGS} seconds of CPU time are not enough for {len(data)} bytes")

    before = signal.signal(signal.SIGVTALRM, hang)
    signal.setitimer(signal.ITIMER_VIRTUAL, _HANGS)
    try:
        check(data)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
