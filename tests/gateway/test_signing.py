"""Outgoing mail carries a DKIM signature that others can check."""

import base64
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mailroom.errors import ConfigError
from mailroom.gateway.relay import RelaySettings, open_relay
from mailroom.gateway.signing import DkimSettings

MAIL = b"From: support@desk.example\r\nSubject: re\r\nTo: j@c.example\r\n\r\nHello.\r\n"


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, bytes]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = tmp_path / "dkim.pem"
    path.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return path, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def settings(folder: Path, path: Path) -> RelaySettings:
    signed = DkimSettings(domain="desk.example", selector="s1", key_file=path)
    return RelaySettings(url="maildir:", data=folder, dkim=signed)


def test_signature_is_good_and_falls_with_any_change(tmp_path: Path, key) -> None:
    path, record = key
    with open_relay(settings(tmp_path, path)).session() as session:
        assert session.send("a@desk.example", ["j@c.example"], MAIL).accepted
    (kept,) = (tmp_path / "outgoing" / "new").iterdir()
    sent = kept.read_bytes().replace(b"\n", b"\r\n")  # as a relay would see it
    sent = sent[sent.index(b"DKIM-Signature:") :]
    asked = []

    def names(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record

    assert sent.endswith(MAIL)
    assert dkim.verify(sent, dnsfunc=names)
    assert asked == [b"s1._domainkey.desk.example."]
    assert not dkim.verify(sent.replace(b"Hello", b"Hallo"), dnsfunc=names)
    assert not dkim.verify(sent.replace(b"Subject: re", b"Subject: so"), dnsfunc=names)
    added = sent.replace(b"From: s", b"From: eve@evil.example\r\nFrom: s")
    assert not dkim.verify(added, dnsfunc=names)


@pytest.mark.parametrize("content", [None, b"no key"])
def test_key_that_cannot_be_used_is_one_clear_line(tmp_path: Path, content) -> None:
    path = tmp_path / "dkim.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"\[relay\] dkim.key_file") as caught:
        open_relay(settings(tmp_path, path))
    assert "\n" not in str(caught.value)
