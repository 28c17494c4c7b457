"""A rule set in force, with the content hash of everything that a decision names.

Events name policies, calendars and escalation paths by hash, so that an edit or an
upgrade of the zone data never rewrites the past. `Versions` turns a hash back into the
thing, from what is in force or from the documents that the store kept.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from rules.calendar import Calendar
from rules.policy import EscalationPath, Policy
from rules.ruleset import RuleSet
from rules.version import canonical, content_hash, path_from, policy_from

Document = Mapping[str, Any]


class Edition:
    """One loaded rule set and its documents by content hash: {key: (kind, document)}."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        self.documents: dict[str, tuple[str, Document]] = {}
        self.policy_keys = {
            name: self._keep("policy", canonical(policy))
            for name, policy in ruleset.policies.items()
        }
        self.path_keys = {
            name: self._keep("escalation", canonical(path))
            for name, path in ruleset.paths.items()
        }
        self.calendar_keys = {
            name: self._keep("calendar", calendar.version())
            for name, calendar in ruleset.calendars.items()
        }
        files, calendars = dict(ruleset.sources), dict(self.calendar_keys)
        self.key = self._keep("ruleset", {"files": files, "calendars": calendars})
        self.marker = self._keep("edition", {"ruleset": self.key})  # all is kept

    def _keep(self, kind: str, document: Document) -> str:
        key = content_hash(document)
        self.documents[key] = (kind, document)
        return key

    def covers(self, at: datetime) -> bool:
        """Whether every calendar knows its holidays at that time."""
        return all(calendar.covers(at) for calendar in self.ruleset.calendars.values())


class Versions:
    """Policies, calendars and paths by content hash; each is built once."""

    def __init__(self, find: Callable[[str], Document | None]) -> None:
        self._find = find
        self._policies: dict[str, Policy] = {}
        self._calendars: dict[str, Calendar] = {}
        self._paths: dict[str, EscalationPath] = {}

    def add(self, edition: Edition) -> None:
        """Know an edition's things without building them from documents."""
        rules = edition.ruleset
        for name, key in edition.policy_keys.items():
            self._policies[key] = rules.policies[name]
        for name, key in edition.calendar_keys.items():
            self._calendars[key] = rules.calendars[name]
        for name, key in edition.path_keys.items():
            self._paths[key] = rules.paths[name]

    def policy(self, key: str | None) -> Policy | None:
        """Return the policy of a hash; None for None. KeyError: nobody kept it."""
        if key is None:
            return None
        if key not in self._policies:
            self._policies[key] = policy_from(self._document(key))
        return self._policies[key]

    def calendar(self, key: str) -> Calendar:
        """Return the calendar of a hash. KeyError: nobody kept it."""
        if key not in self._calendars:
            self._calendars[key] = Calendar.from_version(self._document(key))
        return self._calendars[key]

    def path(self, key: str | None) -> EscalationPath | None:
        """Return the escalation path of a hash; None for None. KeyError as above."""
        if key is None:
            return None
        if key not in self._paths:
            self._paths[key] = path_from(self._document(key))
        return self._paths[key]

    def _document(self, key: str) -> Document:
        document = self._find(key)
        if document is None:
            raise KeyError(key)
        return document
