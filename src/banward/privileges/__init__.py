"""Gives up the rights of a process, as far as the host allows; knows nothing of logs.

    own network namespace ─▶ no new rights ─▶ Landlock ─▶ own user ─▶ seccomp

Each step stands for itself: where one can't be done, the others are, and the log says why.
"""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING, Final

from banward.privileges.identity import become, find, forbid_new_rights
from banward.privileges.kernel import unshare
from banward.privileges.landlock import restrict_to
from banward.privileges.seccomp import forbid_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["drop"]

_CLONE_NEWNET: Final = 0x40000000


def drop(user: str, readable: Iterable[str]) -> list[str]:
    """Give up all rights but that to read files.

    Args:
        user: whom to run as; ``nobody`` where there is no such user.
        readable: directories and files that have to be read.

    Returns:
        What was done and what could not be done, one sentence each.
    """
    entry = find(user)  # while the list of users can be read

    def become_another() -> str:
        if entry is None:
            raise OSError(f"there is neither {user} nor nobody")
        become(entry)
        return entry.pw_name

    steps: tuple[tuple[str, Callable[[], str]], ...] = (
        ("an empty network of its own", _leave_network),
        ("no new rights", _forbid_new_rights),
        ("Landlock", lambda: f"version {restrict_to(readable)}"),
        ("another user", become_another),
        ("fewer system calls", _forbid_calls),
    )
    return [_try(name, step) for name, step in steps]


def _try(name: str, step: Callable[[], str]) -> str:
    try:
        detail = step()
    except (OSError, AttributeError) as error:
        return f"could not have {name}: {error}"
    return f"has {name} ({detail})" if detail else f"has {name}"


def _leave_network() -> str:
    unshare(_CLONE_NEWNET)
    return ""


def _forbid_new_rights() -> str:
    forbid_new_rights()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return ""


def _forbid_calls() -> str:
    forbid_calls()
    return "seccomp"
