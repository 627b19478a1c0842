"""The warden: the process that counts, decides and enforces; joins the stages of its side."""
