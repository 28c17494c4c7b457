import pytest

from mailroom.message.language import language
from mailroom.message.model import Headers


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I can not log in and the page is slow, please help", "en"),
        ("Ich kann mich nicht anmelden und die Seite ist langsam", "de"),
        ("Je ne peux pas ouvrir la facture et le site est lent", "fr"),
        ("No puedo entrar en la cuenta y el sitio es lento", "es"),
        ("Nie mogę się zalogować i strona jest wolna, proszę o pomoc", "pl"),
        ("Jag kan inte logga in och det är långsamt", "sv"),
        ("Здравствуйте, не могу войти в личный кабинет, вы поможете мне", "ru"),
        ("ログインできません。助けてください", "ja"),
        ("我无法登录，请帮助我", "zh"),
        ("12345 !!", None),
        ("ok", None),
    ],
)
def test_language_is_told_by_small_words_and_scripts(
    text: str, wanted: str | None
) -> None:
    assert language(Headers(), text) == wanted


def test_stated_language_wins_when_there_is_one() -> None:
    headers = Headers((("content-language", "nl-NL"),))
    assert language(headers, "the and is of to") == "nl"


def test_several_stated_languages_prove_nothing() -> None:
    headers = Headers((("content-language", "de, en"),))
    assert language(headers, "x") is None
