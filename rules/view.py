"""Facts as one look sees them: what many rules ask for is made ready once."""

import re
from functools import cached_property

from rules.facts import Facts
from rules.words import normal_form

_RUN = re.compile(r"\w+")


class View:
    """One look at `facts`: the forms that keywords are compared in, made when needed."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._forms: dict[str, str] = {}

    @cached_property
    def subject(self) -> str:
        """The subject in normal form."""
        return normal_form(self.facts.subject)

    @cached_property
    def text(self) -> str:
        """The new text in normal form."""
        return normal_form(self.facts.text)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every run of word characters in subject and text."""
        return frozenset(_RUN.findall(self.subject)).union(_RUN.findall(self.text))

    def form(self, text: str) -> str:
        """The normal form of any other string of the facts; each is made once."""
        known = self._forms.get(text)
        if known is None:
            known = self._forms[text] = normal_form(text)
        return known
