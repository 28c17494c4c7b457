"""The weekly report and the morning's digest: to whom, when, once, and what they say."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from mailroom.app import build
from mailroom.config import load
from mailroom.desk.health import keep_account
from mailroom.desk.letters.undelivered import undelivered
from mailroom.desk.reports.contents import Contents
from mailroom.desk.reports.mailing import Mailing
from mailroom.report.attainment import Period, attainment
from mailroom.report.digest import Digest
from mailroom.store.contract import NewOutbound
from mailroom.worker import ring_for_waiting

JANE, ANN = "Jane Doe <jane@initech.example>", "Ann Archer <ann@acme.example>"
RULES = """
[calendar.berlin]
timezone = "Europe/Berlin"
hours = ["Mon-Fri 09:00-17:00"]
holidays = ["2026-12-25"]

[calendar.auckland]
timezone = "Pacific/Auckland"
hours = ["Mon-Thu 08:30-17:00"]

[policy.standard]
default = true
first_reply = "4h"
resolution = "20h"

[[rule]]
name = "Printers"
when = '"Ink" in subject'
team = "tier2"

[[rule]]
name = "All to tier one"
when = 'true'
team = "tier1"
"""
DIGEST = "\n[reports]\ndigest = true\n"
WEEKLY = "\n[reports]\nweekly = true\n"
PEOPLE = """
[[agent]]
address = "kim@acme.example"
name = "Kim"
team = "tier1"
calendar = "berlin"

[[agent]]
address = "moa@acme.example"
name = "Moa"
team = "tier1"
calendar = "auckland"

