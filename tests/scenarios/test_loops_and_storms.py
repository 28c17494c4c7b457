"""Machines that answer each other, and storms: every one ends, and mails are counted."""

import smtplib
from datetime import timedelta
from email.utils import parseaddr

import pytest

JANE = "Jane Doe <jane@customer.example>"
MARKS = ("Auto-Submitted", "X-Auto-Response-Suppress", "Precedence")
OTHER_AS_AGENT = """
[[agent]]
address = "support@{}"
name = "Other desk"
team = "tier1"
"""


class Wire:
    """Two desks whose relays bring mail to each other's door."""

    def __init__(self, one, two, *, strips=False, proves=False):
        self.desks = {"acme.example": one, "b.example": two}
        self.strips, self.proves = strips, proves
        self.carried = dict.fromkeys(self.desks, 0)  # by the desk that wrote
        self._seen = dict.fromkeys(self.desks, 0)

    def run(self, most=40):
        """Carry mail until nothing is left; the test fails where that never is."""
        for _ in range(most):
            carried = [self._carry(domain) for domain in self.desks]
            if not any(carried):
                return
        pytest.fail(f"it never ends: {self.carried}")

    def _carry(self, domain):
        waiting = self.desks[domain].outgoing()[self._seen[domain] :]
        self._seen[domain] += len(waiting)
        other = next(d for d in self.desks if d != domain)
        mails = [m for m in waiting if m[1].rpartition("@")[2] == other]
        ours = [m for m in mails if m[1].startswith("support")]
        for path, to, mail in ours:
            self.carried[domain] += 1
            self._deliver(self.desks[other], path, to, mail, domain, other)
        return bool(ours)

    def _deliver(self, desk, path, to, mail, domain, other):
        raw = mail.as_bytes()
        if self.strips:
            for name in MARKS:
                del mail[name]
            raw = mail.as_bytes()
        if self.proves:
            proof = (
                f"Authentication-Results: mx.{other}; dmarc=pass header.from={domain}"
            )
            raw = proof.encode() + b"\n" + raw
        with smtplib.SMTP("127.0.0.1", desk.port, timeout=10) as client:
            client.sendmail(path, [to], raw)
        desk.work()


@pytest.fixture
def wire(make_desk):
    """Make two desks wired to each other; `agents`: each is an agent of the other."""

    def make(*, agents=False, **how):
        def other_of(domain):
            return OTHER_AS_AGENT.format(domain) if agents else ""

        # The other's domain is written in a form that `domain` does not replace.
        one = make_desk(name="one", config=other_of("b.example"))
        two = make_desk(name="two", config=other_of("ACME.EXAMPLE"), domain="b.example")
        return Wire(one, two, **how)

    return make


@pytest.mark.parametrize("strips", [False, True], ids=["marked", "stripped"])
@pytest.mark.parametrize("proves", [False, True], ids=["unproven", "proven"])
@pytest.mark.parametrize("agents", [False, True], ids=["customers", "agents"])
@pytest.mark.parametrize("author", ["Other desk <support@b.example>", JANE])
def test_two_desks_wired_to_each_other_fall_silent_within_three_mails(
    wire, strips, proves, agents, author
):
    wired = wire(strips=strips, proves=proves, agents=agents)
    wired.desks["acme.example"].write(author, subject="Hello", proven=proves)
    wired.run()
    assert all(count <= 3 for count in wired.carried.values()), wired.carried


def vacation(desk, count, *, to):
    """Let a responder answer Jane's last letter `count` times, as badly as can be."""
    for number in range(count):
        last = desk.received("jane@customer.example")[-1]
        address = parseaddr(last["Reply-To"])[1] if to == "reply" else to(desk)
        desk.write(
            JANE,
            address,
            subject=f"Away until Monday (answer {number} of my robot)",
            text="I am away.",
        )


