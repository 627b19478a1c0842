"""The last lines as one text."""

import pytest

from banward.matching.window import Window, WindowLine


def window(*texts, size=4):
    made = Window(size)
    for offset, text in enumerate(texts):
        made.push(WindowLine(f"{text}\n", text, offset))
    return made


def test_only_the_last_lines_stay():
    """The window holds as many lines as it was told."""
    assert window("a", "b", "c", size=2).text == "b\nc\n"


@pytest.mark.parametrize(
    ("start", "end", "skipped", "taken", "left"),
    [
        (0, 1, [], ["a"], "bb\nccc\n"),
        (0, 2, [], ["a"], "bb\nccc\n"),
        (2, 5, [], ["bb"], "a\nccc\n"),
        (3, 6, [], ["bb", "ccc"], "a\n"),
        (0, 8, [(2, 5)], ["a", "ccc"], "bb\n"),
        (0, 8, [(2, 2)], ["a", "bb", "ccc"], ""),
        (2, 2, [], ["bb"], "a\nccc\n"),
        (0, 9, [(2, 5), (5, 5)], ["a", "ccc"], "bb\n"),
    ],
)
def test_a_match_takes_its_lines(start, end, skipped, taken, left):
    """Lines that a match touches leave the window; those that it skipped stay."""
    lines = window("a", "bb", "ccc")
    assert [line.stored for line in lines.take(start, end, skipped)] == taken
    assert lines.text == left


def test_oldest():
    """The window knows where its first line stands."""
    lines = window("a", "b", "c", size=2)
    assert lines.oldest == 1
    lines.clear()
    assert lines.oldest is None
