"""The journal through systemd's own library, ``libsystemd.so.0``; every host with a journal has it.

Only the calls of sd-journal(3) that following a journal needs. The library is loaded by the first
use, so that nobody else pays for it.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint64, c_void_p
from typing import TYPE_CHECKING, Final

from banward.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["APPEND", "INVALIDATE", "Journal", "library_error"]

APPEND: Final = 1
"""Entries were added (SD_JOURNAL_APPEND)."""
INVALIDATE: Final = 2
"""Files came or went (SD_JOURNAL_INVALIDATE)."""

_NAME: Final = "libsystemd.so.0"
_LONGEST: Final = 64 * 1024  # bytes of one field that are kept
_MICRO: Final = 1e6

_CALLS: Final[dict[str, tuple[object, ...]]] = {
    "open": (POINTER(c_void_p), c_int),
    "open_namespace": (POINTER(c_void_p), c_char_p, c_int),
    "open_files": (POINTER(c_void_p), POINTER(c_char_p), c_int),
    "add_match": (c_void_p, c_char_p, c_size_t),
    "add_disjunction": (c_void_p,),
    "seek_head": (c_void_p,),
    "seek_realtime_usec": (c_void_p, c_uint64),
    "seek_cursor": (c_void_p, c_char_p),
    "next": (c_void_p,),
    "previous": (c_void_p,),
    "test_cursor": (c_void_p, c_char_p),
    "get_cursor": (c_void_p, POINTER(c_void_p)),
    "get_realtime_usec": (c_void_p, POINTER(c_uint64)),
    "get_monotonic_usec": (c_void_p, POINTER(c_uint64), c_void_p),
    "set_data_threshold": (c_void_p, c_size_t),
    "enumerate_data": (c_void_p, POINTER(c_void_p), POINTER(c_size_t)),
    "get_fd": (c_void_p,),
    "reliable_fd": (c_void_p,),
    "process": (c_void_p,),
}
_BAD_FIELD: Final = {errno.EBADMSG, errno.E2BIG, errno.ENOBUFS, errno.EPROTONOSUPPORT}


@functools.cache
def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(_NAME)
    except OSError as error:
        raise SourceError(f"the journal can't be read without {_NAME}: {error}") from error
    for name, arguments in _CALLS.items():
        call = getattr(library, f"sd_journal_{name}")
        call.argtypes, call.restype = arguments, c_int
    for name in ("close", "restart_data"):
        call = getattr(library, f"sd_journal_{name}")
        call.argtypes, call.restype = (c_void_p,), None
    return library


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None)
    libc.free.argtypes, libc.free.restype = (c_void_p,), None
    return libc


def library_error() -> str:
    """Why the journal can't be read here, or an empty text."""
    try:
        _library()
    except SourceError as error:
        return str(error)
    return ""


class Journal:
    """An open journal and a place in it.

    Use one of the class methods to open it, ``close`` when done. A call that fails raises
    ``SourceError``.
    """

    def __init__(self, name: str, *arguments: object) -> None:
        self._library = _library()
        self._journal = c_void_p()
        self._call(name, *arguments, journal=byref(self._journal))
        self._call("set_data_threshold", _LONGEST)
        self._boot = ctypes.create_string_buffer(16)

    @classmethod
    def of_host(cls, flags: int, namespace: str = "") -> Journal:
        """The journal of this host, or of one of its namespaces."""
        if namespace:
            return cls("open_namespace", os.fsencode(namespace), flags)
        return cls("open", flags)

    @classmethod
    def of_files(cls, paths: Sequence[str]) -> Journal:
        """Just these journal files."""
        array = (c_char_p * (len(paths) + 1))(*map(os.fsencode, paths), None)
        return cls("open_files", array, 0)

    def close(self) -> None:
        """Close it."""
        if self._journal:
            self._library.sd_journal_close(self._journal)
            self._journal = c_void_p()

    def match(self, lines: Iterable[Iterable[str]]) -> None:
        """Take only entries that match (journalctl(1)): lines and ``+`` are alternatives.

        Args:
            lines: words ``FIELD=value`` and ``+``.
        """
        first = True
        for line in lines:
            if not first:
                self._call("add_disjunction")
            first = False
            for word in line:
                if word == "+":
                    self._call("add_disjunction")
                else:
                    data = os.fsencode(word)
                    self._call("add_match", data, len(data), about=f"journal match {word!r}")

    def seek_head(self) -> None:
        """Go before the first entry."""
        self._call("seek_head")

    def seek_time(self, seconds: float) -> None:
        """Go before the first entry at or after a time, in seconds since the epoch."""
        self._call("seek_realtime_usec", max(0, int(seconds * _MICRO)))

    def seek_cursor(self, cursor: str) -> None:
        """Go before the entry of a cursor, or the one that follows where it was."""
        self._call("seek_cursor", cursor.encode())

    def next(self) -> bool:
        """Go to the next entry; False if there is none."""
        return self._call("next") > 0

    def previous(self) -> bool:
        """Go to the entry before; False if there is none."""
        return self._call("previous") > 0

    def is_at(self, cursor: str) -> bool:
        """Whether the present entry is that of a cursor."""
        return bool(self._library.sd_journal_test_cursor(self._journal, cursor.encode()) > 0)

    @property
    def cursor(self) -> str:
        """The cursor of the present entry."""
        text = c_void_p()
        self._call("get_cursor", byref(text))
        try:
            return ctypes.string_at(text.value or 0).decode()
        finally:
            _libc().free(text)

    @property
    def realtime(self) -> float:
        """When the journal took the present entry, in seconds since the epoch."""
        return self._time("get_realtime_usec")

    @property
    def monotonic(self) -> float:
        """The same in seconds since the boot."""
        return self._time("get_monotonic_usec", self._boot)

    def fields(self) -> dict[bytes, list[bytes]]:
        """The fields of the present entry, each with all its values."""
        found: dict[bytes, list[bytes]] = {}
        data, size = c_void_p(), c_size_t()
        self._library.sd_journal_restart_data(self._journal)
        enumerate_data = self._library.sd_journal_enumerate_data
        while result := enumerate_data(self._journal, byref(data), byref(size)):
            if result < 0:
                if -result not in _BAD_FIELD:
                    self._check(result, "enumerate_data")
                continue
            name, _, value = ctypes.string_at(data.value or 0, size.value).partition(b"=")
            found.setdefault(name, []).append(value)
        return found

    def fileno(self) -> int:
        """A descriptor that is readable when ``process`` should be called."""
        return self._call("get_fd")

    @property
    def tells_changes(self) -> bool:
        """Whether the descriptor tells of all changes; not on network file systems."""
        return self._call("reliable_fd") > 0

    def process(self) -> int:
        """Take in what happened: ``APPEND``, ``INVALIDATE`` or 0."""
        return self._call("process")

    def _time(self, name: str, *arguments: object) -> float:
        time = c_uint64()
        self._call(name, byref(time), *arguments)
        return time.value / _MICRO

    def _call(self, name: str, *arguments: object, journal: object = None, about: str = "") -> int:
        call = getattr(self._library, f"sd_journal_{name}")
        result: int = call(self._journal if journal is None else journal, *arguments)
        return self._check(result, about or name)

    @staticmethod
    def _check(result: int, about: str) -> int:
        if result < 0:
            raise SourceError(f"systemd journal: {about}: {os.strerror(-result)}")
        return result
