"""What every response says, what no request may do, and that reading writes nothing."""

import re
import sqlite3
from typing import Any

import pytest

from web import conversation


def dump(desk: Any) -> list[str]:
    """Return the whole content of the database, without the search index's innards."""
    with sqlite3.connect(desk.app.config.data / "mailroom.db") as database:
        return list(database.iterdump())


def every_get(desk: Any, ticket: int) -> list[str]:
    """Return an address for every GET route of the site."""
    values = {
        "token": desk.token(ticket),
        "number": 1,
        "place": 0,
        "secret": "x",
        "id": ticket,
        "filename": "site.css",
        "name": "attainment",
    }
    adapter = desk.site.url_map.bind("localhost")
    found = []
    for rule in desk.site.url_map.iter_rules():
        if "GET" in rule.methods:
            wanted = {name: values[name] for name in rule.arguments}
            if "messages" in rule.rule and "id" in wanted:
                wanted["id"] = 1
            found.append(adapter.build(rule.endpoint, wanted))
    assert len(found) >= 15
    return found


def logged_in(desk: Any) -> None:
    desk.client.post("/desk/", data={"address": "ann@acme.example"})
    desk.site.extensions["errands"].finish()
    mail = desk.letters("ann@acme.example")[-1]
    parts = [p for p in mail.walk() if p.get_content_type() == "text/plain"]
    body = parts[0].get_payload(decode=True).decode()
    path = re.findall(r"/desk/login/\S+", body)[-1]
    assert desk.client.post(path).status_code == 303


def with_file(desk: Any) -> Any:
    """Let a mail with a picture and HTML come in."""
    raw = (
        b"From: Jane <jane@customer.example>\r\nTo: support@acme.example\r\n"
        b"Subject: With a file\r\nMessage-ID: <f@customer.example>\r\n"
        b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/html\r\n\r\n"
        b'<p>See <img src="cid:p"><img src="https://evil.example/x.gif"></p>\r\n'
        b"--b\r\nContent-Type: image/png\r\nContent-ID: <p>\r\n"
        b'Content-Disposition: inline; filename="p.png"\r\n\r\n'
        b"\x89PNG\r\n\x1a\nrest\r\n"
        b"--b\r\nContent-Type: text/html\r\n"
        b'Content-Disposition: attachment; filename="page.html"\r\n\r\n'
        b"<script>alert(1)</script>\r\n--b--\r\n"
    )
    return desk.take(raw, "Jane <jane@customer.example>", "support@acme.example")


def test_walking_every_page_twice_writes_nothing(desk: Any) -> None:
    ticket = with_file(desk)
    logged_in(desk)
    before = dump(desk)
    for path in every_get(desk, ticket) * 2:
        answer = desk.client.get(path)
        assert answer.status_code in (200, 404), path
        answer.close()
    assert dump(desk) == before


def test_every_response_is_guarded(desk: Any) -> None:
    ticket = with_file(desk)
    logged_in(desk)
    for path in [*every_get(desk, ticket), "/nowhere"]:
        with desk.client.get(path) as answer:
            headers = answer.headers
            assert "unsafe" not in headers["Content-Security-Policy"], path
            assert "default-src 'none'" in headers["Content-Security-Policy"], path
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert "noindex" in headers["X-Robots-Tag"]
            assert headers["Strict-Transport-Security"].startswith("max-age=")
            if not path.startswith("/static"):
                assert headers["Cache-Control"] == "no-store", path


def test_a_static_file_that_is_not_there_is_not_kept(desk: Any) -> None:
    answer = desk.client.get("/static/nowhere.css")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_numbers_beyond_all_bounds_are_not_found(desk: Any) -> None:
    desk.write()
    logged_in(desk)
    large = 10**20
    for path in (f"/desk/t/{large}", f"/desk/messages/{large}", f"/desk/t/{large}/log"):
        assert desk.client.get(path).status_code == 404, path
    for page in ("messages", "quarantine", "search?q=fire"):
        mark = "&" if "?" in page else "?"
        path = f"/desk/{page}{mark}before={large}"
        assert desk.client.get(path).status_code == 200, path


def test_plain_http_promises_no_tls(make_desk: Any) -> None:
    desk = make_desk(url="http://127.0.0.1:8080")
    answer = desk.client.get("/")
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("host", ["evil.example", "help.acme.example.evil.example"])
def test_strange_hosts_are_refused(desk: Any, host: str) -> None:
    assert desk.client.get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["help.acme.example", "127.0.0.1:8080", "localhost"])
def test_our_hosts_are_served(desk: Any, host: str) -> None:
    assert desk.client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused(desk: Any, headers: dict[str, str]) -> None:
    data = {"address": "jane@customer.example"}
    for path in ("/", "/desk/", "/desk/logout", "/desk/login/x"):
        answer = desk.client.post(path, data=data, headers=headers)
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://help.acme.example"},
    ],
)
def test_our_own_forms_are_heard(desk: Any, headers: dict[str, str]) -> None:
    answer = desk.client.post("/", data={"address": "a@b.example"}, headers=headers)
    assert answer.status_code == 200


