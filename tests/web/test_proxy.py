"""Who asks, where a reverse proxy stands before the pages."""

from datetime import timedelta
from typing import Any

import pytest

from mailroom.config import load
from mailroom.errors import ConfigError
from mailroom.gateway.limits import Networks
from web.proxy import BehindProxies

OURS = Networks(["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"])


def seen(peer: str, **fields: str) -> tuple[str, str, set[str]]:
    """Return the visitor, the scheme and the forwarding fields an application sees."""
    found: dict[str, Any] = {}

    def application(environ: dict[str, Any], start: Any) -> list[bytes]:
        found.update(environ)
        return []

    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http"}
    environ |= {f"HTTP_{name}": value for name, value in fields.items()}
    BehindProxies(application, OURS)(environ, lambda *_: None)
    left = {name for name in found if name.startswith(("HTTP_X_FORW", "HTTP_FORW"))}
    return found["REMOTE_ADDR"], found["wsgi.url_scheme"], left


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "visitor"),
    [
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.1, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "192.0.2.7, 10.1.2.3", "192.0.2.7"),
        ("127.0.0.1", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("127.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("127.0.0.1", "2001:DB8:0::7", "2001:db8::7"),
        ("127.0.0.1", "192.0.2.7:4711", "192.0.2.7"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.7, nonsense, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("localhost", "192.0.2.7", "192.0.2.7"),
        ("fd00::1", "192.0.2.7", "192.0.2.7"),
        ("203.0.113.9", "192.0.2.7", "203.0.113.9"),
    ],
)
def test_visitor_is_the_last_address_that_is_no_proxy_of_ours(
    peer: str, forwarded_for: str, visitor: str
) -> None:
    assert seen(peer, X_FORWARDED_FOR=forwarded_for)[0] == visitor


def test_scheme_is_believed_of_our_proxies_alone() -> None:
    assert seen("10.0.0.1", X_FORWARDED_PROTO="https")[1] == "https"
    assert seen("10.0.0.1", X_FORWARDED_PROTO="gopher")[1] == "http"
    assert seen("192.0.2.1", X_FORWARDED_PROTO="https")[1] == "http"


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.1"])
def test_no_forwarding_field_reaches_the_application(peer: str) -> None:
    fields = ("FOR", "PROTO", "HOST", "PORT", "BY", "PREFIX")
    given = {f"X_FORWARDED_{f}": "evil.example" for f in fields}
    assert seen(peer, FORWARDED="for=evil", **given)[2] == set()


def ask(desk: Any, number: int, visitor: str) -> None:
    desk.pass_time(timedelta(seconds=1))
    desk.client.post(
        "/",
        data={"address": f"p{number}@customer.example"},
        headers={"X-Forwarded-For": visitor},
    )
    desk.site.extensions["errands"].finish()


def letters(desk: Any) -> int:
    subject = "Your requests with Acme Support"
    return sum(
        mail["Subject"] == subject
        for n in range(25)
        for mail in desk.letters(f"p{n}@customer.example")
    )


@pytest.fixture
def behind(make_desk: Any) -> Any:
    desk = make_desk(web='proxies = ["127.0.0.1/32"]')
    for n in range(25):
        desk.write(f"p{n} <p{n}@customer.example>")
    return desk


def test_each_visitor_behind_a_proxy_has_a_budget_of_his_own(behind: Any) -> None:
    for n in range(23):
        ask(behind, n, "192.0.2.7")
    assert letters(behind) == 20
    ask(behind, 24, "192.0.2.8")
    assert letters(behind) == 21


def test_what_is_no_network_is_one_clear_line(tmp_path: Any) -> None:
    config = tmp_path / "mailroom.toml"
    config.write_text(
        '[[mailbox]]\naddress = "support@acme.example"\n[web]\nproxies = ["nginx"]\n'
    )
    with pytest.raises(ConfigError, match=r'web.proxies.0: "nginx" is no network'):
        load(config, {})
