"""The story of `mailroom demo`: its people, its desk and what they write.

Everything happens under `.example` (RFC 2606), in seconds instead of hours.
"""

from dataclasses import dataclass

from mailroom.message.model import Mailbox

DESK = Mailbox("support@acme.example", "Acme Support")
JANE = Mailbox("jane@northwind.example", "Jane Doe")
OLAF = Mailbox("olaf@petshop.example", "Olaf Olsen")
ANN = Mailbox("ann@acme.example", "Ann Archer")
BOB = Mailbox("bob@acme.example", "Bob Baker")
LENA = Mailbox("lena@acme.example", "Lena Lang")
AUTHSERV_ID = "mx.acme.example"  # the relay in front of the desk, played by us

CONFIG = """\
name = "Acme Support"
rules = "rules.toml"
data = "var"

[[mailbox]]
address = "support@acme.example"
name = "Acme Support"

[[team]]
name = "support"
lead = "lena@acme.example"

[[agent]]
address = "ann@acme.example"
name = "Ann Archer"
team = "support"

[[agent]]
address = "bob@acme.example"
name = "Bob Baker"
team = "support"

[[agent]]
address = "lena@acme.example"
name = "Lena Lang"
admin = true

[smtp]
listen = "127.0.0.1:0"
trusted_relays = ["127.0.0.1/32"]
authserv_id = "mx.acme.example"

[submission]
listen = "127.0.0.1:0"

[relay]
url = "maildir:"

[web]
listen = "{web}"
url = "http://{web}"
"""

RULES = """\
[policy.gold]
first_reply = { urgent = "12s", high = "20s", normal = "30s", low = "60s" }
resolution = "60s"
escalation = "ladder"

[policy.standard]
default = true
first_reply = "10s"
resolution = "2m"
escalation = "ladder"

[[escalation.ladder]]
at = "60%"
metrics = ["first_reply"]
notify = ["assignee"]

[[escalation.ladder]]
at = "breach"
metrics = ["first_reply"]
notify = ["manager", "requester"]
set = { tags = ["late"] }

[organization.northwind]
name = "Northwind Bank"
domains = ["northwind.example"]
policy = "gold"

[[rule]]
name = "Everything goes to support"
when = 'true'
team = "support"

[[rule]]
name = "Outage"
keywords = ["outage", "is down"]
priority = "urgent"
tags = ["outage"]
"""

PROMISES = (
    "Northwind Bank has the gold policy: an outage is answered within 12 s.",
    "Everybody else is answered within 10 s. At 60 % of it the team is reminded;",
    "once it has passed, the lead and the customer hear of it.",
)


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody writes in a mail client."""

    subject: str
    text: str


OUTAGE = Words(
    "Outage in the Berlin branch",
    "Hello,\n\nsince nine o'clock no terminal in Berlin reaches your service.\n"
    "Customers are queueing. Please help!\n\nJane Doe\nNorthwind Bank\n",
)
QUESTION = Words(
    "How do I export my orders?",
    "Hi, I am looking for a way to get my orders into a spreadsheet.\n"
    "Is there one?\n\nOlaf\n",
)
VACATION = Words(
    "Out of office",
    "I am out feeding the parrots and will be back shortly.\n",
)
ANSWER = (
    "#take\nHello Jane,\n\n"
    "a switch had failed; we have moved you to its twin. Does it work again?\n\nAnn\n"
)
LATE_ANSWER = (
    "#solved\nHello Olaf,\n\n"
    "choose Orders, then Export, then Spreadsheet. Sorry for the wait!\n\nBob\n"
)
THANKS = "It does. Thanks a lot, Ann!"
DONE = "#solved"
