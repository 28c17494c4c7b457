"""What an agent is told of one ticket is one thread in the mail client, whatever happens."""

from datetime import timedelta

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
BOB, BOBS, ANNS = "Bob Baker <bob@acme.example>", "bob@acme.example", "ann@acme.example"


def _bare(subject):
    return subject.removeprefix("Re: ").partition(": ")[2] or subject.removeprefix(
        "Re: "
    )


def _threads(mails):
    """Thread mails as clients do that know only mails which they have.

    They look for what In-Reply-To names, else for the latest of References.
    """
    ids = [mail["Message-ID"] for mail in mails]
    root = {}
    for mail in mails:
        named = [mail["In-Reply-To"], *reversed((mail["References"] or "").split())]
        parent = next((id for id in named if id in ids), None)
        root[mail["Message-ID"]] = root.get(parent, mail["Message-ID"])
    return set(root.values())


def _story(desk):
    desk.write(JANE)
    desk.answer(JANE, "Are you there?")
    desk.answer(BOB, "#take\n#pending 1d\nWhich printer is it?")
    desk.write(JANE, subject="Something else [#1001]", text="The blue one.")
    desk.answer(BOB, "#assign ann")
    desk.answer(ANN, "#solvd")
    desk.pass_time(timedelta(days=2))


def test_all_that_an_agent_is_told_of_a_ticket_is_one_thread(desk):
    _story(desk)
    for address in (ANNS, BOBS):
        mails = desk.received(address)
        assert len(mails) >= 4
        assert len(_threads(mails)) == 1


def test_two_tickets_are_two_threads(desk):
    desk.write(JANE)
    desk.write(JANE, subject="Chair", text="It squeaks.")
    desk.write(JANE, subject="Re: Printer [#1001]", text="Are you there?")
    assert len(_threads(desk.received(ANNS))) == 2


def test_letters_of_a_thread_have_their_root_in_common_for_clients_that_lost_some(desk):
    _story(desk)
    mails = desk.received(ANNS) + desk.received(BOBS)
    roots = {mail["References"].split()[0] for mail in mails}
    assert roots == {"<thread.1001@acme.example>"}


def test_subject_of_notifications_stays_whatever_customers_write_into_theirs(desk):
    _story(desk)
    news = [m for m in desk.received(ANNS) if not m["Subject"].startswith("Re: ")]
    told = {mail["Subject"] for mail in news if ": " not in mail["Subject"]}
    assert told == {"Printer [#1001]"}
    assert all(m["Subject"].endswith("Printer [#1001]") for m in news)


def test_agent_who_joins_late_has_a_thread_of_his_own_letters(desk):
    desk.write(JANE)
    desk.answer(ANN, "#assign chief")
    desk.answer(JANE, "Are you there?")
    mails = desk.received("chief@acme.example")
    assert len(mails) == 2
    assert len(_threads(mails)) == 1


def test_customer_sees_one_thread_too(desk):
    _story(desk)
    assert len(_threads(desk.received("jane@customer.example"))) == 1


def test_customers_thread_begins_with_the_mail_that_she_sent(desk):
    desk.write(JANE)
    desk.answer(ANN, "Use water.")
    for mail in desk.received("jane@customer.example"):
        assert mail["References"].split()[0] == "<m1@customer.example>"


def test_acknowledgement_is_a_capability_that_nobody_else_is_shown(desk):
    desk.write(JANE, "support@acme.example, Carl <carl@customer.example>")
    (acknowledgement,) = desk.received("jane@customer.example")
    desk.answer(ANN, "Use water.")
    for address in ("jane@customer.example", "carl@customer.example"):
        mail = desk.received(address)[-1]
        assert acknowledgement["Message-ID"] not in mail.as_string()
