import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.message import charset


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("ISO-8859-1", "cp1252"),
        ('"utf-8"', "utf-8"),
        ("utf8mb4", "utf_8"),
        ("GB2312", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("x-sjis", "cp932"),
        ("windows1251", "cp1251"),
        ("iso8859-15", "iso8859-15"),
        ("us-ascii", None),
        ("rot13", None),
        ("idna", None),
        ("unicode_escape", None),
        ("no-such-thing", None),
        ("", None),
    ],
)
def test_label_names_a_codec(label: str, wanted: str | None) -> None:
    assert charset.codec(label) == wanted


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Привет, как дела?", "koi8-r"),
        ("Привет, как дела?", "windows-1251"),
        ("你好，世界", "gb18030"),
        ("日本語のテキスト", "iso-2022-jp"),
        ("日本語のテキスト", "euc-jp"),
        ("한국어 텍스트", "euc-kr"),
        ("Ελληνικά", "iso-8859-7"),
        ("Grüße", "utf-7"),
        ("Grüße", "utf-16"),
    ],
)
def test_declared_charset_is_believed(text: str, name: str) -> None:
    assert charset.decode(text.encode(name), name) == text


def test_utf8_wins_over_a_single_byte_label() -> None:
    assert charset.decode("Grüße €".encode(), "iso-8859-1") == "Grüße €"


def test_short_two_byte_text_is_not_taken_for_utf8() -> None:
    octets = bytes((0xC4, 0xA3, 0xCA, 0xBD))  # also valid UTF-8
    assert charset.decode(octets, "gb2312") == octets.decode("gb18030")


def test_undeclared_cyrillic_is_detected() -> None:
    text = "Здравствуйте, не могу войти в личный кабинет, помогите пожалуйста."
    assert charset.decode(text.encode("cp1251")) == text
    assert charset.decode(text.encode("koi8-r")) == text


def test_one_hurt_octet_costs_one_character() -> None:
    octets = "Grüße aus Köln, schöne Größe, für über möglich. ".encode() * 10
    hurt = octets[:20] + b"\xff" + octets[20:]
    assert charset.decode(hurt, "utf-8").count("\ufffd") == 1


def test_no_lone_surrogates_come_out_of_utf7() -> None:
    charset.decode(b"+2AA-", "utf-7").encode("utf-8")


@given(
    st.binary(max_size=200),
    st.sampled_from(
        [
            "",
            "utf-8",
            "gb2312",
            "utf-7",
            "utf-16",
            "iso-2022-jp",
            "big5",
            "euc-jp",
            "koi8-r",
            "x",
        ]
    ),
)
def test_any_octets_give_encodable_text(octets: bytes, label: str) -> None:
    charset.decode(octets, label).encode("utf-8")


def test_label_utf8_on_western_octets_lies() -> None:
    assert charset.decode(b"caf\xe9", "utf-8") == "café"


def test_broken_utf7_leaves_no_half_pairs() -> None:
    charset.decode(b"a+3pw\xff", "utf-7").encode("utf-8")
