"""The port to whoever writes report mails: what a letter says, for one reader.

Figures and replays of rules live on the desk's own floor, so they come in through here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mailroom.notice.morning import Issue

# An issue -> the values of its letter, which say under "empty" whether it is worth one.
# Reads only; raises StoreBusy.
Content = Callable[[Issue], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Who writes what."""

    weekly: Content
    digest: Content
    shadow: Content
