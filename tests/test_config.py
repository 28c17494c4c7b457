"""mailroom.toml: what is taken, what is refused, and in which words."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mailroom.config import Config, load
from mailroom.errors import ConfigError
from mailroom.setting import Endpoint, Rate, read_duration, read_target

MINIMAL = '[[mailbox]]\naddress = "support@acme.example"\n'
Reader = Callable[..., Config]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    def read(text: str = "", minimal: str = MINIMAL, **environ: str) -> Config:
        path = tmp_path / "mailroom.toml"
        # Plain keys must stand before the first table.
        path.write_text(f"{text}\n{minimal}")
        return load(path, {f"MAILROOM_{k}": v for k, v in environ.items()})

    return read


@pytest.fixture
def refuse(read: Reader, tmp_path: Path) -> Callable[..., str]:
    def refuse(text: str = "", minimal: str = MINIMAL, **environ: str) -> str:
        with pytest.raises(ConfigError) as caught:
            read(text, minimal, **environ)
        assert str(caught.value).startswith(str(tmp_path / "mailroom.toml"))
        return str(caught.value).removeprefix(f"{tmp_path}/mailroom.toml: ")

    return refuse


def test_one_mailbox_is_enough(read: Reader, tmp_path: Path) -> None:
    config = read()
    assert config.data == tmp_path / "var"
    assert config.rules == tmp_path / "rules"
    assert config.mailboxes[0].name == config.name
    assert config.mailboxes[0].reply == "plus"
    assert config.smtp.listen == Endpoint("127.0.0.1", 8025)
    assert config.submission is None
    assert config.relay.target.scheme == "maildir"
    assert config.maildir == tmp_path / "var" / "outgoing"
    assert config.web.url == "http://127.0.0.1:8080"
    assert config.limits.per_address == Rate(5, timedelta(hours=1))
    assert config.close_after == timedelta(days=7)


def test_reply_is_plain_for_a_mailbox_fed_by_imap(read: Reader) -> None:
    account = '[[imap]]\nhost = "mx"\nuser = "{}"\npassword_file = "p"\n'
    two = MINIMAL + '[[mailbox]]\naddress = "sales@acme.example"\n'
    by_user = read(minimal=two + account.format("Sales@acme.example"))
    assert [m.reply for m in by_user.mailboxes] == ["plus", "plain"]
    alone = read(minimal=MINIMAL + account.format("u1234"))
    assert alone.mailboxes[0].reply == "plain"
    stated = read(
        minimal=MINIMAL + 'reply = "plus"\n' + account.format("support@acme.example")
    )
    assert stated.mailboxes[0].reply == "plus"


def test_an_agent_is_in_his_team_and_his_teams(read: Reader) -> None:
    text = MINIMAL + (
        '[[team]]\nname = "a"\n[[team]]\nname = "b"\n'
        '[[agent]]\naddress = "ann@acme.example"\nteam = "a"\nteams = ["b"]\n'
    )
    agent = read(minimal=text).agents[0]
    assert agent.teams == ("a", "b")
    assert agent.name == "ann"


def test_addresses_keep_their_local_part_and_get_a_labels(read: Reader) -> None:
    config = read(minimal='[[mailbox]]\naddress = "Hilfe@Bücher.example"\n')
    assert config.mailboxes[0].address == "Hilfe@xn--bcher-kva.example"


def test_the_environment_wins_over_the_file(read: Reader) -> None:
    config = read(
        minimal=MINIMAL + '[relay]\nurl = "maildir:"\n[[agent]]\naddress = "a@b.c"\n',
        RELAY__URL="smtp://user:secret@mx.example:587",
        AGENT__0__ADMIN="true",
        MAILBOX__0__ALSO='["in@acme.example"]',
        NAME="2026",
        SUBMISSION__LISTEN="127.0.0.1:0",
    )
    assert config.relay.target.user == "user"
    assert config.relay.secret() == "secret"
    assert config.relay.return_path == "mailbox"
    assert config.agents[0].admin is True
    assert config.mailboxes[0].also == ("in@acme.example",)
    assert config.name == "2026"
    assert config.submission is not None


def test_a_table_can_come_from_the_environment_alone(read: Reader) -> None:
    config = read(minimal="", MAILBOX__0__ADDRESS="support@acme.example")
    assert config.mailboxes[0].address == "support@acme.example"


def test_other_programs_variables_are_left_alone(read: Reader) -> None:
    assert read(CORPUS="/somewhere").name == "Support"


def test_a_secret_is_read_from_its_file_and_never_shown(
    read: Reader, tmp_path: Path
) -> None:
    (tmp_path / "imap").write_text("hunter2\n")
    account = '[[imap]]\nhost = "mx"\nuser = "u"\npassword_file = "imap"\n'
    assert read(minimal=MINIMAL + account).imap[0].secret() == "hunter2"
    config = read(minimal=MINIMAL + account, IMAP__0__PASSWORD="correct horse")
    assert config.imap[0].secret() == "correct horse"
    assert "correct" not in repr(config)
    (tmp_path / "imap").unlink()
    with pytest.raises(ConfigError, match="imap: No such file"):
        read(minimal=MINIMAL + account).imap[0].secret()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nmae = 'x'", 'nmae: unknown key; did you mean "name"?'),
        ("close_after = 7", 'close_after: must be text such as "7 days"'),
        (
            "close_after = '0 days'",
            'close_after: "0 days" must be more than nothing and less than ten years',
        ),
        ("name = ''", "name: must be one line of text"),
        ("name = 3", 'name: must be text in quotes, "..."'),
        ("crossed_replies = 'keep'", "crossed_replies: must be 'hold' or 'send'"),
        (
            "database = 'mysql://x'",
            'database: must be "sqlite" or "postgresql://user@host/name"',
        ),
    ],
)
def test_a_wrong_key_is_told_in_one_line(
    refuse: Callable[..., str], text: str, told: str
) -> None:
    assert refuse(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[relay]\nulr = 'x'", 'relay.ulr: unknown key; did you mean "url"?'),
        ("[[agent]]\nname = 'x'", "agent.0.address: is missing"),
        ("[[mailbox]]\naddress = 'x'", 'mailbox.1.address: "x" is no e-mail address'),
        ("also = 'x@y.example'", "mailbox.0.also: must be a list"),
        (
            "also = ['Support@acme.example']",
            "mailbox: support@acme.example is named twice",
        ),
        (
            "[[agent]]\naddress = 'support@acme.example'",
            "agent.0.address: support@acme.example is a mailbox",
        ),
        (
            "[[team]]\nname = 'tier1'\n[[agent]]\naddress = 'a@b.c'\nteam = 'teir1'",
            'agent.0.team: there is no [[team]] named "teir1"; did you mean "tier1"?',
        ),
        (
            "[submission]\nlisten = '0.0.0.0:587'",
            "submission: mail from this door counts as authenticated: listen on",
        ),
        ("[smtp]\nlisten = '0.0.0.0'", 'smtp.listen: "0.0.0.0" is no place to listen'),
        ("[smtp]\nlisten = 'x:70000'", "smtp.listen: 70000 is no port"),
        ("[smtp]\ntls_cert = 'x'", "smtp: tls_cert and tls_key belong together"),
        ("[smtp]\nlmtp = '0.0.0.0:24'", "smtp: lmtp knows no strangers"),
        ("[relay]\nurl = 'ftp://x'", "relay.url: is no relay"),
        (
            "[relay]\nurl = 'smtp://u:p@h'",
            "relay.url: a secret has no place in this file",
        ),
        (
            "[[imap]]\nhost = 'h'\nuser = 'u'\npassword = 'x'",
            "imap.0.password: a secret has no place in this file; put it into"
            " imap.0.password_file or the environment as MAILROOM_IMAP__0__PASSWORD",
        ),
        ("[[imap]]\nhost = 'h'\nuser = 'u'", "imap.0: one of password_file and oauth"),
        (
            "[[imap]]\nhost = 'h'\nuser = 'u'\npassword_file = 'p'\ntls = 'never'",
            'imap.0: tls = "never" shows the password',
        ),
        (
            "[[imap]]\nhost = 'h'\nuser = 'u'\npassword_file = 'p'\nmailbox = 'a@b.c'",
            "imap.0.mailbox: no [[mailbox]] has the address a@b.c",
        ),
        ("[web]\nurl = 'help'", 'web.url: "help" is no address'),
        ("[limits]\nper_address = 'many'", 'limits.per_address: "many" is no rate'),
    ],
)
def test_a_wrong_table_is_told_in_one_line(
    refuse: Callable[..., str], text: str, told: str
) -> None:
    answer = refuse(minimal=MINIMAL + text)
    assert answer.startswith(told)
    assert "\n" not in answer


def test_all_faults_are_told_at_once(refuse: Callable[..., str]) -> None:
    answer = refuse("nmae = 'x'\nclose_after = 'soon'")
    first, *others = answer.splitlines()
    assert first == "2 faults"
    assert sorted(others) == [
        'close_after: "soon" is no duration; write "30m", "1h 30m" or "7 days"',
        'nmae: unknown key; did you mean "name"?',
    ]


@pytest.mark.parametrize("name", ["agent", "team", "imap"])
def test_one_bracket_too_few_is_told(refuse: Callable[..., str], name: str) -> None:
    said = refuse(f'[{name}]\nname = "x"\n')
    assert said == f"{name}: is a list of tables; write [[{name}]], not [{name}]"


def test_a_desk_without_a_mailbox_is_refused(refuse: Callable[..., str]) -> None:
    assert refuse(minimal="") == "mailbox: is missing ([[mailbox]] address = ...)"


def test_a_misspelt_variable_is_refused(refuse: Callable[..., str]) -> None:
    assert "relay.ulr: unknown key" in refuse(RELAY__ULR="x")
    assert "databse: unknown key" in refuse(DATABSE="x")
    assert "has no place" in refuse(IMAP__5__HOST="x")


def test_what_is_no_file_or_no_toml_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mailroom.toml"
    with pytest.raises(ConfigError, match="there is no such file; write one with"):
        load(path, {})
    path.write_text("name = \ndata = 1")
    with pytest.raises(ConfigError, match=r"is no TOML: .*line 1"):
        load(path, {})
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(ConfigError, match="is no UTF-8 text"):
        load(path, {})
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path, {})


@pytest.mark.parametrize("tag", ["", "[#{}]", "(Acme {})"])
def test_subject_tags_that_can_be_found_again(read: Reader, tag: str) -> None:
    assert read(f"subject_tag = '{tag}'").subject_tag == tag


@pytest.mark.parametrize("tag", ["{}", "[#]", "[#{}{}]", "4{}"])
def test_subject_tags_that_cannot_be_found_again(
    refuse: Callable[..., str], tag: str
) -> None:
    assert refuse(f"subject_tag = '{tag}'").startswith("subject_tag: must hold")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30m", 1800),
        ("1h 30m", 5400),
        ("90s", 90),
        ("7 days", 604800),
        ("1 day", 86400),
        ("2 weeks", 1209600),
        ("2d", 172800),
    ],
)
def test_durations_are_elapsed_time(text: str, seconds: int) -> None:
    assert read_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "m", "1.5h", "1h and", "-1h", "1 month"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        read_duration(text)


def test_a_relay_off_loopback_needs_tls() -> None:
    assert read_target("smtp://mx.example").tls == "always"
    assert read_target("smtp://mx.example?tls=never").tls == "never"
    assert read_target("smtp://localhost:2525").tls == "offered"
    assert read_target("smtps://mx.example").port == 465
    assert "secret" not in repr(read_target("smtp://u:secret@mx.example"))


def test_off_turns_a_listener_or_a_limit_off(read: Reader) -> None:
    config = read(
        minimal=MINIMAL + "[smtp]\nlisten = 'off'\n[limits]\nper_domain = 'off'\n"
    )
    assert config.smtp.listen is None
    assert config.limits.per_domain is None
