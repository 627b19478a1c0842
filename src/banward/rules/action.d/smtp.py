"""A mail by SMTP when a jail starts, stops, and bans.

    action = smtp.py[host="mail.example.org:587", ssl=True, user="x", password="y",
                     secrets=password, dest="admin@example.org"]

Texts that come from a log go into the body of the mail only; headers are made by the email
package, which refuses line breaks in them. Nothing is said of the password, whatever fails.
"""

import smtplib
import socket
from email.message import EmailMessage
from email.utils import formataddr, formatdate, make_msgid

from fail2ban.server.action import ActionBase

_PORT = 25
_PATIENCE = 30.0  # seconds for each answer of the server
_YES = {"1", "on", "true", "yes"}
_LINES = {"matches", "ipmatches", "ipjailmatches"}


class SMTPAction(ActionBase):
    """Sends mails.

    Args:
        jail: the jail.
        name: name of the action.
        host: a name or an address, with ``:port`` behind it if that is not 25; IPv6 in brackets.
        ssl: true to encrypt the connection (STARTTLS).
        user: who logs in; nobody if left out.
        password: the password.
        sendername: the name that is shown.
        sender: the address that it comes from.
        dest: addresses, separated by commas.
        matches: which lines are quoted: ``matches``, ``ipmatches``, ``ipjailmatches``, or none.

    Raises:
        ValueError: a parameter can't be used.
    """

    norestored = True

    def __init__(
        self,
        jail,
        name,
        host="localhost",
        ssl=False,  # noqa: FBT002 - the name that configurations use
        user=None,
        password=None,
        sendername="Fail2Ban",
        sender="fail2ban",
        dest="root",
        matches=None,
    ):
        super().__init__(jail, name)
        self.host, self.port = _split(host)
        self.ssl = str(ssl).strip().lower() in _YES
        self.user = user
        self.password = password
        self.sendername = sendername
        self.sender = sender
        self.dest = [address for address in (part.strip() for part in dest.split(",")) if address]
        if matches not in (None, "", "none", *_LINES):
            raise ValueError(
                f"matches: found {matches!r}, expected one of {', '.join(sorted(_LINES))}"
            )
        self.matches = matches if matches in _LINES else None

    def start(self):
        """Tell that the jail has been started."""
        host = socket.getfqdn()
        self._send(f"started on {host}", f"the jail {self._jail.name} has been started on {host}.")

    def stop(self):
        """Tell that the jail has been stopped."""
        host = socket.getfqdn()
        self._send(f"stopped on {host}", f"the jail {self._jail.name} has been stopped on {host}.")

    def ban(self, aInfo):  # noqa: N803 - the name of the interface
        """Tell of a ban, unless it is an old one that was put in force again."""
        if aInfo["restored"]:
            return
        who = str(aInfo["ip"])
        times = f"{aInfo['failures']} failure(s)"
        text = f"{who} has been banned by the jail {self._jail.name} after {times}."
        if self.matches:
            text += f"\n\nThe lines:\n{aInfo[self.matches]}"
        shown = "".join(filter(str.isprintable, who))
        self._send(f"banned {shown} from {socket.getfqdn()}", text)

    def _send(self, about, text):
        mail = EmailMessage()
        mail["Subject"] = f"[Fail2Ban] {self._jail.name}: {about}"
        mail["Date"] = formatdate(localtime=True)
        mail["Message-ID"] = make_msgid(domain=socket.getfqdn())
        mail["From"] = formataddr((self.sendername, self.sender))
        mail["To"] = ", ".join(self.dest)
        mail.set_content(f"Hello, {text}\n")
        with smtplib.SMTP(self.host, self.port, timeout=_PATIENCE) as server:
            if self.ssl:
                server.starttls()
            if self.user and self.password:
                server.login(self.user, self.password)
            server.send_message(mail, self.sender, self.dest)
        self._logSys.debug("mail sent: %s", mail["Subject"])


def _split(host):
    """The name and the port of a server."""
    name, colon, port = host.strip().rpartition(":")
    if not colon or port.endswith("]") or (":" in name and not name.endswith("]")):
        name, port = host.strip(), str(_PORT)
    if not port.isdecimal():
        raise ValueError(f"host: found {host!r}, expected a name with a number behind the colon")
    return name.strip("[]"), int(port)


Action = SMTPAction