def test_files_are_downloads_of_types_that_nothing_runs(desk: Any) -> None:
    ticket = with_file(desk)
    token = desk.token(ticket)
    picture = desk.client.get(f"/t/{token}/m/1/0")
    page = desk.client.get(f"/t/{token}/m/1/1")
    assert picture.mimetype == "image/png"
    assert page.mimetype == "application/octet-stream"
    assert b"<script>" in page.data
    for answer in (picture, page):
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_formatted_message_shows_no_remote_picture(desk: Any) -> None:
    ticket = with_file(desk)
    token = desk.token(ticket)
    answer = desk.client.get(f"/t/{token}/m/1/formatted")
    assert "evil.example" not in answer.text
    assert f'src="/t/{token}/m/1/0"' in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("sandbox ")
    assert "allow-scripts" not in answer.headers["Content-Security-Policy"]


def test_nothing_of_an_agents_mail_but_the_kept_text_is_shown(desk: Any) -> None:
    ticket = desk.write()
    desk.answer(
        "ann@acme.example",
        ticket,
        "Here you are.\r\n\r\nOn Mon, 23 Nov 2026 Bob wrote:\r\n> SECRET NOTE\r\n",
    )
    token = desk.token(ticket)
    number = max(c.id for c in desk.app.store.comments(ticket))
    whole = desk.client.get(f"/t/{token}/m/{number}").text
    assert "Here you are." in whole
    assert "SECRET" not in whole + desk.page(ticket)
    assert desk.client.get(f"/t/{token}/m/{number}/formatted").status_code == 404


def test_a_note_has_no_page_for_customers(desk: Any) -> None:
    ticket = desk.write()
    desk.answer("ann@acme.example", ticket, "#note\r\nHush.")
    number = max(c.id for c in desk.app.store.comments(ticket))
    token = desk.token(ticket)
    for path in (f"m/{number}", f"m/{number}/formatted", f"m/{number}/0", "m/999"):
        assert desk.client.get(f"/t/{token}/{path}").status_code == 404


def test_a_huge_conversation_stays_a_small_page(desk: Any) -> None:
    ticket = desk.write(text='<&"> ' * 4000)
    for n in range(60):
        desk.write(
            subject=f"Re: Printer [#{ticket}]", text=f"{n} " + '"quoted" & <b> ' * 300
        )
    token, sizes, path = desk.token(ticket), [], ""
    while True:
        page = desk.client.get(f"/t/{token}{path}").text
        sizes.append(len(page.encode()))
        older = re.findall(r"\?before=\d+", page)
        if not older:
            break
        path = older[0]
    assert len(sizes) > 3
    assert max(sizes) <= 60_000
    assert conversation.PAGE_BUDGET < 60_000


def test_no_form_is_answered_with_a_redirect_to_elsewhere(desk: Any) -> None:
    for name in ("next", "url", "return", "redirect"):
        answer = desk.client.get(f"/desk/?{name}=https://evil.example/")
        assert "evil.example" not in answer.text
        assert answer.status_code == 200


def test_a_huge_message_stays_a_small_page_and_is_downloaded_whole(desk: Any) -> None:
    ticket = desk.write(text='<&"> https://x.example/?a&b ' * 4000)
    token = desk.token(ticket)
    page = desk.client.get(f"/t/{token}/m/1")
    assert 20_000 < len(page.data) <= 60_000
    whole = desk.client.get(f"/t/{token}/m/1/text")
    assert whole.text.count("x.example") == 4000
    assert whole.mimetype == "text/plain"
    assert whole.headers["Content-Disposition"].startswith("attachment")


def test_the_text_of_an_agents_mail_is_its_kept_text(desk: Any) -> None:
    ticket = desk.write()
    text = "Here you are.\r\n\r\nOn Mon, 23 Nov 2026 Bob wrote:\r\n> SECRET\r\n"
    desk.answer("ann@acme.example", ticket, text)
    number = max(c.id for c in desk.app.store.comments(ticket))
    answer = desk.client.get(f"/t/{desk.token(ticket)}/m/{number}/text")
    assert "Here you are." in answer.text
    assert "SECRET" not in answer.text


def test_a_database_that_is_gone_is_a_page_and_one_line(
    desk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    desk.app.store.close()
    data = desk.app.config.data
    data.rename(data.with_name("elsewhere"))
    answer = desk.client.get("/healthz")
    data.with_name("elsewhere").rename(data)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "Your request itself is safe" in answer.text
    (line,) = [r for r in caplog.records if r.levelname == "ERROR"]
    assert "mailroom.db" in line.getMessage()
    assert line.exc_info is None
