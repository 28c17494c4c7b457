"""HTML that strangers wrote, made safe (nh3): no script, no style, nothing remote.

Images stay only where the mail itself carries them (RFC 2392 `cid:`); links open their
target without telling it where the reader came from.
"""

from collections.abc import Mapping

import nh3

_TAGS = set(
    "a abbr b blockquote br caption code col colgroup dd del div dl dt em figcaption"
    " figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre q s samp small span strike"
    " strong sub sup table tbody td tfoot th thead tr tt u ul var".split()
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start", "type"},
}
_CONTENT_TOO = {"script", "style", "title", "svg", "math", "template", "noscript"}


def clean(html: str, images: Mapping[str, str]) -> str:
    """Return HTML that is safe in a page of ours.

    `images` maps Content-IDs to our addresses of those parts.
    """

    def keep(tag: str, name: str, value: str) -> str | None:
        if tag == "img" and name == "src":
            scheme, _, id = value.partition(":")
            return images.get(id) if scheme.lower() == "cid" else None
        if name in ("width", "height", "colspan", "rowspan", "start"):
            return value if value.isascii() and value.isdigit() else None
        return value

    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_CONTENT_TOO,
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto", "cid"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
