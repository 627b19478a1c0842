"""Finds the date of a log line and tells its time. Knows no clock, no jail and no other stage.

The contract is section 3 of config-and-filters.md.
"""

from banward.matching.dates.detector import DateDetector, DateMatch
from banward.matching.dates.templates import Template

__all__ = ["DateDetector", "DateMatch", "Template"]
