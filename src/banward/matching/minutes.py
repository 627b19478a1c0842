"""Times of dates that differ in their seconds only from one that was read. Reads no date itself.

The detector is asked for the first and the last second of a minute. If these lie 59 seconds apart,
the seconds between them are where they are expected: no change of summer time, no turn of the year
comes between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from banward.matching.dates.detector import DateMatch

__all__ = ["Minutes"]

_LAST: Final = 59
_SECONDS: Final = {f":{second:02}": second for second in range(_LAST + 1)}

Key = tuple[str | None, ...]


class Minutes:
    """The minutes that were read for one present moment."""

    def __init__(self) -> None:
        self._begins: dict[Key, float] = {}

    def forget(self) -> None:
        """Begin anew, for another present moment."""
        self._begins.clear()

    def learn(self, key: Key, date: DateMatch, now: float) -> None:
        """Take up the minute of a date.

        Args:
            key: what the date has in common with others of the same time (``quickdate.py``).
            date: the date.
            now: the present moment, in seconds since the epoch.
        """
        minute, _ = _split(key)
        if minute is None or minute in self._begins or not date.text.count(text := _text(key)):
            return
        first, last = (
            _time(date, date.text.replace(text, f"{text[:-2]}{second:02}"), now)
            for second in (0, _LAST)
        )
        if first is not None and last is not None and last - first == _LAST:
            self._begins[minute] = first

    def time(self, key: Key) -> float | None:
        """The time of a date, in seconds since the epoch; None if its minute is not known."""
        minute, second = _split(key)
        begin = None if minute is None else self._begins.get(minute)
        return None if begin is None else begin + second


def _text(key: Key) -> str:
    """The part of a key that ends with the seconds."""
    return next(filter(None, key))


def _split(key: Key) -> tuple[Key | None, int]:
    """A key without its seconds, and the seconds; None if those are no seconds."""
    text = _text(key)
    second = _SECONDS.get(text[-3:])
    if second is None:
        return None, 0
    place = key.index(text)
    return (*key[:place], text[:-2], *key[place + 1 :]), second


def _time(date: DateMatch, text: str, now: float) -> float | None:
    """The time that the same pattern reads in another text."""
    line = date.match.string[: date.start] + text + date.match.string[date.end :]
    found = date.template.search(line)
    if found is None or found.span(1) != date.match.span(1):
        return None
    return date.template.time(found, now)
