"""Files of an agent's reply that the relay would refuse become signed links."""

import base64

import pytest

from web.factory import create_app

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
JANES, CARLS = "jane@customer.example", "carl@customer.example"
SITE = "https://help.acme.example"
MIXED = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n'
PNG = b"\x89PNG\r\n\x1a\n"


def _part(type, name, content, more=""):
    data = base64.encodebytes(content).decode().replace("\n", "\r\n")
    return (
        f"--b\r\nContent-Type: {type}\r\nContent-Disposition: {more or 'attachment'};"
        f' filename="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n{data}\r\n'
    )


def _mail(text, *parts):
    body = f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    return body + "".join(parts) + "--b--\r\n"


def _answer(desk, text, *parts):
    last = desk.received("ann@acme.example")[-1]
    headers = MIXED + f"In-Reply-To: {last['Message-ID']}\r\n"
    to = last["Reply-To"].split("<")[1].rstrip(">")
    body = _mail(text, *parts)
    desk.write(ANN, to, subject=f"Re: {last['Subject']}", text=body, headers=headers)


def _files(mail):
    return {part.get_filename(): part for part in mail.walk() if part.get_filename()}


def _links(text):
    return [word for word in text.split() if "/m/" in word]


@pytest.fixture
def small(make_desk):
    """A desk whose relay takes 100 kB."""
    return make_desk(relay_keys='max_size = "100 kB"\n')


@pytest.fixture
def fetch():
    def fetch(desk, link):
        assert link.startswith(SITE)
        client = create_app(desk.app).test_client()
        return client.get(link.removeprefix(SITE), base_url=SITE)

    return fetch


def test_file_that_is_too_large_is_behind_a_link_that_opens(small, text_of, fetch):
    manual = bytes(range(256)) * 400
    small.write(JANE)
    _answer(small, "Here it is.", _part("application/pdf", "manual.pdf", manual))
    mail = small.received(JANES)[-1]
    text = text_of(mail)
    assert text.startswith("Here it is.\r\n")
    assert "manual.pdf (0.1 MB)" in text
    assert _files(mail) == {}
    (link,) = _links(text)
    answer = fetch(small, link)
    assert answer.status_code == 200
    assert answer.data == manual
    assert "manual.pdf" in answer.headers["Content-Disposition"]
    assert link in mail.as_string().replace("=\n", "")


def test_mail_stays_below_what_the_relay_takes(small):
    small.write(JANE)
    parts = [
        _part("application/pdf", f"{n}.pdf", bytes([n]) * 30_000) for n in range(5)
    ]
    _answer(small, "Here they are. " * 200, *parts)
    mail = small.received(JANES)[-1]
    assert len(mail.as_bytes()) < 100_000
    assert 0 < len(_files(mail)) < 5


def test_small_files_go_along_beside_a_large_one(small, text_of):
    small.write(JANE)
    large = _part("application/zip", "log.zip", b"z" * 90_000)
    note = _part("application/pdf", "note.pdf", b"%PDF-1.4")
    _answer(small, "Both.", large, note)
    mail = small.received(JANES)[-1]
    assert list(_files(mail)) == ["note.pdf"]
    assert len(_links(text_of(mail))) == 1


def test_file_that_fits_is_attached_and_there_is_no_link(small, text_of):
    small.write(JANE)
    _answer(small, "Here.", _part("application/pdf", "note.pdf", b"%PDF-1.4"))
    mail = small.received(JANES)[-1]
    assert text_of(mail).strip() == "Here."
    assert list(_files(mail)) == ["note.pdf"]


def test_link_in_a_mail_to_several_opens_the_public_view(small, text_of, fetch):
    small.write(JANE, f"support@acme.example, {CARLS}")
    _answer(small, "Here.", _part("application/pdf", "manual.pdf", b"x" * 90_000))
    (link,) = _links(text_of(small.received(JANES)[-1]))
    assert link.startswith(f"{SITE}/t/1001.0.")
    assert _links(text_of(small.received(CARLS)[-1])) == [link]
    assert fetch(small, link).data == b"x" * 90_000


def test_changed_link_opens_nothing(small, text_of, fetch):
    small.write(JANE)
    _answer(small, "Here.", _part("application/pdf", "manual.pdf", b"x" * 90_000))
    (link,) = _links(text_of(small.received(JANES)[-1]))
    assert fetch(small, link.replace("/t/1001.", "/t/1002.")).status_code == 404
    head, _, _ = link.rpartition("/")
    assert fetch(small, f"{head}/7").status_code == 404


