"""Whether the file behind a path still is the one that was read, and where to go on. Pure.

A file is known by its inode and by its mark: the SHA-1 of its first line with the newline, as
fail2ban keeps it in its database (server-and-client.md 3.2, 7.6). Reading looks at both before
each round, so that a file rewritten in place is noticed before its new lines are skipped.
"""

from __future__ import annotations

import enum
import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from banward.sources.newline import LF, Newline
from banward.sources.splitter import LONGEST

if TYPE_CHECKING:
    from banward.records import Position

__all__ = ["PROBE", "Change", "FirstLine", "Look", "change", "fits"]

PROBE: Final = 1024
"""How many bytes of the first line are compared before each round."""


class Change(enum.StrEnum):
    """What became of a file since it was read last."""

    SAME = "same"
    ROTATED = "rotated"  # another file stands at the path
    TRUNCATED = "truncated"  # it is shorter than what was read
    REPLACED = "replaced"  # it begins with another line


class Look(NamedTuple):
    """What a look at a path or at an open file shows.

    Args:
        device: number of the file system.
        inode: number of the file within.
        size: bytes.
    """

    device: int
    inode: int
    size: int

    def is_file_of(self, other: Look) -> bool:
        """Whether both are the same file."""
        return (self.device, self.inode) == (other.device, other.inode)


class FirstLine(NamedTuple):
    """The first line of a file.

    Args:
        mark: SHA-1 of the line with its newline, in hex; empty while the line has no end, or
            is longer than any line that is kept.
        probe: the beginning of the line, at most ``PROBE`` bytes.
    """

    mark: str = ""
    probe: bytes = b""

    @classmethod
    def of(cls, head: bytes, newline: Newline = LF) -> FirstLine:
        """The first line of a file that begins with these bytes.

        Args:
            head: the first ``LONGEST`` bytes, or all if there are fewer.
            newline: how lines end.
        """
        at = newline.find(head[:LONGEST], 0)
        if at < 0:
            return cls("", head[:PROBE])
        line = head[: at + len(newline.mark)]
        digest = hashlib.sha1(line, usedforsecurity=False)
        return cls(digest.hexdigest(), line[:PROBE])


def change(old: Look, new: Look, read: int, first: FirstLine, head: bytes) -> Change:
    """Compare what was read with what stands there.

    Args:
        old: the file that is read.
        new: the file that stands at its path.
        read: bytes of it that were read.
        first: the first line as it was read; what it holds was read.
        head: the first bytes of the new file, at least as many as ``first.probe`` if it has them.
    """
    if not old.is_file_of(new):
        return Change.ROTATED
    if new.size < read:
        return Change.TRUNCATED
    if not head.startswith(first.probe):
        return Change.REPLACED
    return Change.SAME


def fits(position: Position, first: FirstLine, look: Look) -> bool:
    """Whether a stored position belongs to this file.

    The mark has to be the same. Where neither has one (the first line has no end, or is very
    long), the inode has to be.

    Args:
        position: as stored; of an old database it may have an MD5 mark, which never fits.
        first: the first line of the file.
        look: the file.
    """
    if position.offset > look.size or position.mark != first.mark:
        return False
    return bool(position.mark) or position.inode == look.inode
