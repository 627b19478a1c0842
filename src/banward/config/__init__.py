"""Configuration: fail2ban's ini dialect becomes frozen settings; not what they are used for.

    read_configuration(dir, fallback=shipped_rules()) ─▶ Configuration ─▶ stream() ─▶ commands

Everything that others need is exported here. Nothing in this package imports a heavy module.
"""

from banward.config.files import shipped_rules
from banward.config.model import (
    ActionDefinition,
    Configuration,
    FilterDefinition,
    JailDefinition,
    LogLine,
    LogPattern,
    Problem,
    ServerDefinition,
    Setting,
)
from banward.config.reader import read_configuration, read_server
from banward.config.reference import split_actions, split_reference
from banward.config.standalone import find_filter, read_filter, read_jail_filter
from banward.config.stream import stream

__all__ = [
    "ActionDefinition",
    "Configuration",
    "FilterDefinition",
    "JailDefinition",
    "LogLine",
    "LogPattern",
    "Problem",
    "ServerDefinition",
    "Setting",
    "find_filter",
    "read_configuration",
    "read_filter",
    "read_jail_filter",
    "read_server",
    "shipped_rules",
    "split_actions",
    "split_reference",
    "stream",
]
