"""Coverage-guided fuzzing of `parse` and `describe`: no bytes may raise or be changed.

Needs atheris. Run: python fuzz/parse_fuzz.py fuzz/corpus fuzz/seeds -max_total_time=900
New inputs go to the first folder; a crash is written to the current one.
"""

import json
import sys

import atheris

with atheris.instrument_imports(include=["mailroom"]):
    from mailroom.errors import MessageError
    from mailroom.message.address import mailboxes
    from mailroom.message.anonymous import anonymised
    from mailroom.message.manifest import describe
    from mailroom.message.parse import parse


def one_input(octets: bytes) -> None:
    """Read one mail and check what must hold of any."""
    kept = bytes(bytearray(octets))
    try:
        message = parse(octets)
    except MessageError:
        return
    if octets != kept or message.size != len(octets):
        raise AssertionError("the original was changed")
    end = 0
    for span in message.spans:
        if span.start != end or span.end <= span.start:
            raise AssertionError(f"spans leave a gap or overlap: {message.spans}")
        end = span.end
    if message.spans and end != len(message.text):
        raise AssertionError("spans do not cover the text")
    json.dumps(describe(message), ensure_ascii=False).encode("utf-8")
    mailboxes(octets.decode("latin-1"))
    anonymised(octets)


def main() -> None:
    """Hand over to the fuzzer."""
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