[[team]]
name = "tier2"
lead = "lead@other.example"
"""


@pytest.fixture
def said(text_of):
    return lambda mail: text_of(mail).replace("\r\n", "\n")


@pytest.fixture
def make(make_desk):
    return lambda more: make_desk(RULES, PEOPLE + more)


def until(desk, *instant):
    """Let time go by up to an instant in UTC, half an hour at a time."""
    end = datetime(*instant, tzinfo=UTC)
    while (left := end - desk.app.office.now()) > timedelta(0):
        desk.pass_time(min(left, timedelta(minutes=30)))


def jump(desk, *instant):
    """Let time go by while the desk does not run."""
    desk.pass_time(datetime(*instant, tzinfo=UTC) - desk.app.office.now())


def digests(desk, address):
    return [m for m in desk.received(address) if "due today" in m["Subject"]]


def weeklies(desk, address):
    return [m for m in desk.received(address) if ", week " in m["Subject"]]


def sent_at(mail):
    return datetime.strptime(mail["Date"], "%a, %d %b %Y %H:%M:%S %z")


def html_of(mail):
    (part,) = [p for p in mail.walk() if p.get_content_type() == "text/html"]
    return part.get_payload(decode=True).decode()


# -- when ---------------------------------------------------------------------------


def test_digest_goes_as_each_readers_working_day_begins(make):
    desk = make(DIGEST)
    desk.write(JANE)  # Tuesday 24 November, 09:00 UTC
    until(desk, 2026, 11, 25, 23)
    # The first one comes at once, for today's morning has passed; then by calendar.
    (_, kim) = map(sent_at, digests(desk, "kim@acme.example"))
    assert kim == datetime(2026, 11, 25, 8, 0, 1, tzinfo=UTC)  # 09:00 in Berlin
    (_, moa) = map(sent_at, digests(desk, "moa@acme.example"))
    assert moa.replace(second=0) == datetime(2026, 11, 25, 19, 30, tzinfo=UTC)
    (_, chief) = map(sent_at, digests(desk, "chief@acme.example"))
    assert chief == datetime(
        2026, 11, 25, 8, 0, 1, tzinfo=UTC
    )  # no calendar: 08:00 UTC


def test_no_digest_on_days_off_nor_on_holidays(make):
    desk = make(DIGEST)
    desk.write(JANE)
    until(desk, 2026, 12, 23, 23)
    before = len(digests(desk, "kim@acme.example"))
    until(desk, 2026, 12, 29, 0)
    days = [f"{sent_at(m):%d}" for m in digests(desk, "kim@acme.example")[before:]]
    assert days == ["24", "28"]  # Thursday; Friday is a holiday, then the weekend


def test_summer_time_moves_the_digest_in_utc_not_on_the_wall(make):
    desk = make(DIGEST)
    desk.write(JANE)
    jump(desk, 2027, 3, 26, 0)
    until(desk, 2027, 3, 29, 12)  # summer time begins on Sunday the 28th
    friday, monday = map(sent_at, digests(desk, "kim@acme.example")[-2:])
    assert (friday.day, friday.hour) == (26, 8)
    assert (monday.day, monday.hour) == (29, 7)


def test_weekly_goes_on_the_first_working_day_of_the_readers_week(make):
    desk = make(WEEKLY)
    desk.write(JANE)
    until(desk, 2026, 12, 1, 0)
    first, second = map(sent_at, weeklies(desk, "chief@acme.example"))
    assert first.date() == datetime(2026, 11, 24).date()  # when it was switched on
    assert second.replace(second=0) == datetime(2026, 11, 30, 8, tzinfo=UTC)


def test_weekly_waits_for_a_working_day_where_monday_is_a_holiday(make_desk):
    rules = RULES.replace('"2026-12-25"', '"2026-11-30"')
    desk = make_desk(
        rules.replace("default = true", 'default = true\ncalendar = "berlin"'),
        PEOPLE + WEEKLY,
    )
    desk.write(JANE)
    until(desk, 2026, 12, 3, 0)
    at = sent_at(weeklies(desk, "chief@acme.example")[-1])
    # Who has no calendar goes by that of the default policy.
    assert at.replace(second=0) == datetime(2026, 12, 1, 8, tzinfo=UTC)


def test_who_is_away_gets_the_digest_when_he_is_back(make):
    desk = make(DIGEST)
    desk.write(JANE)
    with desk.app.store.transaction():
        back = datetime(2026, 11, 26, 12, tzinfo=UTC)
        desk.app.office.set_away("kim@acme.example", back)
    before = len(digests(desk, "kim@acme.example"))
    until(desk, 2026, 11, 26, 14)
    (only,) = digests(desk, "kim@acme.example")[before:]
    assert sent_at(only).replace(second=0) == back


# -- once ---------------------------------------------------------------------------


def test_once_by_many_sweeps_and_workers_and_restarts(make):
    desk = make(DIGEST + "weekly = true\n")
    desk.write(JANE)
    until(desk, 2026, 11, 25, 12)
    before = len(desk.outgoing())
    other = build(
        load(desk.app.config.data.parent / "mailroom.toml", {}), now=desk.app.office.now
    )
    for app in (desk.app, other, other, desk.app):
        app.mailing.sweep()
        app.dispatch.deliver()
    other.store.close()
    assert len(desk.outgoing()) == before
    assert len(digests(desk, "chief@acme.example")) == 2


def test_two_workers_that_decide_at_the_same_time_send_one(make, monkeypatch):
    desk = make(DIGEST)
    other = build(
        load(desk.app.config.data.parent / "mailroom.toml", {}), now=desk.app.office.now
    )
    desk.write(JANE)
    mailing = other.mailing
    ahead = list(mailing._ahead())  # what it read before the first worker was done
    desk.app.mailing.sweep()
    monkeypatch.setattr(mailing, "_ahead", lambda: iter(ahead))
    mailing.sweep()
    other.store.close()
    desk.app.dispatch.deliver()
    assert len(digests(desk, "kim@acme.example")) == 1


def test_hours_late_it_is_sent_once_days_late_only_todays(make):
    desk = make(DIGEST)
    desk.write(JANE)
    desk.pass_time(timedelta(0))
    jump(desk, 2026, 11, 25, 14)  # down over the morning
    assert len(digests(desk, "kim@acme.example")) == 2
    jump(desk, 2026, 12, 2, 15)  # down for a week
    mails = digests(desk, "kim@acme.example")
    assert [f"{sent_at(m):%d %b}" for m in mails] == ["24 Nov", "25 Nov", "02 Dec"]
    jump(desk, 2026, 12, 5, 12)  # back on a Saturday: nothing of the days that passed
    assert len(digests(desk, "kim@acme.example")) == 3


def test_weekly_days_late_is_last_weeks_and_no_other(make):
    desk = make(WEEKLY)
    desk.write(JANE)
    desk.pass_time(timedelta(0))
    jump(desk, 2026, 12, 16, 15)  # a Wednesday, three weeks later
    subjects = [m["Subject"] for m in weeklies(desk, "chief@acme.example")]
    assert [re.search(r"week (\d+)", s)[1] for s in subjects] == ["47", "50"]


def test_next_instant_is_known_without_looking_at_tickets(make):
    desk = make(DIGEST)
    desk.write(JANE)
    desk.pass_time(timedelta(0))
    assert desk.app.mailing.next_at() == datetime(2026, 11, 24, 19, 30, tzinfo=UTC)


def test_the_round_rings_for_what_is_due_and_then_rests(make):
    desk = make(DIGEST)
    desk.write(JANE)
    desk.app.huey.immediate = desk.app.courier.immediate = True
    ring_for_waiting(desk.app)
    assert len(digests(desk, "kim@acme.example")) == 1
    desk.app.huey.immediate = False
    before = desk.app.huey.pending_count()
    ring_for_waiting(desk.app)
    assert desk.app.huey.pending_count() == before


def test_after_an_outage_what_broke_is_recorded_before_it_is_told(make, said):
    desk = make(DIGEST)
    desk.pass_time(timedelta(0))
    desk.write(JANE)
    desk._clock[0] = datetime(2026, 11, 25, 14, tzinfo=UTC)  # down until then
    ring_for_waiting(desk.app)
    assert "send_reports" not in rung(desk)  # the clocks come first
    desk.app.watch.sweep()
    ring_for_waiting(desk.app)
    assert "send_reports" in rung(desk)
    desk.pass_time(timedelta(0))
    (mail,) = digests(desk, "kim@acme.example")
    assert "0 due today, 2 broken" in mail["Subject"]


def rung(desk):
    return {task.name for task in desk.app.huey.pending()}


def test_one_readers_fault_keeps_nobody_else_from_his_mail(make):
    desk = make(DIGEST)
    desk.write(JANE)
    app, faulty = desk.app, ["kim@acme.example"]
    digest = Digest(app.store, app.config)

    def sometimes(issue):
        if issue.reader.address in faulty:
            raise KeyError("a ticket that cannot be shown")
        return digest(issue)

    contents = Contents(weekly=digest, digest=sometimes, shadow=digest)
    mailing = Mailing(app.office, contents)
    mailing.sweep()
    app.dispatch.deliver()
    assert len(digests(desk, "chief@acme.example")) == 1
    assert digests(desk, "kim@acme.example") == []
    assert mailing.next_at() == app.office.now() + timedelta(minutes=1)
    faulty.clear()
    mailing.sweep()
    app.dispatch.deliver()
    assert len(digests(desk, "kim@acme.example")) == 1


# -- to whom, and what --------------------------------------------------------------


def test_switched_off_nobody_gets_any(make):
    desk = make("")
    desk.write(JANE)
    until(desk, 2026, 12, 1, 12)
    subjects = [mail["Subject"] for _, _, mail in desk.outgoing()]
    assert not [s for s in subjects if "due today" in s or ", week " in s]


def test_nothing_to_say_nothing_sent(make):
    desk = make(DIGEST + "weekly = true\n")
    until(desk, 2026, 12, 1, 12)
    assert desk.outgoing() == []


def test_each_reads_of_what_concerns_him(make, said):
    desk = make(DIGEST)
    desk.write(JANE, subject="Printer")  # tier1
    desk.write("Joe <joe@other.example>", subject="Ink")  # tier2
    desk.pass_time(timedelta(0))
    kim, chief, lead = (
        said(digests(desk, who)[-1])
        for who in ("kim@acme.example", "chief@acme.example", "lead@other.example")
    )
    assert ("Printer" in kim, "Ink" in kim) == (True, False)
    assert ("Printer" in lead, "Ink" in lead) == (False, True)
    assert all(word in chief for word in ("Ink", "Printer", "How mail fares", "OK"))
    assert "How mail fares" not in kim + lead


def test_ticket_that_somebody_has_is_in_his_digest_alone(make, said):
    desk = make(DIGEST)
    desk.write(JANE)
    desk.answer(ANN, "#take")
    desk.pass_time(timedelta(0))
    assert "Printer" in said(digests(desk, "ann@acme.example")[-1])
    assert digests(desk, "kim@acme.example") == []


def test_digest_says_what_is_due_what_broke_and_what_still_waits(make, said):
    desk = make(DIGEST)
    desk.write(JANE, subject="Printer")  # due today at 13:00 UTC
    desk.pass_time(timedelta(0))
    text = said(digests(desk, "kim@acme.example")[-1])
    assert re.search(r"1  due today\n0  broken", text)
    assert re.search(
        r"14:00  \[#1001\] Printer \(First reply · Jane Doe · standard", text
    )
    until(desk, 2026, 11, 25, 9)
    text = said(digests(desk, "kim@acme.example")[-1])
    assert re.search(
        r"Broken since Tue 10:00\n-+\n\n06:00 +\[#1001\] Printer \(still", text
    )
    assert "still waiting · First reply" in text
    until(desk, 2026, 11, 26, 9)
    text = said(digests(desk, "kim@acme.example")[-1])
    assert "0  broken since Wed 09:00" in text
    assert re.search(r"Broken before, still waiting\n-+\n\nTue 14:00  \[#1001\]", text)
    assert "First reply, Resolution" in text


def test_late_answer_is_said_in_the_digest(make, said):
    desk = make(DIGEST)
    desk.write(JANE)
    (news,) = desk.received("ann@acme.example")
    desk.pass_time(timedelta(0))  # today's digest
    desk.pass_time(timedelta(hours=5))
    answers = f"In-Reply-To: {news['Message-ID']}\r\n"
    desk.write(ANN, news["Reply-To"], text="Use water.", headers=answers)
    until(desk, 2026, 11, 25, 9)
    assert "kept Tue 15:00 · First reply" in said(digests(desk, "kim@acme.example")[-1])


def test_admin_reads_how_mail_fares(make_desk, said):
    desk = make_desk(RULES, PEOPLE + DIGEST)
    desk.write(ANN, subject="Who am I?", proven=False)  # held
    desk.pass_time(timedelta(0))
    (mail,) = digests(desk, "chief@acme.example")
    assert "mail needs a look" in mail["Subject"]
    assert re.search(r"1  held or in quarantine, 1 new", said(mail))
    assert digests(desk, "kim@acme.example") == []  # it is the admins' to know


def test_letters_that_wait_or_were_given_up_are_the_admins_to_know(make, said):
    desk = make(DIGEST)
    store, now = desk.app.store, desk.app.office.now()
    with store.transaction():
        for key in ("lost", "slow"):
            store.add_outbound(letter_to(f"{key}@other.example", now))
        lost, slow = (each.id for each in store.claim_outbound(now, timedelta(1), 9))
        store.record_refused(lost, now, {"lost@other.example": "550 no such user"})
        later = now + timedelta(days=2)
        store.record_deferred(slow, later, "421 too busy")
    desk.pass_time(timedelta(seconds=1))
    text = said(digests(desk, "chief@acme.example")[-1])
    assert re.search(r"1  failed for good \(lost@other.example: Hello: lost.*550", text)
    assert re.search(r"1  waiting for the relay, .* 09:00 \(421 too busy\)", text)
    until(desk, 2026, 11, 25, 9)
    text = said(digests(desk, "chief@acme.example")[-1])
    assert ("failed for good" in text, "421 too busy" in text) == (False, True)


def letter_to(address, now):
    return NewOutbound(
        dedupe_key=address,
        letter="reply",
        message_id=f"x.{address}",
        mail_from="support@acme.example",
        rcpt_to=(address,),
        raw=b"Subject: Hello\r\n\r\nHello.\r\n",
        subject="Hello",
        sender="support@acme.example",
        created_at=now,
        not_before=now,
    )


def test_letter_that_comes_back_or_is_refused_stirs_nobody_up(make):
    desk = make(DIGEST)
    desk.write(JANE)
    desk.app.mailing.sweep()
    store, now = desk.app.store, desk.app.office.now()
    with store.transaction():
        for each in store.claim_outbound(now, timedelta(1), 99):
            if each.letter == "digest":
                undelivered(desk.app.office, each, {each.rcpt_to[0]: "550 no"}, now)
                store.record_refused(each.id, now, {each.rcpt_to[0]: "550 no"})
    desk.pass_time(timedelta(hours=1))
    assert digests(desk, "kim@acme.example") == []
    assert len(desk.tickets()) == 1


def test_account_that_cannot_be_read_is_the_admins_to_know(make_desk, said):
    account = """
