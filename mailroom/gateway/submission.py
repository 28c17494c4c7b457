"""The door for our own agents' mail (RFC 6409 in spirit): what comes in here is theirs.

It listens on this machine unless networks are named, and turns away everyone else. It
relays nothing: mail to outsiders goes by the agent's own mail server.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from mailroom.clock import utcnow
from mailroom.errors import ConfigError
from mailroom.gateway import listen
from mailroom.gateway.limits import Networks, is_local
from mailroom.gateway.replies import Answer
from mailroom.gateway.smtp import ListenerSettings, Recipient, SmtpDoor, Submit


class SubmissionDoor(SmtpDoor):
    """A listener whose mail counts as authenticated; for listed networks only."""

    name = "submission"

    def __init__(
        self,
        settings: ListenerSettings,
        recipient: Recipient,
        submit: Submit,
        now: Callable[[], datetime] = utcnow,
    ) -> None:
        """`settings.networks` may connect, besides this machine.

        ConfigError: an address that others can reach, and no networks named.
        """
        address = listen.parse(settings.listen, settings.key, settings.folder)
        networks = Networks(settings.networks, key="[submission] networks")
        if address.path is None and not networks and not _is_loopback(address.host):
            raise ConfigError(
                f'{settings.key} = "{address}": others could submit mail as your agents; '
                "listen on 127.0.0.1 or a Unix socket, or name the networks that may"
            )
        # A proxy's word for the peer's address must not open this door.
        plain = replace(settings, proxy_protocol=(), trusted_relays=())
        super().__init__(plain, recipient, submit, now)
        self.door.admits = lambda peer: is_local(peer) or peer in networks
        self.door.unknown = Answer.OUTSIDER
        self.door.names_submitter = True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or is_local(host)
