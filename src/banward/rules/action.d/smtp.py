"""A mail by SMTP when a jail starts, stops, and bans.

    action = smtp.py[host="mail.example.org:587", ssl=True, user="x", password="y", dest="admin@example.org"]

Values that come from a log go into the text of the mail only; headers are made by the email package,
which refuses line breaks in them.
"""

import smtplib
import socket
from email.message import EmailMessage
from email.utils import formataddr, formatdate

from fail2ban.server.action import ActionBase

_PORT = 25
_PATIENCE = 30.0


class SMTPAction(ActionBase):
    """Sends mails.

    Args:
        jail: the jail.
        name: name of the action.
        host: name or ``name:port``.
        ssl: true to begin TLS (STARTTLS).
        user: who logs in; nobody if left out.
        password: the password.
        sendername: the name that is shown.
        sender: the address that it comes from.
        dest: addresses, separated by commas.
        matches: which lines are quoted: ``matches``, ``ipmatches``, ``ipjailmatches`` or none.
    """

    def __init__(
        self,
        jail,
        name,
        host="localhost",
        ssl=False,
        user=None,
        password=None,
        sendername="Fail2Ban",
        sender="fail2ban",
        dest="root",
        matches=None,
    ):
        super().__init__(jail, name)
        self.norestored = True
        self.host = host
        self.ssl = str(ssl).lower() in {"1", "true", "yes", "on"}
        self.user = user
        self.password = password
        self.fromname = sendername
        self.fromaddr = sender
        self.toaddr = dest
        self.matches = matches if matches in {"matches", "ipmatches", "ipjailmatches"} else None
        self.hostname = socket.gethostname()

    def start(self):
        """Tell that the jail has been started."""
        self._send("started on", f"The jail {self._jail.name} has been started.")

    def stop(self):
        """Tell that the jail has been stopped."""
        self._send("stopped on", f"The jail {self._jail.name} has been stopped.")

    def ban(self, aInfo):
        """Tell of a ban."""
        if aInfo.get("restored"):
            return
        who = str(aInfo["ip"])
        text = f"{who} has been banned by the jail {self._jail.name} after {aInfo['failures']} failure(s)."
        if self.matches:
            text += f"\n\nThe lines that led to it:\n{aInfo[self.matches]}"
        self._send(f"banned {who} from", text)

    def _send(self, what, text):
        mail = EmailMessage()
        mail["Subject"] = f"[Fail2Ban] {self._jail.name}: {what} {self.hostname}"
        mail["From"] = formataddr((self.fromname, self.fromaddr))
        mail["To"] = self.toaddr
        mail["Date"] = formatdate(localtime=True)
        mail.set_content(text)
        host, _, port = self.host.partition(":")
        with smtplib.SMTP(host, int(port or _PORT), timeout=_PATIENCE) as server:
            if self.ssl:
                server.starttls()
            if self.user and self.password:
                server.login(self.user, self.password)
            server.sendmail(self.fromaddr, [a.strip() for a in self.toaddr.split(",")], mail.as_bytes())


Action = SMTPAction