def test_link_is_told_in_the_mailboxs_language(make_desk, text_of):
    box = '[[mailbox]]\naddress = "hilfe@acme.example"\nlanguage = "de"\n'
    desk = make_desk(config=box, relay_keys='max_size = "50 kB"\n')
    desk.write(JANE, "hilfe@acme.example")
    _answer(desk, "Bitte.", _part("application/pdf", "manual.pdf", b"x" * 90_000))
    assert "zu groß für eine Mail" in text_of(desk.received(JANES)[-1])


def test_own_reply_template_that_forgets_the_links_loses_none(
    make_desk, text_of, tmp_path
):
    folder = tmp_path / "desk" / "letters" / "en"
    letters = '\n[letters]\nfolder = "letters"\n'
    desk = make_desk(config=letters, relay_keys='max_size = "50 kB"\n')
    folder.mkdir(parents=True)
    (folder / "reply.txt").write_text("{{ subject }}\n{{ text }}\n\nYours, Acme\n")
    desk.write(JANE)
    _answer(desk, "Here.", _part("application/pdf", "manual.pdf", b"x" * 90_000))
    text = text_of(desk.received(JANES)[-1])
    assert "Yours, Acme" in text
    assert len(_links(text)) == 1


RELATED = 'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n'


def _picture(name, id, content=PNG):
    data = base64.encodebytes(content).decode().replace("\n", "\r\n")
    return (
        f"--b\r\nContent-Type: image/png; name={name}\r\nContent-ID: <{id}>\r\n"
        f"Content-Disposition: inline; filename={name}\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{data}\r\n"
    )


def _answer_html(desk, html, *parts):
    last = desk.received("ann@acme.example")[-1]
    headers = RELATED + f"In-Reply-To: {last['Message-ID']}\r\n"
    to = last["Reply-To"].split("<")[1].rstrip(">")
    body = f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n"
    body += "".join(parts) + "--b--\r\n"
    desk.write(ANN, to, subject=f"Re: {last['Subject']}", text=body, headers=headers)


def _html(mail):
    (part,) = [p for p in mail.walk() if p.get_content_type() == "text/html"]
    return part.get_payload(decode=True).decode()


def test_picture_between_the_words_is_shown_between_them(desk):
    desk.write(JANE)
    html = (
        "<div>Press this:</div><div><img src='cid:red@x' alt='red.png'></div>"
        "<div>Then wait.</div>"
    )
    _answer_html(desk, html, _picture("red.png", "red@x"))
    mail = desk.received(JANES)[-1]
    shown = _html(mail)
    before, picture, after = (
        shown.index(word) for word in ("Press this", 'src="cid:red@x"', "Then wait")
    )
    assert before < picture < after
    (image,) = [p for p in mail.walk() if p.get_content_type() == "image/png"]
    assert image["Content-ID"] == "<red@x>"
    assert image.get_payload(decode=True) == PNG


def test_picture_without_a_place_in_the_text_is_shown_below_it(desk):
    desk.write(JANE)
    html = "<div>Press this:</div><div><img src='cid:red@x'></div>"
    _answer_html(desk, html, _picture("red.png", "red@x"))
    shown = _html(desk.received(JANES)[-1])
    assert shown.index("Press this") < shown.index('src="cid:red@x"')


def test_picture_of_the_signature_and_of_the_history_stays_here(desk):
    desk.write(JANE)
    html = (
        "<div>Press <img src='cid:red@x'> this.</div>"
        "<div class='gmail_signature'>Ann<br><img src='cid:logo@x' alt='logo'></div>"
        "<div class='gmail_quote'><div class='gmail_attr'>On Tue, 24 Nov 2026 at 09:00,"
        " Acme Support &lt;support@acme.example&gt; wrote:<br></div><blockquote>"
        "It is on fire. <img src='cid:old@x'></blockquote></div>"
    )
    pictures = [_picture(f"{n}.png", f"{n}@x") for n in ("red", "logo", "old")]
    _answer_html(desk, html, *pictures)
    mail = desk.received(JANES)[-1]
    assert list(_files(mail)) == ["red.png"]


def test_picture_larger_than_the_relay_takes_is_a_link(small, text_of):
    small.write(JANE)
    html = "<div>Press this: <img src='cid:red@x'></div>"
    _answer_html(small, html, _picture("red.png", "red@x", PNG + b"x" * 90_000))
    mail = small.received(JANES)[-1]
    assert _files(mail) == {}
    assert "cid:" not in _html(mail)
    assert len(_links(text_of(mail))) == 1


def test_pictures_go_along_before_files(small, text_of):
    small.write(JANE)
    html = "<div>Press this: <img src='cid:red@x'></div>"
    file = _part("application/pdf", "manual.pdf", b"x" * 40_000)
    _answer_html(small, html, file, _picture("red.png", "red@x", PNG + b"x" * 50_000))
    mail = small.received(JANES)[-1]
    assert list(_files(mail)) == ["red.png"]
    assert len(_links(text_of(mail))) == 1
