"""Read the fields of a delivery status notification (RFC 3464, codes of RFC 3463).

The fields are taken from a message/delivery-status part, or from text in which some
mail servers print them. Blocks are parted by blank lines, but a field that comes a
second time opens a block too: lists of recipients without blank lines exist.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

_MOST = 200_000  # characters that are looked at
_MOST_BLOCKS = 1_000
_FIELD = re.compile(
    r"[ \t>*]{0,8}(final-recipient|original-recipient|action|status|diagnostic-code"
    r"|remote-mta|reporting-mta|x-actual-recipient|x-display-name|last-attempt-date"
    r"|will-retry-until|arrival-date|received-from-mta|original-envelope-id)[ \t]*:(.*)",
    re.IGNORECASE,
)
_ATOM = r"[^\s<>()\[\],;:@\"'`：；，、。（）「」]"
ADDR_SPEC = rf"{_ATOM}{{1,128}}@{_ATOM}{{1,255}}"
_ADDRESS = re.compile(rf"{ADDR_SPEC}|\"[^\"\\\r\n]{{1,64}}\"@{_ATOM}{{1,255}}")
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.\-/:])([45])\d\d(?=[\s\-#:;,.<)]|\Z)(?!\.\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The report on one recipient; the address is "" where none can be read."""

    address: str
    action: str = ""  # failed, delayed, delivered, relayed, expanded; lower case
    status: str = ""  # "5.1.1"
    diagnostic: str = ""


def deliveries(report: str) -> Iterator[Delivery]:
    """Yield a `Delivery` for each recipient block with a recipient or an action.

    The address is that we wrote to, Original-Recipient, where it is one (RFC 3464
    2.3.1), else Final-Recipient, which may be where it was forwarded to.
    """
    shared: dict[str, str] = {}
    for block in islice(_blocks(report), _MOST_BLOCKS):
        if not block.keys() & {"final-recipient", "original-recipient"}:
            shared |= block  # an Action up here is in the wrong place, but meant
            continue
        fields = shared | block
        stated = STATUS.search(fields.get("status", ""))
        yield Delivery(
            address=_recipient(block),
            action=fields.get("action", "").split(" ", 1)[0].lower(),
            status=stated[0] if stated else "",
            diagnostic=_diagnostic(block.get("diagnostic-code", "")),
        )


def _blocks(report: str) -> Iterator[dict[str, str]]:
    block: dict[str, str] = {}
    name = ""
    for line in report[:_MOST].splitlines():
        match = _FIELD.match(line)
        if match:
            name = match[1].lower()
            if name in block:
                yield block
                block = {}
            block[name] = match[2].strip()
        elif not line.strip():
            if block:
                yield block
            block, name = {}, ""
        elif name and line[0] in " \t" and len(block[name]) < 2000:
            block[name] += " " + line.strip()
        else:
            name = ""
    if block:
        yield block


def _recipient(block: dict[str, str]) -> str:
    for name in ("original-recipient", "final-recipient"):
        if address := first_address(block.get(name, "").rpartition(";")[2]):
            return address
    return ""


def _diagnostic(value: str) -> str:
    """Drop the type ("smtp;") and runs of space; cut what is too long to show."""
    kind, semicolon, rest = value.partition(";")
    if semicolon and len(kind) < 20 and " " not in kind.strip():
        value = rest
    return " ".join(value.split())[:500]


def first_address(text: str) -> str:
    """Return the first addr-spec in `text`, or ""."""
    match = _ADDRESS.search(text[:2000])
    return match[0].strip(".") if match else ""


def addresses(text: str) -> list[str]:
    """Return every addr-spec in `text`, in order."""
    return [found.strip(".") for found in _ADDRESS.findall(text[:2000])]
