"""One node of a mail's MIME tree (RFC 2045, RFC 2046), with its content decoded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mailroom.message.model import Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part: leaf or container.

    `payload` is the content with its transfer encoding undone (empty for a
    multipart); a message/* or text/rfc822-headers part carries its whole content.
    `text` is the payload as characters for text/* and message/* parts, else None.
    """

    content_type: str  # lower case, "text/plain" where none is stated (RFC 2045 5.2)
    # The parameters of Content-Type, names in lower case.
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Headers = field(default_factory=Headers)
    payload: bytes = field(default=b"", repr=False)
    text: str | None = field(default=None, repr=False)
    path: str = ""  # "" for the root, "2.1" for the first child of the second
    children: "tuple[Part, ...]" = ()  # of a multipart, or the mail in message/rfc822

    @property
    def maintype(self) -> str:
        """The top-level media type: "text" of "text/plain"."""
        return self.content_type.partition("/")[0]

    def walk(self) -> Iterator["Part"]:
        """Yield this part and all below it, in the order in which they stand."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            stack.extend(reversed(part.children))
