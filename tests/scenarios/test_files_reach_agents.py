"""Agents work in their mail client alone: what a customer attached comes with the news."""

JANE = "Jane Doe <jane@customer.example>"
MIXED = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
BODY = (
    "--b\r\nContent-Type: text/plain\r\n\r\nSee the picture.\r\n"
    "--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment;"
    ' filename="fire.png"\r\nContent-Transfer-Encoding: base64\r\n\r\n{data}\r\n--b--\r\n'
)


def _files(mail):
    return {part.get_filename(): part for part in mail.walk() if part.get_filename()}


def test_customers_file_is_attached_to_the_notification(desk, text_of):
    desk.write(JANE, text=BODY.format(data="iVBORw0KGgo="), headers=MIXED)
    mail = desk.received("ann@acme.example")[-1]
    assert _files(mail)["fire.png"].get_payload(decode=True) == b"\x89PNG\r\n\x1a\n"
    assert "Attachments: fire.png (8 bytes)" in text_of(mail)


def test_file_in_a_follow_up_is_attached_too(desk):
    desk.write(JANE)
    last = desk.received("jane@customer.example")[-1]
    desk.write(
        JANE,
        text=BODY.format(data="iVBORw0KGgo="),
        headers=f"{MIXED}In-Reply-To: {last['Message-ID']}\r\n",
    )
    assert len(desk.tickets()) == 1
    assert "fire.png" in _files(desk.received("ann@acme.example")[-1])


def test_files_that_the_relay_would_refuse_are_linked(make_desk, text_of):
    desk = make_desk(relay_keys='max_size = "1 kB"\n')
    data = "\r\n".join(["QUJD" * 18] * 40)
    desk.write(JANE, text=BODY.format(data=data), headers=MIXED)
    mail = desk.received("ann@acme.example")[-1]
    assert _files(mail) == {}
    text = text_of(mail)
    assert "fire.png (2,160 bytes)" in text
    assert "Too large to be sent on" in text
    assert f"fire.png: {desk.app.config.web.url}/desk/t/1001/m/1/0" in text


def test_small_files_go_along_when_a_large_one_cannot(make_desk, text_of):
    desk = make_desk(relay_keys='max_size = "30 kB"\n')
    large = "\r\n".join(["QUJD" * 18] * 600)
    second = BODY.format(data="iVBORw0KGgo=").partition("--b\r\nContent-Type: image")[2]
    both = BODY.format(data=large).replace(
        "--b--", f"--b\r\nContent-Type: image{second}"
    )
    desk.write(JANE, text=both.replace("fire.png", "large.png", 1), headers=MIXED)
    mail = desk.received("ann@acme.example")[-1]
    assert list(_files(mail)) == ["fire.png"]
    assert "large.png (32,400 bytes)" in text_of(mail)
    assert "large.png: http" in text_of(mail)
