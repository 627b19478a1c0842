"""The guide's walk-through, word for word, with a real sshd, attackers and the kernel's tables."""

from __future__ import annotations

from banward.testing.sshd import PASSWORD

GUIDE = """\
[DEFAULT]
ignoreip = 127.0.0.1
bantime  = 600
findtime = 600
maxretry = 5
[ssh-iptables]
enabled  = true
filter   = sshd
action   = iptables[name=SSH, port=ssh, protocol=tcp]
           sendmail-whois[name=SSH, dest=root, sender=fail2ban@mail.com]
logpath  = /var/log/secure
maxretry = 5
"""

# The server sees sshd's log as /var/log/secure, and a mail program that keeps what it gets.
PLACE = """
mount --make-rprivate /
mount -t tmpfs none /var/log
touch /var/log/secure
mount --bind {log} /var/log/secure
mkdir -p {folder}/upper {folder}/work
mount -t overlay none -o lowerdir=/usr/sbin,upperdir={folder}/upper,workdir={folder}/work /usr/sbin
printf '#!/bin/sh\\n{mail}\\n' > /usr/sbin/sendmail
chmod 755 /usr/sbin/sendmail
"""
KEEP = 'echo "$@" > {folder}/envelope; cat >> {folder}/mail'


def place(scene, mail=KEEP):
    """The shell command that makes the guide's place."""
    text = PLACE.replace("{mail}", mail)
    return text.replace("{folder}", str(scene.folder)).replace("{log}", str(scene.auth_log))


def mail_of(scene):
    """All mails so far."""
    path = scene.folder / "mail"
    return path.read_text() if path.exists() else ""


def test_five_wrong_passwords(scene):
    """The address is in the jail's chain before RETURN, shut out, mailed about; then let in."""
    scene.configure("jail.conf", GUIDE.replace("bantime  = 600", "bantime  = 8"))
    scene.start(place(scene))
    scene.fail(5)
    scene.wait_for_log("NOTICE  [ssh-iptables] Ban 10.0.0.2")

    scene.wait_for(lambda: "10.0.0.2" in scene.firewall("iptables", "-S", "f2b-SSH"))
    chain = scene.firewall("iptables", "-S", "f2b-SSH").splitlines()
    assert chain[1:] == [
        "-A f2b-SSH -s 10.0.0.2/32 -j REJECT --reject-with icmp-port-unreachable",
        "-A f2b-SSH -j RETURN",
    ]
    assert "-A INPUT -p tcp -m tcp --dport 22 -j f2b-SSH" in scene.firewall(
        "iptables", "-S", "INPUT"
    )
    assert not scene.login("attacker", PASSWORD, patience=2)
    assert scene.login("friend", PASSWORD)

    scene.wait_for(lambda: "10.0.0.2" in mail_of(scene))
    mail = mail_of(scene).partition("Subject: [Fail2Ban] SSH: banned 10.0.0.2 from ")[2]
    assert "From: Fail2Ban <fail2ban@mail.com>\nTo: root\n" in mail
    assert "5 failure" in mail
    assert (scene.folder / "envelope").read_text() == "-f fail2ban@mail.com root\n"

    scene.wait_for_log("[ssh-iptables] Unban 10.0.0.2", patience=20)
    scene.wait_for(lambda: "10.0.0.2" not in scene.firewall("iptables", "-S", "f2b-SSH"))
    assert scene.login("attacker", PASSWORD)


def test_orders_by_the_client(scene):
    """``status``, ``unbanip``, ``reload`` and ``stop`` do what they should."""
    scene.configure("jail.conf", GUIDE)
    scene.start(place(scene))
    scene.fail(5)
    scene.wait_for(lambda: "10.0.0.2" in scene.client("status", "ssh-iptables"))
    status = scene.client("status", "ssh-iptables")
    assert "|  |- Total failed:\t5\n" in status
    assert "   `- Banned IP list:\t10.0.0.2\n" in status

    scene.wait_for(lambda: "10.0.0.2" in scene.firewall("iptables", "-S", "f2b-SSH"))
    scene.client("reload")
    assert "10.0.0.2" in scene.firewall("iptables", "-S", "f2b-SSH")

    assert scene.client("set", "ssh-iptables", "unbanip", "10.0.0.2") == "1\n"
    assert "10.0.0.2" not in scene.firewall("iptables", "-S", "f2b-SSH")
    assert scene.login("attacker", PASSWORD)

    scene.client("stop")
    assert "f2b" not in scene.firewall("iptables", "-S")


def test_the_older_name_of_the_chain(scene):
    """``chain_prefix = fail2ban-`` gives the chain the name that it had long ago."""
    scene.configure(
        "jail.conf", GUIDE.replace("name=SSH, port", "name=SSH, chain_prefix=fail2ban-, port")
    )
    scene.start(place(scene))
    scene.client("set", "ssh-iptables", "banip", "10.0.0.2")

    assert "-s 10.0.0.2/32" in scene.firewall("iptables", "-S", "fail2ban-SSH")


def test_a_mail_that_hangs_loses_no_ban(scene):
    """Neither a missing nor a hanging mail program delays or loses a ban."""
    scene.configure("jail.conf", GUIDE)
    scene.start(place(scene, mail="sleep 100"))
    scene.fail(5)

    scene.wait_for(lambda: "10.0.0.2" in scene.firewall("iptables", "-S", "f2b-SSH"))
    assert not scene.login("attacker", PASSWORD, patience=2)