[[imap]]
host = "imap.acme.example"
user = "support@acme.example"
password_file = "pw"
"""
    desk = make_desk(RULES, PEOPLE + DIGEST + account)
    office = desk.app.office
    keep_account(
        office,
        "support@acme.example@imap.acme.example",
        False,
        office.now(),
        "no login",
    )
    desk.pass_time(timedelta(0))
    (mail,) = digests(desk, "chief@acme.example")
    assert "account cannot be read (support@acme.example@imap" in said(mail)


def test_lead_of_several_teams_has_a_table_for_each(make_desk, said):
    more = '\n[[team]]\nname = "tier3"\nlead = "LEAD@other.example"\n'
    desk = make_desk(RULES, PEOPLE + more + WEEKLY)
    desk.write("Joe <joe@other.example>", subject="Ink")
    desk.answer("Chief <chief@acme.example>", "#team tier3")
    desk.write("Joe <joe@other.example>", subject="Ink")
    until(desk, 2026, 11, 30, 9)
    text = said(weeklies(desk, "lead@other.example")[-1])
    assert "The figures of your teams tier2, tier3." in text
    assert re.findall(r"^(tier\d)\n-----\n", text, re.MULTILINE) == ["tier2", "tier3"]
    assert re.search(r"^ +4  broken$", text, re.MULTILINE)


def test_weekly_goes_to_admins_and_leads_with_the_figures_of_the_report(make, said):
    desk = make(WEEKLY)
    desk.write(JANE, subject="Printer")
    desk.write("Joe <joe@other.example>", subject="Ink")
    desk.write("Eve <eve@other.example>", subject="Win", headers="X-Spam-Flag: YES\r\n")
    desk.pass_time(timedelta(hours=5))
    desk.answer(ANN, "#solved\nUse water.", to_last_of="kim@acme.example")
    until(desk, 2026, 11, 30, 9)
    people = {to for _, to, mail in desk.outgoing() if ", week 48" in mail["Subject"]}
    assert people == {"chief@acme.example", "lead@other.example"}
    store, now = desk.app.store, desk.app.office.now()
    week = Period(
        since=datetime(2026, 11, 23, tzinfo=UTC),
        until=datetime(2026, 11, 30, tzinfo=UTC),
    )
    text = said(weeklies(desk, "chief@acme.example")[-1])
    for row in attainment(store, lambda _: None, ("policy",), week, now).rows:
        share = f"{row.attainment:.1%} ({row.achieved} of {row.count})"
        name = row.metric.replace("_", " ").capitalize()
        assert re.search(rf"{name} \(standard\) +{re.escape(share)}", text)
    assert "Spam: 1 ticket was taken for spam" in text
    assert "mailroom report --since 2026-11-23 --until 2026-11-30\n" in text
    assert "https://help.acme.example/desk/reports?until=2026-11-30" in text
    leads = said(weeklies(desk, "lead@other.example")[-1])
    assert "https://" not in leads  # no agent, so no pages for him
    assert "The figures of your team tier2." in leads
    assert "tier1" not in leads
    assert "Spam" not in leads
    (row,) = [
        r
        for r in attainment(store, lambda _: None, ("team",), week, now).rows
        if r.group["team"] == "tier2" and r.metric == "first_reply"
    ]
    assert re.search(
        rf"First reply \(standard\) +{row.attainment:.1%} \(0 of 1\)", leads
    )


def test_spam_is_a_line_in_the_weeks_first_digest_where_there_is_no_weekly(make, said):
    desk = make(DIGEST)
    desk.write("Eve <eve@other.example>", subject="Win", headers="X-Spam-Flag: YES\r\n")
    until(desk, 2026, 12, 2, 0)
    (mail,) = digests(desk, "chief@acme.example")
    assert sent_at(mail).date() == datetime(2026, 11, 30).date()
    assert "last week 1 ticket was taken for spam" in said(mail)


def test_letters_are_automatic_and_need_nothing_from_elsewhere(make):
    desk = make(DIGEST + "weekly = true\n")
    desk.write(JANE, subject='<img src="https://evil.example/x.png"> | \x1e["row",[]]')
    desk.pass_time(timedelta(0))
    for mail in (
        digests(desk, "chief@acme.example")[-1],
        weeklies(desk, "chief@acme.example")[-1],
    ):
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["X-Auto-Response-Suppress"] == "All"
        html = html_of(mail)
        assert not re.search(
            r"<(img|link|script|iframe)|url\(|@import|<[^>]* src=", html
        )
        assert set(re.findall(r'href="(https?://[^/"]+)', html)) == {
            "https://help.acme.example"
        }


def test_answer_stays_internal_and_lines_of_commands_are_done(make, said):
    desk = make(DIGEST)
    desk.write(JANE)
    desk.pass_time(timedelta(0))
    (mail,) = digests(desk, "kim@acme.example")
    assert said(mail).startswith("Your reply stays internal: no customer sees it.")
    kim, before = "Kim <kim@acme.example>", len(desk.received("jane@initech.example"))
    desk.write(
        kim,
        str(mail["Reply-To"]),
        subject=f"Re: {mail['Subject']}",
        text="#1001 priority high",
        headers=f"In-Reply-To: {mail['Message-ID']}\r\n",
    )
    assert desk.ticket().priority == "high"
    desk.write(
        kim,
        str(mail["Reply-To"]),
        subject=f"Re: {mail['Subject']}",
        text="Who takes the printer?",
        headers=f"In-Reply-To: {mail['Message-ID']}\r\n",
    )
    assert len(desk.received("jane@initech.example")) == before
    assert len(desk.app.store.comments(1001)) == 1
    assert desk.tickets()[-1].id == 1002


def test_german_desk_writes_german(make_desk, said):
    desk = make_desk(RULES, PEOPLE + DIGEST + "weekly = true\n")
    box = desk.app.office.book.mailboxes[0].model_copy(update={"language": "de"})
    object.__setattr__(desk.app.office.book, "mailboxes", (box,))
    desk.write(JANE)
    desk.pass_time(timedelta(0))
    subjects = [m["Subject"] for m in desk.received("chief@acme.example")]
    assert any("heute fällig" in str(email_header(s)) for s in subjects)


def email_header(text):
    from email.header import decode_header, make_header

    return make_header(decode_header(text))
