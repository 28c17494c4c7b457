"""Tries a connection and a login, and does nothing with it: for `mailroom doctor`."""

from contextlib import suppress

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

from mailroom.errors import DeliveryError, MailroomError
from mailroom.gateway import relay_url
from mailroom.gateway.imap import ImapSettings
from mailroom.gateway.relay import RelaySettings, SmtpRelay


def probe_relay(settings: RelaySettings) -> str:
    """Connect to the relay and log in where a user is given; return what was seen.

    MailroomError says why that failed.
    """
    url = relay_url.parse(settings.url)
    if url.scheme == "maildir":
        return "outgoing mail goes into a Maildir"
    try:
        smtp = SmtpRelay(url, settings).connect()
    except DeliveryError as error:
        raise MailroomError(str(error)) from error
    size = smtp.esmtp_features.get("size", "")
    with suppress(OSError):
        smtp.quit()
    return f"answers{f'; takes mail up to {size} octets' if size else ''}"


def probe_imap(settings: ImapSettings) -> str:
    """Log in to an account and look at its folder; return what was seen.

    MailroomError says why that failed.
    """
    try:
        with IMAPClient(
            settings.host,
            settings.port,
            ssl=settings.tls == "implicit",
            timeout=SocketTimeout(settings.connect_timeout, settings.read_timeout),
        ) as client:
            if settings.tls == "starttls":
                client.starttls()
            client.login(settings.user, settings.password or "")
            seen = client.select_folder(settings.folder, readonly=True)
            idle = "IDLE" if client.has_capability("IDLE") else "no IDLE, polling"
    except (IMAPClientError, OSError) as error:
        what = " ".join(str(error).split())[:200] or type(error).__name__
        raise MailroomError(what) from error
    return f"login taken; {settings.folder} has {seen[b'EXISTS']} mails; {idle}"
