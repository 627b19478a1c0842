"""One filter on its own, as ``fail2ban-regex`` reads it; knows nothing of other jails."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from banward.config.model import FilterDefinition

__all__ = ["find_filter", "read_filter", "read_jail_filter"]


def find_filter(
    config_dir: Path | str, name: str, *, fallback: Path | str | None = None
) -> Path | None:
    """Find the file that a filter name of ``fail2ban-regex`` means (spec 4.1).

    Args:
        config_dir: the user's directory (``-c``).
        name: the REGEX argument without its ``[...]`` part.
        fallback: the shipped rules, looked through after ``config_dir``.

    Returns:
        The file, or None if there is none: then the argument is a regex.
    """
    raise NotImplementedError


def read_filter(
    config_dir: Path | str,
    name_or_path: str,
    options: Mapping[str, str] | None = None,
    *,
    backend: str = "auto",
    fallback: Path | str | None = None,
) -> FilterDefinition:
    """Read a filter file as ``fail2ban-regex`` does, without a jail (spec 4.1).

    A file inside a directory called ``filter.d`` is read with its whole set; any other with its
    includes and the ``.local`` beside it.

    Args:
        config_dir: the user's directory (``-c``).
        name_or_path: the REGEX argument without its ``[...]`` part.
        options: parameters of the ``[...]`` part (see ``split_reference``).
        backend: ``systemd`` where the log is the journal: decides ``logtype``.
        fallback: the shipped rules, looked through after ``config_dir``.

    Raises:
        ConfigError: ``kind`` is ``missing-filter-file`` if there is no such file; any other
            kind: the file can't be understood.
    """
    raise NotImplementedError


def read_jail_filter(
    config_dir: Path | str,
    jail: str,
    options: Mapping[str, str] | None = None,
    *,
    backend: str = "auto",
    fallback: Path | str | None = None,
) -> FilterDefinition | None:
    """Read the filter of a jail with the jail's own regexes, enabled or not (spec 4.1).

    Args:
        config_dir: the user's directory (``-c``).
        jail: name of the jail.
        options: parameters that go before those of the jail, for the jail and its filter.
        backend: ``systemd`` where the log is the journal: decides ``logtype``.
        fallback: the shipped rules, read where the user has no file.

    Returns:
        The filter; None if there is no jail of this name.

    Raises:
        ConfigError: the configuration of the jail or its filter can't be understood.
    """
    raise NotImplementedError
