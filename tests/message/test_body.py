import pytest

from mailroom.message import attachment, flowed, protection, transfer
from mailroom.message.model import Message
from mailroom.message.parse import parse, tree

HEAD = b"From: a@example.com\nSubject: s\n"


def of_parts(kind: str, *parts: str, more: str = "") -> Message:
    inner = "".join(f"--b\n{part}\n" for part in parts)
    return parse(
        HEAD + f'Content-Type: {kind}; boundary="b"{more}\n\n{inner}--b--\n'.encode()
    )


PLAIN, MARKUP = "\nplain words", "Content-Type: text/html\n\n<p>marked up</p>"


def test_alternative_shows_text_and_keeps_html() -> None:
    message = of_parts("multipart/alternative", PLAIN, MARKUP)
    assert (message.text, message.html) == ("plain words", "<p>marked up</p>")
    assert not message.attachments


def test_html_before_text_is_an_alternative_too() -> None:
    assert of_parts("multipart/alternative", MARKUP, PLAIN).text == "plain words"


def test_empty_plain_form_gives_way_to_html() -> None:
    message = of_parts("multipart/alternative", "\n  ", MARKUP)
    assert message.text.strip() == "marked up"


def test_text_below_html_is_shown_with_it() -> None:
    message = of_parts("multipart/mixed", MARKUP, "\nfooter <here>")
    assert "marked up" in message.text
    assert "footer <here>" in message.text


def test_named_text_is_a_file() -> None:
    named = "Content-Type: text/plain; name=log.txt\n\n1\n2"
    message = of_parts("multipart/mixed", PLAIN, named)
    assert message.text == "plain words"
    assert [file.content for file in message.attachments] == [b"1\n2"]


def test_named_text_is_shown_when_there_is_no_other() -> None:
    message = of_parts("multipart/mixed", "Content-Type: text/plain; name=a.txt\n\nx")
    assert (message.text, len(message.attachments)) == ("x", 1)


def test_picture_that_the_html_shows_is_inline() -> None:
    shown = "Content-Type: text/html\n\n<img src='cid:p1@x'>"
    picture = "Content-Type: image/png\nContent-ID: <p1@x>\n\nxyz"
    (file,) = of_parts("multipart/related", shown, picture).attachments
    assert (file.inline, file.content_id, file.filename) == (True, "p1@x", "image.png")


def test_resource_fork_is_no_attachment() -> None:
    fork = "Content-Type: application/applefile; name=a.pdf\n\nfork"
    real = "Content-Type: application/pdf; name=a.pdf\n\nreal"
    (file,) = of_parts("multipart/appledouble", fork, real).attachments
    assert file.content == b"real"


def test_encrypted_mail_says_so_and_keeps_its_parts() -> None:
    message = of_parts(
        "multipart/encrypted",
        "Content-Type: application/pgp-encrypted\n\nVersion: 1",
        "Content-Type: application/octet-stream; name=encrypted.asc\n\nxyz",
    )
    assert message.protection == ("pgp-encrypted",)
    assert [f.filename for f in message.attachments] == ["version.asc", "encrypted.asc"]


def test_enveloped_smime_is_kept_and_named() -> None:
    message = parse(
        HEAD + b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nx"
    )
    assert message.protection == ("smime-encrypted",)
    assert message.attachments[0].filename == "smime.p7m"


def test_inline_pgp_is_recognised() -> None:
    message = parse(HEAD + b"\n-----BEGIN PGP MESSAGE-----\n\nhQ\n")
    assert message.protection == ("pgp-encrypted",)


def test_broken_cms_is_no_content() -> None:
    octets = b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010702")
    root = tree(HEAD + b"Content-Type: application/pkcs7-mime\n\n" + octets)
    assert protection.opaque_content(root) is None


def test_mail_without_any_type_is_plain_text() -> None:
    assert parse(HEAD + b"\nhello\r\nworld").text == "hello\nworld"


def test_multipart_without_parts_is_text() -> None:
    message = parse(HEAD + b"Content-Type: multipart/mixed; boundary=b\n\nhello")
    assert message.text == "hello"
    assert message.defects


def test_boundary_that_begins_another_is_told_apart() -> None:
    raw = HEAD + (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"
        b"Content-Type: multipart/mixed; boundary=b-1\n\n--b-1\n\ninner\n--b-1--\n"
        b"--b\n\nouter\n--b--\n"
    )
    assert parse(raw).text == "inner\nouter"


def test_part_knows_its_path() -> None:
    raw = (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n\ny\n--b--"
    )
    assert [part.path for part in tree(raw).walk()] == ["", "1", "2"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a \nb", "a b"),
        ("a\nb", "a\nb"),
        ("-- \nx", "-- \nx"),
        (" > no quote", "> no quote"),
        (">> a \n>> b\n> c", ">> a b\n> c"),
    ],
)
def test_flowed_lines_are_joined(text: str, wanted: str) -> None:
    assert flowed.unflow(text, delsp=False) == wanted


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"aGVsbG8=", b"hello"),
        (b"aGVs\r\nbG8", b"hello"),
        (b"aGVs!bG8=", b"hello"),
        (b"aGVsbG8=\naGVsbG8=\n", b"hellohello"),
        (b"This is not base64 at all", b"This is not base64 at all"),
        (b"a", b""),
    ],
)
def test_base64_is_read_leniently(content: bytes, wanted: bytes) -> None:
    assert transfer.base64(content) == wanted


