"""The language of a mail as ISO 639-1: stated (RFC 3282), else told by small words."""

import re
from collections import Counter

from mailroom.message.model import Headers

_ISO_639 = re.compile(r"\s*([A-Za-z]{2})(?![A-Za-z])")
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 600
_LEAST_HITS = 2.5

_SMALL_WORDS = {
    "en": "the and is of to you i it that for with this have my we not are can be please was",
    "de": "der die das und ist nicht ich sie mit für wir ein eine auf zu bitte wie es den habe",
    "fr": "le la les et est je vous pas que pour une avec des dans nous sur mon ce merci ne",
    "es": "el la los que y en es no por con una para mi se gracias pero las del está como",
    "it": "il che di non è per una con sono mi grazie della ho del questo come gli anche si la",
    "nl": "de het een en is niet ik van dat met voor te op zijn wij maar heb bij deze kan",
    "pt": "o que não e uma para com os do da por em você obrigado meu como está mas se as",
    "pl": "nie i się w na jest że z do to jak ale proszę dla czy mam po jestem od za",
    "sv": "och jag att det är en som på inte med för har vi ett av till kan den men om",
    "da": "og jeg at det er en som på ikke med for har vi et af til kan den men hvad",
    "no": "og jeg at det er en som på ikke med for har vi et av til kan den men hva",
    "fi": "ja on ei se että en olen ole kun mutta tai niin hän myös jos voi kiitos oli mitä mä",
    "cs": "a je se na v že to s z do jsem ale pro jak by si mi nebo také prosím",
    "sk": "a je sa na v že to s z do som ale pre ako by si mi alebo tiež prosím",
    "hu": "a az és nem hogy egy is van meg ez de volt csak már kell köszönöm vagy mint nagyon ha",
    "ro": "și nu este în o un cu pe la sunt pentru că din mai dar vă mulțumesc am care fi",
    "tr": "ve bir bu için ile de da ben değil çok ne var gibi ama daha olarak kadar mı mi",
    "id": "dan yang di tidak saya ini itu dengan untuk dari ada ke anda akan bisa kasih sudah kami",
    "ru": "и в не на я что с по это как для мы вы но за от к у из есть могу пожалуйста",
    "uk": "і в не на я що з по це як для ми ви але за від до у є та",
    "bg": "и в не на аз че с по това как за ние вие но от до се да са е",
    "el": "και το να είναι για με δεν από που η ο σας μου την στο θα τα τον της ευχαριστώ",
}
_WORD_LANGUAGES: dict[str, tuple[str, ...]] = {}
for _language, _words in _SMALL_WORDS.items():
    for _word in dict.fromkeys(_words.split()):
        _WORD_LANGUAGES[_word] = (*_WORD_LANGUAGES.get(_word, ()), _language)

_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0621-\u064a]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("el", re.compile("[\u0391-\u03c9]")),
    ("uk", re.compile("[іїєґ]")),  # letters that Russian and Bulgarian lack
    ("ru", re.compile("[ыэё]")),  # letters that Ukrainian and Bulgarian lack
    ("th", re.compile("[\u0e01-\u0e4e]")),
)
_LEAST_SHARE = {"uk": 0.03, "ru": 0.015}
_USUAL_SHARE = 0.15


def language(headers: Headers, text: str) -> str | None:
    """Return the language, None where neither header nor text make it clear."""
    stated = headers.get("content-language")
    if stated and "," not in stated and (found := _ISO_639.match(stated)):
        return found.group(1).lower()
    sample = text[:_SAMPLE]
    return _by_words(sample) or (None if sample.isascii() else _by_script(sample))


def _by_script(sample: str) -> str | None:
    letters = sum(map(len, _WORD.findall(sample))) or 1
    for name, script in _SCRIPTS:
        if len(script.findall(sample)) >= max(
            2, letters * _LEAST_SHARE.get(name, _USUAL_SHARE)
        ):
            return name
    return None


def _by_words(sample: str) -> str | None:
    """The language with the most small words, if it leads clearly."""
    scores: dict[str, float] = {}
    words = _WORD.findall(sample.lower())
    hits = Counter(filter(None, map(_WORD_LANGUAGES.get, words)))
    for found, count in hits.items():
        for name in found:
            scores[name] = scores.get(name, 0) + count / len(found)
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < _LEAST_HITS:
        return None
    if len(ranked) > 1 and ranked[1][1] > 0.8 * ranked[0][1]:
        return None
    return ranked[0][0]
