"""Banward: follows what services log, recognises abuse, and bans it in the kernel firewall."""

from typing import Final

__all__ = ["COMPATIBLE_VERSION", "__version__"]

__version__: Final = "0.1.0"

COMPATIBLE_VERSION: Final = "1.1.2.dev1"
"""The fail2ban release whose behaviour we answer for; told to clients that ask for a version."""