def test_responder_with_changing_subjects_gets_one_acknowledgement(desk):
    desk.write(JANE)
    vacation(desk, 12, to="reply")
    assert len(desk.received("jane@customer.example")) <= 2
    events = desk.app.store.events(desk.tickets()[-1].id)
    reasons = [e.data["reason"] for e in events if e.kind == "suppressed"]
    assert any("a moment ago" in reason for reason in reasons)


def test_responder_to_the_return_path_gets_one_acknowledgement(desk):
    desk.write(JANE)
    vacation(desk, 12, to=lambda desk: desk.return_path("jane@customer.example"))
    assert len(desk.received("jane@customer.example")) == 1
    assert len(desk.tickets()) == 1


def test_responder_to_the_plain_mailbox_is_bounded_an_hour_and_a_day(desk):
    desk.write(JANE)
    for _ in range(24):
        vacation(desk, 8, to=lambda desk: "support@acme.example")
        desk.pass_time(timedelta(hours=1))
    assert len(desk.received("jane@customer.example")) <= 20


def test_budget_is_keyed_on_the_from_and_not_on_the_reverse_path(desk):
    for number in range(12):
        desk.write(JANE, subject=f"{number}", reverse_path=f"bounce{number}@x.example")
    assert len(desk.received("jane@customer.example")) == 5


def test_mailing_list_is_a_ticket_that_is_not_answered(desk):
    desk.write(JANE, headers="List-Id: <news.list.example>\r\nPrecedence: list\r\n")
    assert len(desk.tickets()) == 1
    assert desk.received("jane@customer.example") == []


def test_our_own_group_in_front_of_the_mailbox_is_no_list(make_desk):
    group = (
        '[[mailbox]]\naddress = "help@acme.example"\n'
        'list_ids = ["<Help.Acme.Example>"]\n'
    )
    desk = make_desk(config=group)
    desk.write(
        JANE, headers="List-Id: Help <help.acme.example>\r\nPrecedence: list\r\n"
    )
    assert len(desk.received("jane@customer.example")) == 1


def test_one_ticket_causes_only_so_many_automatic_letters(desk):
    desk.write(JANE)
    for number in range(30):
        desk.write(
            JANE,
            subject=f"Re: Printer [#1001] {number}",
            text=f"It burns again, number {number}.",
        )
        desk.answer(
            "Ann Archer <ann@acme.example>", "#solved", to_last_of="ann@acme.example"
        )
    letters = desk.received("jane@customer.example")
    assert len(letters) == 20
    events = desk.app.store.events(1001)
    reasons = [e.data["reason"] for e in events if e.kind == "suppressed"]
    assert any("has caused 20 automatic letters" in reason for reason in reasons)


def test_bomb_of_a_thousand_forged_mails_is_bounded_and_echoes_nothing(desk):
    victims = [f"v{n}@bank{n % 2}.example" for n in range(200)]
    with smtplib.SMTP("127.0.0.1", desk.port, timeout=60) as client:
        for number in range(1000):
            author = victims[number % len(victims)]
            raw = (
                f"From: Buy pills <{author}>\r\nTo: support@acme.example\r\n"
                f"Subject: cheap pills {number}\r\nMessage-ID: <{number}@evil.example>\r\n"
                "\r\nSee evil.example now.\r\n"
            )
            client.sendmail("x@evil.example", ["support@acme.example"], raw)
    desk.work()
    assert len(desk.tickets()) == 1000
    # Two domains, 50 an hour each; what is above waits for at most four hours more.
    assert len(to_victims(desk)) == 2 * 50
    for _ in range(6):
        desk.pass_time(timedelta(hours=1))
    sent = to_victims(desk)
    assert len(sent) == 2 * 50 * 5
    assert max(sum(to == victim for to, _ in sent) for victim in victims) <= 5
    assert not any("pills" in mail.as_string() for _, mail in sent)
    assert not any("evil.example now" in mail.as_string() for _, mail in sent)


def to_victims(desk):
    """Return what the forged senders have received."""
    return [(to, mail) for _, to, mail in desk.outgoing() if "@bank" in to]
