import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailroom.cli.parse import parse_command
from mailroom.message.parse import parse

MAIL = (
    b"From: Jane Doe <jane@example.com>\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n"
    b"Content-Type: text/plain; charset=utf-8\n\nMy number is 4711.\n\n"
    b"On 1 Jan 2026, Bob <bob@example.org> wrote:\n> secret\n"
)


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(parse_command, [str(word) for word in arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "deep" / "one.eml"
    path.parent.mkdir(parents=True)
    path.write_bytes(MAIL)
    return path


def test_one_mail_is_one_line(mail: Path) -> None:
    (line,) = run(mail).splitlines()
    found = json.loads(line)
    assert (found["from_addr"], found["subject"]) == ("jane@example.com", "Grüße")
    assert found["reply_text"] == "My number is 4711."


def test_folder_gives_one_file_for_each_mail_below_it(mail: Path) -> None:
    root, out = mail.parents[1], mail.parents[2] / "out"
    (mail.parent / "notes.md").write_text("no mail")
    assert run(root, "--out", out) == ""
    assert [path.name for path in out.iterdir()] == ["deep__one.eml.json"]
    assert (
        json.loads((out / "deep__one.eml.json").read_text())["from_name"] == "Jane Doe"
    )


def test_any_file_is_read_when_named(mail: Path) -> None:
    odd = mail.rename(mail.with_name("mail.odd"))
    assert json.loads(run(odd))["from_addr"] == "jane@example.com"


def test_each_message_of_an_mbox_is_a_line(mail: Path) -> None:
    box = mail.with_name("all.mbox")
    postmark = b"From jane@example.com Thu Jan  1 00:00:00 2026\n"
    quoted = MAIL + b">From here on\n"
    box.write_bytes(postmark + MAIL + b"\n" + postmark + quoted)
    first, second = map(json.loads, run(box).splitlines())
    assert second["body_text"] == first["body_text"] + "From here on\n"


def test_report_hides_who_wrote_what_and_keeps_the_form(mail: Path) -> None:
    run(mail, "--report")
    report = mail.with_name("one.eml.report.eml").read_bytes()
    for private in (b"Jane", b"jane", b"example", b"4711", b"secret", b"Gr=C3"):
        assert private not in report
    known, hidden = parse(MAIL), parse(report)
    assert [span.kind for span in hidden.spans] == [span.kind for span in known.spans]
    assert len(hidden.subject) == len(known.subject)
    assert mail.read_bytes() == MAIL


def test_missing_file_is_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(parse_command, [str(tmp_path / "no.eml")])
    assert result.exit_code == 2
    assert "no such file or folder" in result.output
