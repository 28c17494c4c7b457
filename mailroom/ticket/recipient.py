"""Which of our addresses is this? Mailboxes, their aliases, and addresses with a token.

RFC 5233 subaddresses: `support+<token>@` answers a ticket, `support+control@` takes
batches of commands, `support+b<mac>@` is a return path. Any other detail ("plus part")
belongs to whoever wrote it and counts as the mailbox itself. With
`reply = "subdomain:r.acme.example"` the token is the whole local part.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailroom.message.address import normalize
from mailroom.settings import Mailbox
from mailroom.ticket.token import (
    Token,
    from_return_path,
    is_return_path,
    is_signed,
    read,
    return_path,
    seal,
    sign,
    unseal,
)

CONTROL = "control"
_PROBE = "probe."
_LOCAL_PART_LIMIT = 64  # octets, RFC 5321 4.5.3.1.1


class Place(StrEnum):
    """What an address is to us."""

    MAILBOX = "mailbox"
    TOKEN = "token"
    EXPIRED = "expired"  # a token that a key of ours made which has expired since
    BAD_TOKEN = "bad_token"  # of a token's form, but no key of ours made it
    CONTROL = "control"
    RETURN_PATH = "return_path"  # its token says which letter came back from whom
    PROBE = "probe"  # a mail of `mailroom probe` has come back by a plus address
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address seen with our eyes; `mailbox` is the main address of the mailbox."""

    place: Place
    mailbox: str | None = None
    token: Token | None = None


_STRANGE = Recipient(Place.UNKNOWN)


class AddressBook:
    """Our mailboxes, and the keys that tokens may be sealed with."""

    def __init__(
        self,
        mailboxes: Iterable[Mailbox],
        keys: Callable[[], Sequence[bytes]],
        takes_plus: Callable[[str], bool] = lambda mailbox: False,
        expired: Callable[[], Sequence[bytes]] = tuple,
    ) -> None:
        """`keys`: those accepted now, the current one first; `takes_plus`: whether a
        plain mailbox was proved to take plus addresses; `expired`: keys of ours whose
        tokens are no longer accepted.
        """
        self.mailboxes = tuple(mailboxes)
        self._keys = keys
        self._expired = expired
        self._takes_plus = takes_plus
        self._main: dict[str, str] = {}
        self._subdomains: dict[str, str] = {}
        self._by_address = {box.address: box for box in self.mailboxes}
        for box in self.mailboxes:
            for address in (box.address, *box.also):
                self._main[normalize(address)] = box.address
            if box.reply.startswith("subdomain:"):
                self._subdomains[box.reply.partition(":")[2].lower()] = box.address

    def judge(self, address: str) -> Recipient:
        """Say what an address is to us; never raises."""
        key = normalize(address)
        if key in self._main:
            return Recipient(Place.MAILBOX, self._main[key])
        local, _, domain = key.rpartition("@")
        if domain in self._subdomains:
            return self._tokened(local, self._subdomains[domain], strict=True)
        name, plus, detail = local.partition("+")
        main = self._main.get(f"{name}@{domain}") if plus else None
        return self._tokened(detail, main, strict=False) if main else _STRANGE

    def is_ours(self, address: str) -> bool:
        """Whether mail to this address comes to us (a bad token's too)."""
        return self.judge(address).place is not Place.UNKNOWN

    def plain(self, address: str) -> str:
        """Return the address without its token, for quoted headers; else unchanged."""
        seen = self.judge(address)
        tokened = seen.place not in (Place.MAILBOX, Place.CONTROL, Place.UNKNOWN)
        return seen.mailbox if tokened and seen.mailbox else address

    def mailbox(self, address: str) -> Mailbox:
        """Return a mailbox by its main address. KeyError: not configured any more."""
        return self._by_address[address]

    def reply_address(self, mailbox: Mailbox, token: Token) -> str:
        """Return where an answer goes; the plain address where no token fits."""
        return self._with(mailbox, seal(token, self._keys()[0])) or mailbox.address

    def return_path(self, mailbox: Mailbox, message_id: str) -> str:
        """Return where bounces of a letter go (VERP); the plain address without room."""
        detail = return_path(message_id, self._keys()[0])
        return (self._with(mailbox, detail) if detail else None) or mailbox.address

    def probe_address(self, mailbox: Mailbox) -> str:
        """Return a plus address that proves, when mail comes by it, that such mail does."""
        local, _, domain = mailbox.address.rpartition("@")
        mac = sign("probe", normalize(mailbox.address), self._keys()[0])
        return f"{local}+{_PROBE}{mac}@{domain}"

    def _with(self, mailbox: Mailbox, detail: str) -> str | None:
        """Return the mailbox's address with a detail; None: it takes none so long."""
        local, _, domain = mailbox.address.rpartition("@")
        if mailbox.reply.startswith("subdomain:"):
            return f"{detail}@{mailbox.reply.partition(':')[2]}"
        tokened = f"{local}+{detail}"
        if len(tokened.encode()) > _LOCAL_PART_LIMIT:
            return None
        if mailbox.reply != "plus" and not self._takes_plus(mailbox.address):
            return None
        return f"{tokened}@{domain}"

    def _tokened(self, detail: str, main: str | None, *, strict: bool) -> Recipient:
        if detail == CONTROL:
            return Recipient(Place.CONTROL, main)
        if is_return_path(detail):
            came_back = from_return_path(detail, self._keys())
            place = Place.RETURN_PATH if came_back else Place.BAD_TOKEN
            return Recipient(place, main, came_back)
        if main is not None and detail.startswith(_PROBE):
            mac = detail.removeprefix(_PROBE)
            signed = is_signed("probe", normalize(main), mac, self._keys())
            return Recipient(Place.PROBE if signed else Place.BAD_TOKEN, main)
        if read(detail) is None:
            return _STRANGE if strict else Recipient(Place.MAILBOX, main)
        token = unseal(detail, self._keys())
        if token is not None:
            return Recipient(Place.TOKEN, main, token)
        former = unseal(detail, self._expired())
        return Recipient(Place.EXPIRED if former else Place.BAD_TOKEN, main, former)
