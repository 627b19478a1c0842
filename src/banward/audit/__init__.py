"""Looks for weak spots in the patterns of a filter: pure, proves what it says, reads no file."""