def test_quoted_printable_survives_garbage() -> None:
    assert transfer.quoted_printable(b"a=3Db=ZZ= \nc=") == b"a=b=ZZc"


@pytest.mark.parametrize(
    ("stated", "wanted"),
    [
        ('filename="C:\\\\Temp\\\\a.doc"', "a.doc"),
        ('filename="../../etc/passwd"', ".._.._etc_passwd"),
        ('filename="a\x01b.txt"', "a_b.txt"),
    ],
)
def test_file_name_can_do_no_harm(stated: str, wanted: str) -> None:
    raw = HEAD + f"Content-Disposition: attachment; {stated}\n\nx".encode()
    assert attachment.stated_name(tree(raw)) == wanted


def test_mail_that_is_one_text_file_is_shown_and_kept() -> None:
    raw = HEAD + b"Content-Disposition: attachment; filename=a.txt\n\nhello"
    message = parse(raw)
    assert (message.text, message.attachments[0].filename) == ("hello", "a.txt")


def test_html_without_charset_may_state_it_itself() -> None:
    markup = '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r"><p>Да'
    raw = HEAD + b"Content-Type: text/html\n\n" + markup.encode("koi8-r")
    assert parse(raw).text.strip() == "Да"


def test_text_called_attachment_without_a_name_is_shown_when_alone() -> None:
    part = "Content-Disposition: attachment\n\nmy question"
    assert of_parts("multipart/mixed", part).text == "my question"


def test_smime_is_known_by_its_name_where_the_type_hides_it() -> None:
    raw = HEAD + b"Content-Type: application/octet-stream; name=smime.p7m\n\nx"
    assert parse(raw).protection == ("smime-encrypted",)


def test_mail_that_is_only_a_delivery_status_shows_it() -> None:
    raw = HEAD + b"Content-Type: message/delivery-status\n\nAction: failed\n"
    message = parse(raw)
    assert message.text == "Action: failed\n"
    assert message.attachments[0].filename == "delivery-status.txt"


def test_plain_text_with_the_label_of_html_keeps_its_lines() -> None:
    raw = b"Content-Type: text/html\n\nDear desk,\n\nR&amp;D is down.\n <a@b.c>\n"
    assert parse(raw).text == "Dear desk,\n\nR&D is down.\n <a@b.c>\n"


def test_one_tag_makes_it_html() -> None:
    raw = b"Content-Type: text/html\n\nDear\ndesk,<br>R&amp;D\n"
    assert parse(raw).text.strip() == "Dear desk,\nR&D"


@pytest.mark.parametrize(
    "plain",
    [
        "Please view this mail in your browser: https://news.example/1042",
        "This is a multi-part message in MIME format.",
        "Hello,",
        "\u200b\ufeff\xa0",
    ],
)
def test_plain_form_that_leaves_words_out_gives_way_to_html(plain: str) -> None:
    said = " ".join(f"Machine {n} makes a noise at night." for n in range(12))
    message = parse(
        HEAD + b'Content-Type: multipart/alternative; boundary="b"\n\n--b\n'
        b"Content-Type: text/plain; charset=utf-8\n\n" + plain.encode() + b"\n--b\n"
        b"Content-Type: text/html\n\n<p>Hello,</p><p>"
        + said.encode()
        + b"</p>\n--b--\n"
    )
    assert "Machine 11" in message.text


def test_short_plain_form_that_says_as_much_as_the_html_is_shown() -> None:
    markup = (
        "Content-Type: text/html\n\n<html><head><style>p {color: red}</style></head>"
        '<body><p class="x">See <a href="https://a.example/b/c/d/e">it</a>, thanks!</p>'
        f"<!-- {'comment ' * 99} --></body></html>"
    )
    message = of_parts("multipart/alternative", "\nSee *it*, thanks!", markup)
    assert message.text == "See *it*, thanks!"


def test_forms_for_programs_of_one_maker_are_no_attachments() -> None:
    other = "Content-Type: text/x-amp-html\n\n<html amp4email></html>"
    message = of_parts("multipart/alternative", PLAIN, other, MARKUP)
    assert (message.text, message.attachments) == ("plain words", ())


@pytest.mark.parametrize("start", ["<!DOCTYPE html>\n<html>", "<html lang=en>"])
def test_html_document_labelled_as_plain_text_is_rendered(start: str) -> None:
    said = f"{start}<head><style>p {{}}</style></head><body><p>It broke.</p></body>"
    message = parse(HEAD + f"Content-Type: text/plain\n\n{said}</html>".encode())
    assert message.text == "It broke."
    quoted = parse(HEAD + f"\nWhy does this fail?\n\n{said}</html>".encode())
    assert "<p>" in quoted.text


