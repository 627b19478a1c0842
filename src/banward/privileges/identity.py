"""Becomes another user who may read every file, and nothing else.

Of all capabilities only CAP_DAC_READ_SEARCH stays (capabilities(7)): a log may belong to root.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import struct
from typing import Final

from banward.privileges.kernel import check, prctl

__all__ = ["become", "find", "forbid_new_rights"]

_READ_SEARCH: Final = 2  # CAP_DAC_READ_SEARCH
_MOST: Final = 63

_PR_SET_DUMPABLE: Final = 4
_PR_SET_KEEPCAPS: Final = 8
_PR_CAPBSET_DROP: Final = 24
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
_CAPABILITY_VERSION: Final = 0x20080522


def forbid_new_rights() -> None:
    """No program that this process starts can have more rights than it has (prctl(2))."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def find(user: str) -> pwd.struct_passwd | None:
    """A user by name; ``nobody`` if there is no such user, None if there is neither."""
    for name in (user, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def become(entry: pwd.struct_passwd) -> None:
    """Become a user who may read every file.

    Raises:
        OSError: this process may not.
    """
    _drop_bounds()
    os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    prctl(_PR_SET_KEEPCAPS, 1)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    prctl(_PR_SET_KEEPCAPS, 0)
    _keep_only(1 << _READ_SEARCH)
    prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    # Nobody of the same user may trace it.
    prctl(_PR_SET_DUMPABLE, 0)


def _drop_bounds() -> None:
    """Take all other capabilities out of the bounding set, so that none can come back."""
    for number in range(_MOST):
        if number != _READ_SEARCH:
            try:
                prctl(_PR_CAPBSET_DROP, number)
            except OSError:
                break  # the kernel knows no further ones


def _keep_only(mask: int) -> None:
    """Set the permitted and effective capabilities; none is inheritable (capset(2))."""
    header = struct.pack("II", _CAPABILITY_VERSION, 0)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    data = struct.pack("IIIIII", low, low, 0, high, high, 0)
    check(ctypes.CDLL(None, use_errno=True).capset(header, data))
