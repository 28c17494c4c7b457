"""Letters as a mail client shows them: light and dark, on a phone, for a screen reader."""

from typing import Any

import pytest

from mailroom.notice.markup import CUT_MARK, html_of

pytestmark = pytest.mark.slow
PAGE = "https://help.acme.example/t/1042.cq3jz5m2.k7w2m3qf5w6q3ry2bbvk7w2m3qf5w6q3"
TEXT = f"""Hello Jane,

- look whether the light in front of the device is green, and not orange
- see https://status.acme.example/2026/{"berlin-office-" * 10}

> it burns
>> where?

{CUT_MARK}

See where it stands:
{PAGE}
"""


@pytest.mark.parametrize("quotable", [False, True])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letter_can_be_read(
    browser: Any, axe: str, scheme: str, quotable: bool
) -> None:
    context = browser.new_context(color_scheme=scheme)
    window = context.new_page()
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url))
    window.set_content(html_of(TEXT, title="Re: Outage", own=[PAGE], quotable=quotable))
    window.evaluate(axe)
    found = window.evaluate("axe.run()")
    outside = {
        "document-title",
        "region",
        "page-has-heading-one",
        "landmark-one-main",
    }  # of pages alone
    faults = [v["id"] for v in found["violations"] if v["id"] not in outside]
    assert faults == []
    assert any(rule["id"] == "color-contrast" for rule in found["passes"])
    for width in (320, 360, 800):
        window.set_viewport_size({"width": width, "height": 800})
        assert window.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == []
    context.close()