ARMOUR = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
SIGNATURE = (
    "\n-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCgAd\n=abcd\n"
    "-----END PGP SIGNATURE-----\n"
)


def test_cleartext_signature_is_taken_off_what_it_signs() -> None:
    said = f"{ARMOUR}It works:\n- - one\n- -- \nBob{SIGNATURE}-- \nlist\n"
    message = parse(HEAD + b"\n" + said.encode())
    assert message.text == "It works:\n- one\n-- \nBob\n-- \nlist\n"
    assert message.protection == ("pgp-signed",)
    inner = (ARMOUR + "It works." + SIGNATURE).replace("\n-----", "\n- -----")
    twice = f"{ARMOUR}- {inner.strip()}{SIGNATURE}"
    assert parse(HEAD + b"\n" + twice.encode()).text.strip() == "It works."


@pytest.mark.parametrize(
    "text",
    [
        f"{ARMOUR}It works, but never ends.\n",
        f"> {ARMOUR}quoted{SIGNATURE}",
        f"What is -----BEGIN PGP SIGNED MESSAGE-----?{SIGNATURE}",
    ],
)
def test_armour_that_is_not_whole_stays(text: str) -> None:
    assert protection.unarmored(text) == text


def test_mail_attached_as_a_file_of_octets_is_a_forward() -> None:
    inner = "From: Jane <j@a.example>\nSubject: Lamp\nTo: b@a.example\n\nIt broke."
    head = 'Content-Type: application/octet-stream; name="{}"\n\n'
    mail, text = head.format("lamp.eml") + inner, head.format("lamp.txt") + inner
    found = of_parts("multipart/mixed", "\nFYI", mail).forwarded
    assert found is not None
    assert found.sender is not None
    assert (found.sender.address, found.text) == ("j@a.example", "It broke.")
    assert of_parts("multipart/mixed", "\nFYI", text).forwarded is None
    none = head.format("notes.eml") + "no fields here"
    assert of_parts("multipart/mixed", "\nFYI", none).forwarded is None


PIECES = (
    "--=_seam\nContent-Type: text/plain; charset=utf-8\n\nGrüße\n"
    "--=_seam\nContent-Type: application/pdf; name=a.pdf\n\nx\n--=_seam--\n"
).encode()


@pytest.mark.parametrize(
    "head",
    [
        "Content-Type: multipart/mixed; boundary=other",
        "Content-Type: multipart/mixed",
        "Content-Type: mulitpart/mixed; boundary==_seam",
        'Content-Type: text/plain; boundary="=_seam"',
        "X-No: type at all",
    ],
)
@pytest.mark.parametrize("preamble", ["", "This is a mail in MIME format.\n\n"])
def test_parts_are_found_without_a_true_media_type(head: str, preamble: str) -> None:
    message = parse(f"{head}\n\n{preamble}".encode() + PIECES)
    if head.startswith("X-No") and preamble:  # words of a person may stand there
        assert message.attachments == ()
        return
    assert message.text.strip() == "Grüße"
    assert [file.filename for file in message.attachments] == ["a.pdf"]
    assert message.defects


def test_a_line_of_dashes_in_a_text_is_no_boundary() -> None:
    raw = b"Subject: x\n\n--cut here\nPlease help.\n--cut here\n"
    assert parse(raw).text == "--cut here\nPlease help.\n--cut here\n"


@pytest.mark.parametrize(
    ("encoding", "content", "wanted"),
    [
        ("base 64", "R3LDvMOfZQ==", "Grüße"),
        ("7bit\nContent-Transfer-Encoding: base64", "R3LDvMOfZQ==", "Grüße"),
        ("quoted_printable", "Gr=C3=BC=C3=9Fe", "Grüße"),
        ("base64", "w7zDv8O-\nw79_", "üÿþÿ\x7f"),  # RFC 4648 5
    ],
)
def test_names_of_transfer_encodings_are_read_leniently(
    encoding: str, content: str, wanted: str
) -> None:
    raw = f"Content-Transfer-Encoding: {encoding}\n\n{content}\n".encode()
    assert parse(raw).text.strip() == wanted


def test_a_type_turned_round_is_text() -> None:
    assert parse(b"Content-Type: plain/text\n\nHelp!\n").text == "Help!\n"


def test_a_parameter_on_a_line_of_its_own_belongs_to_the_field_above() -> None:
    raw = (
        b"Content-Type: multipart/mixed;\nboundary=outer\nSubject: x\n\n--outer\n"
        b"Content-Type: multipart/alternative;\r\nboundary=inner\r\n\r\n--inner\n"
        b"Content-Type: text/plain;\ncharset=iso-8859-2\n\n\xb1\n--inner--\n--outer--\n"
    )
    message = parse(raw)
    assert (message.text.strip(), message.subject, message.defects) == ("ą", "x", ())


def test_a_body_that_begins_with_an_equation_is_no_parameter() -> None:
    message = parse(b"Content-Type: text/plain; charset=utf-8\n\nx = y; z\n")
    assert message.text == "x = y; z\n"
