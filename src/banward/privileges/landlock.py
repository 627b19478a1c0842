"""Only some directories can be read, nothing written, run, made or reached (landlock(7)).

The kernel keeps to this even if the process has the capability to read every file.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
from typing import TYPE_CHECKING, Final

from banward.privileges.kernel import syscall

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["restrict_to"]

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION: Final = 1  # a flag of create_ruleset
_PATH_BENEATH: Final = 1

_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
# How many rights to files each version of the interface knows.
_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
# Further words of a ruleset, and the version from which on there are such.
_NETWORK: Final = (4, 0b11)  # to bind and to connect TCP sockets
_SCOPED: Final = (6, 0b11)  # abstract sockets and signals of those outside


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def restrict_to(paths: Iterable[str]) -> int:
    """Forbid every access to files, save reading below these paths; and whatever else it can.

    Args:
        paths: directories and files; those that do not exist are left out.

    Returns:
        The version of the kernel's interface.

    Raises:
        OSError: the kernel has no Landlock, or it is switched off.
    """
    version = syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    handled = (1 << _RIGHTS[min(version, max(_RIGHTS))]) - 1
    more = [bits for least, bits in (_NETWORK, _SCOPED) if version >= least]
    rules = (ctypes.c_uint64 * (1 + len(more)))(handled, *more)
    size = ctypes.c_size_t(ctypes.sizeof(rules))
    ruleset = syscall(_CREATE_RULESET, ctypes.byref(rules), size, ctypes.c_uint32(0))
    try:
        for path in paths:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                _allow(ruleset, path)
        syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, path: str) -> None:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        is_folder = stat.S_ISDIR(os.fstat(fd).st_mode)
        rule = _PathBeneath(_READ_FILE | (_READ_DIR if is_folder else 0), fd)
        kind, flags = ctypes.c_int(_PATH_BENEATH), ctypes.c_uint32(0)
        syscall(_ADD_RULE, ctypes.c_int(ruleset), kind, ctypes.byref(rule), flags)
    finally:
        os.close(fd)
