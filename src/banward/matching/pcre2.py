"""The system's PCRE2 library: all matches of a regex in a block, in one call. Knows no filter.

Through ``ctypes``, for the library is on nearly every system (pcre2api(3)). What it can't do is
said by ``None`` or a ``ValueError``; nothing here is needed for a filter to work.
"""

from __future__ import annotations

import ctypes
import functools
import threading
from typing import Final

__all__ = ["Extractor", "library"]

_NAMES: Final = ("libpcre2-8.so.0", "libpcre2-8.dylib")
_OLDEST: Final = (10, 36)  # the first release that gives replacements only
_VERSION: Final = 11
_MULTILINE: Final = 0x400
_GLOBAL, _EXTENDED, _UNSET_EMPTY = 0x100, 0x200, 0x400
_OVERFLOW_LENGTH, _REPLACEMENT_ONLY = 0x1000, 0x20000
_OPTIONS: Final = _GLOBAL | _EXTENDED | _UNSET_EMPTY | _OVERFLOW_LENGTH
_JIT_COMPLETE: Final = 1
_NO_MEMORY: Final = -48
_MOST_STEPS: Final = 100_000  # of one match: what takes more is left to others
_STACK: Final = (32 * 1024, 1024 * 1024)  # bytes, at first and at most

_Pointer = ctypes.c_void_p
_Size = ctypes.c_size_t
_Text = ctypes.c_char_p
_UInt = ctypes.c_uint32
_FUNCTIONS: Final = {
    "config": ([_UInt, _Pointer], ctypes.c_int),
    "compile": (
        [_Text, _Size, _UInt, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(_Size), _Pointer],
        _Pointer,
    ),
    "jit_compile": ([_Pointer, _UInt], ctypes.c_int),
    "jit_stack_create": ([_Size, _Size, _Pointer], _Pointer),
    "jit_stack_assign": ([_Pointer, _Pointer, _Pointer], None),
    "jit_stack_free": ([_Pointer], None),
    "match_context_create": ([_Pointer], _Pointer),
    "match_context_free": ([_Pointer], None),
    "set_match_limit": ([_Pointer, _UInt], ctypes.c_int),
    "match_data_create_from_pattern": ([_Pointer, _Pointer], _Pointer),
    "match_data_free": ([_Pointer], None),
    "code_free": ([_Pointer], None),
    "substitute": (
        [
            *(_Pointer, _Text, _Size, _Size, _UInt, _Pointer, _Pointer),
            *(_Text, _Size, _Pointer, ctypes.POINTER(_Size)),
        ],
        ctypes.c_int,
    ),
}


@functools.cache
def library() -> ctypes.CDLL | None:
    """The library; None where there is none, or one that is too old."""
    for name in _NAMES:
        try:
            found = ctypes.CDLL(name)
        except OSError:
            continue
        if _is_usable(found):
            return found
    return None


def _is_usable(found: ctypes.CDLL) -> bool:
    for name, (arguments, result) in _FUNCTIONS.items():
        function = getattr(found, f"pcre2_{name}_8", None)
        if function is None:
            return False
        function.argtypes, function.restype = arguments, result
    text = ctypes.create_string_buffer(64)
    found.pcre2_config_8(_VERSION, text)
    major, _, minor = text.value.decode("ascii").split()[0].partition(".")
    return (int(major), int(minor.split("-")[0])) >= _OLDEST


class Extractor:
    """A regex, and what is to be told of each of its matches.

    Bytes are characters, ``^`` and ``$`` are for lines, and a match is given up that takes too many
    steps.

    Args:
        pattern: a regex of PCRE2, of ASCII.
        told: what is told of a match, as pcre2_substitute's extended replacement; of a group that
            took no part it tells nothing.
        whole: tell what is between the matches too.

    Raises:
        ValueError: there is no library, or it can't compile the regex to machine code.
    """

    _code: int | None = None

    def __init__(self, pattern: str, told: str, *, whole: bool = False) -> None:
        found = library()
        if found is None:
            raise ValueError("no PCRE2 library")
        self._library = found
        self._told = told.encode("ascii")
        self._options = _OPTIONS if whole else _OPTIONS | _REPLACEMENT_ONLY
        self._context = self._data = self._stack = None
        error, at = ctypes.c_int(), _Size()
        text = pattern.encode("ascii")
        self._code = found.pcre2_compile_8(text, len(text), _MULTILINE, error, at, None)
        if self._code is None:
            raise ValueError(f"PCRE2 error {error.value} at {at.value}: {pattern}")
        if found.pcre2_jit_compile_8(self._code, _JIT_COMPLETE):
            raise ValueError("PCRE2 can't make machine code here")
        self._context = found.pcre2_match_context_create_8(None)
        self._data = found.pcre2_match_data_create_from_pattern_8(self._code, None)
        self._stack = found.pcre2_jit_stack_create_8(*_STACK, None)
        if not (self._context and self._data and self._stack):
            raise ValueError("PCRE2 got no memory")
        found.pcre2_set_match_limit_8(self._context, _MOST_STEPS)
        found.pcre2_jit_stack_assign_8(self._context, None, self._stack)

    def __del__(self) -> None:
        if self._code is None:
            return
        self._library.pcre2_match_data_free_8(self._data)
        self._library.pcre2_match_context_free_8(self._context)
        self._library.pcre2_jit_stack_free_8(self._stack)
        self._library.pcre2_code_free_8(self._code)

    def extract(self, data: bytes) -> bytes | None:
        """What is told of all matches, one behind the other; None if one took too many steps.

        Args:
            data: the text.
        """
        told = self._told_of(data)
        return None if told is None else bytes(told)

    def text(self, data: bytes) -> str | None:
        """The same as text, each byte a character."""
        told = self._told_of(data)
        return None if told is None else str(told, "latin-1")

    def _told_of(self, data: bytes) -> memoryview | None:
        """The same where it stands until the next call in this thread."""
        size = _Size()
        room = _room(2 * len(data))
        for _ in range(2):
            size.value = len(room)
            done = self._library.pcre2_substitute_8(
                *(self._code, data, len(data), 0, self._options, self._data, self._context),
                *(self._told, len(self._told), room, size),
            )
            if done != _NO_MEMORY:
                break
            room = _room(size.value)
        return memoryview(room)[: size.value] if done >= 0 else None


_rooms: Final = threading.local()


def _room(least: int) -> ctypes.Array[ctypes.c_char]:
    """Where PCRE2 may write so many bytes: one place for all regexes of a thread."""
    room: ctypes.Array[ctypes.c_char] | None = getattr(_rooms, "room", None)
    if room is None or len(room) < least:
        room = _rooms.room = ctypes.create_string_buffer(least)
    return room
