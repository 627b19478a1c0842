"""Decisions: breaches and orders become bans and unbans; pure, knows not how a ban is done."""
