from __future__ import annotations

import os
import threading

import pytest

from banward.metrics.textfile import write_whole


def test_the_file_is_replaced_and_everybody_may_read_it(tmp_path):
    """Nothing else stays in the folder; the umask does not keep the collector out."""
    path = tmp_path / "banward.prom"
    before = os.umask(0o077)
    try:
        for text in ("old\n", "new\n"):
            write_whole(path, text)
    finally:
        os.umask(before)
    assert path.read_text() == "new\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_no_reader_sees_a_half(tmp_path):
    """Whoever reads meanwhile finds the one text or the other."""
    path = tmp_path / "banward.prom"
    texts = {letter * 100_000 for letter in "ab"}
    write_whole(path, "a" * 100_000)
    done = threading.Event()

    def write() -> None:
        for _ in range(50):
            for text in texts:
                write_whole(path, text)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(path.read_text())
    writer.join()
    assert seen <= texts


def test_a_file_that_cant_be_written_leaves_nothing(tmp_path):
    """The part is removed, and what was there stays."""
    path = tmp_path / "banward.prom"
    path.mkdir()
    with pytest.raises(OSError, match="banward"):
        write_whole(path, "new\n")
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "nowhere" / "banward.prom", "new\n")
