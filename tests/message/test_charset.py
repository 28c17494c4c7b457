"""Which characters come out of octets, whatever their label says."""

import time

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


RUSSIAN = "Добрый день, заказ не пришёл. Проверьте, пожалуйста, адрес доставки."
CHINESE = "您好，订单还没有收到，请帮忙查询一下，非常感谢您的帮助。"
TAIWANESE = "您好，訂單還沒有收到，請幫忙查詢一下，非常感謝您的幫助。"
KOREAN = "안녕하세요. 주문한 물건이 아직 도착하지 않았습니다. 확인 부탁드립니다."
JAPANESE = "いつもお世話になっております。注文した品がまだ届いておりません。"
GERMAN = "Schöne Grüße, die Bestellung für Köln müsste größer sein, äußerst übel."


@pytest.mark.parametrize(
    ("text", "name", "label"),
    [
        # The octets fit the label as well, but the text that comes out does not.
        (RUSSIAN, "cp1251", "iso-8859-1"),
        (RUSSIAN, "koi8-r", "windows-1252"),
        (RUSSIAN, "koi8-r", "windows-1251"),
        (RUSSIAN, "cp1251", "koi8-r"),
        (CHINESE, "gb18030", "iso-8859-1"),
        (TAIWANESE, "big5", "iso-8859-1"),
        (TAIWANESE, "big5", "gb2312"),
        (KOREAN, "cp949", "iso-8859-1"),
        (JAPANESE, "cp932", "iso-8859-1"),
        (JAPANESE, "euc-jp", "shift_jis"),
        (GERMAN, "cp1252", "gb2312"),
        (GERMAN, "cp1252", "shift_jis"),
        # Escapes, byte order and zero octets say it themselves.
        (JAPANESE, "iso-2022-jp", "shift_jis"),
        (JAPANESE, "iso-2022-jp", "euc-jp"),
        ("A plain order in two octets each", "utf-16-le", "utf-8"),
        ("A plain order in two octets each", "utf-16-be", ""),
        # Lone signs of the West are too few to be detected.
        ("Price £20", "cp1252", ""),
        ("§ 5 Abs. 2", "cp1252", "utf-8"),
        ("20°C – fine", "cp1252", "x-unknown"),
    ],
)
def test_a_label_that_lies_is_found_out(text: str, name: str, label: str) -> None:
    assert charset.decode(text.encode(name), label) == text


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("äöüÄÖÜß éèêë áéíóúñ¿¡ æøåÆØÅ", "iso-8859-1"),
        ("ÇA VA ÊTRE DÉJÀ ÉTÉ", "windows-1252"),
        ("»»»»»»»»»»»»»»»»»»»»»»»»»»»", "windows-1252"),
        ("ПОМОГИТЕ МНЕ С ЗАКАЗОМ", "windows-1251"),
        ("пРИВЕТ, пОМОГИТЕ МНЕ, пОЖАЛУЙСТА, С зАКАЗОМ", "windows-1251"),
        ("пРИВЕТ, пОМОГИТЕ МНЕ, пОЖАЛУЙСТА, С зАКАЗОМ", "koi8-r"),
        ("用Python写的，a和b的c，打印机HP坏了ok吗", "gb2312"),
        ("ｶﾌﾞｼｷｶﾞｲｼｬ ﾌﾟﾘﾝﾀｰ ﾃｽﾄ", "cp932"),
        ("a와 b는 c", "euc-kr"),
    ],
)
def test_a_label_that_tells_the_truth_is_believed(text: str, label: str) -> None:
    assert charset.decode(text.encode(label), label) == text


def test_utf8_hurt_in_one_place_stays_utf8() -> None:
    assert charset.decode("Grüße, schön ".encode() + b"\xfc") == "Grüße, schön \ufffd"


def test_surrogates_that_were_encoded_one_by_one_are_one_character() -> None:
    octets = "fine \ud83d\ude00".encode("utf-8", "surrogatepass")
    assert charset.decode(octets, "utf-8") == "fine 😀"
    assert "\ud83d" not in charset.decode(octets[:8], "utf-8")


@pytest.mark.parametrize(
    "unit",
    [
        b"\xc4",
        b"a\xe4",
        b"\xe0\xc0\xc0 ",
        b"\xed\xa0",
        b"\x1b$B\xa4",
        b"\0a",
        b"\xa4\xa2",
    ],
)
@pytest.mark.parametrize("label", ["", "utf-8", "latin1", "koi8-r", "gbk", "sjis"])
def test_hostile_octets_cost_little(unit: bytes, label: str) -> None:
    octets = unit * (1_000_000 // len(unit))
    started = time.perf_counter()
    charset.decode(octets, label)
    assert time.perf_counter() - started < 1
