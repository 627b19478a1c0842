"""Control: orders come in, views go out, over fail2ban's socket protocol."""
