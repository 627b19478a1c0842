"""Command line: the three commands that fail2ban's users know, and our own."""
