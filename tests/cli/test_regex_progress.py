"""The bar on the terminal."""

import io

from banward.cli.regex_progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_silent_where_nobody_looks():
    """Into a file or pipe nothing is drawn."""
    stream = io.StringIO()
    progress = Progress(100, lambda: 50, stream)
    for _ in range(5000):
        progress.step()
    progress.clear()
    assert stream.getvalue() == ""


def test_how_far_it_is(monkeypatch):
    """On a terminal the bar shows the part of the bytes that is read, and is wiped at the end."""
    ticks = iter(range(100))
    monkeypatch.setattr("time.monotonic", lambda: float(next(ticks)))
    stream = Terminal()
    progress = Progress(200, lambda: 100, stream)
    for _ in range(1000):
        progress.step()
    assert stream.getvalue() == f"\r\033[K[{'#' * 15}{'.' * 15}]  50%  1,000 lines"
    progress.clear()
    assert stream.getvalue().endswith("\r\033[K")


def test_lines_where_the_size_is_unknown(monkeypatch):
    """Standard input has no size: lines are counted."""
    ticks = iter(range(100))
    monkeypatch.setattr("time.monotonic", lambda: float(next(ticks)))
    stream = Terminal()
    progress = Progress(0, lambda: 0, stream)
    for _ in range(2000):
        progress.step()
    assert stream.getvalue().endswith("\r\033[K2,000 lines")
