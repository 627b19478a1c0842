"""The numbers of a server in forms that monitoring reads."""
