"""Calls of the kernel that Python has no binding for, through libc; a failure is an ``OSError``."""

from __future__ import annotations

import ctypes
import functools
import os

__all__ = ["check", "prctl", "syscall", "unshare"]


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def check(result: int) -> int:
    """The result of a call.

    Raises:
        OSError: the call failed; the number is that of libc's ``errno``.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def prctl(option: int, *arguments: int) -> int:
    """``prctl(2)``."""
    values = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    return check(_libc().prctl(option, *values))


def syscall(number: int, *arguments: object) -> int:
    """``syscall(2)``, for calls that libc has no function for."""
    return check(_libc().syscall(ctypes.c_long(number), *arguments))


def unshare(flags: int) -> None:
    """``unshare(2)``."""
    check(_libc().unshare(flags))
