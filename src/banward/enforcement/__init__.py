"""Enforcement: bans and unbans become kernel sets, commands and files; knows not why."""
