"""What a rule set is stored as, by content hash, and read back from."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

import rules.calendar
from mailroom.ticket.edition import Edition, Versions
from rules.loader import load_texts
from rules.version import content_hash

NOW = datetime(2026, 11, 24, tzinfo=UTC)
RULES = """
[calendar.office]
timezone = "Europe/Berlin"
hours = ["Mon-Fri 09:00-17:00"]
holidays = ["DE-BE", "12-24"]
[policy.gold]
calendar = "office"
first_reply = { high = "1h", normal = "2 days" }
update = { within = "1 day", pause_in = ["pending"] }
escalation = "ladder"
on_change = "restart"
[[escalation.ladder]]
at = "1h before breach"
notify = ["assignee", "team:tier2"]
unless = "acknowledged"
set = { tags = ["late"], priority = "high" }
quiet = true
"""


def edition(text: str = RULES, now: datetime = NOW) -> Edition:
    return Edition(load_texts({"a.toml": text}, now))


def stored(one: Edition) -> Mapping[str, Any]:
    return {key: document for key, (_, document) in one.documents.items()}


def test_every_document_is_kept_under_its_content_hash() -> None:
    one = edition()
    assert all(content_hash(document) == key for key, document in stored(one).items())
    kinds = sorted(kind for kind, _ in one.documents.values())
    assert kinds == sorted(
        ["calendar", "calendar", "edition", "escalation", "policy", "ruleset"]
    )


def test_equal_rules_have_equal_keys_and_an_edit_changes_only_its_own() -> None:
    one, same = edition(), edition()
    assert (one.key, one.policy_keys) == (same.key, same.policy_keys)
    other = edition(RULES.replace('"1h"', '"2h"'))
    assert other.key != one.key
    assert other.policy_keys != one.policy_keys
    assert other.calendar_keys == one.calendar_keys
    assert other.path_keys == one.path_keys


def test_all_is_built_again_from_the_documents() -> None:
    one = edition()
    versions = Versions(stored(one).get)
    rule_set = one.ruleset
    assert versions.policy(one.policy_keys["gold"]) == rule_set.policies["gold"]
    assert versions.path(one.path_keys["ladder"]) == rule_set.paths["ladder"]
    calendar = versions.calendar(one.calendar_keys["office"])
    assert calendar.key == rule_set.calendars["office"].key
    assert versions.calendar(one.calendar_keys["office"]) is calendar
    assert versions.policy(None) is None
    assert versions.path(None) is None


def test_what_nobody_kept_is_a_key_error() -> None:
    versions = Versions(lambda key: None)
    for find in (versions.policy, versions.calendar, versions.path):
        with pytest.raises(KeyError):
            find("0123456789abcdef")


def test_edition_in_force_needs_no_documents() -> None:
    one = edition()
    versions = Versions(lambda key: None)
    versions.add(one)
    assert versions.policy(one.policy_keys["gold"]) is one.ruleset.policies["gold"]


def test_new_release_of_zone_data_is_another_edition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = edition()
    monkeypatch.setattr(rules.calendar, "zone_data_version", lambda: "2099z")
    other = edition()
    assert other.ruleset.version == one.ruleset.version
    assert other.key != one.key
    assert other.calendar_keys["always"] == one.calendar_keys["always"]


def test_edition_covers_the_years_its_calendars_were_resolved_for() -> None:
    one = edition()
    assert one.covers(NOW)
    assert one.covers(datetime(2032, 12, 31, tzinfo=UTC))
    assert not one.covers(datetime(2033, 1, 1, tzinfo=UTC))
    assert edition("").covers(datetime(2999, 1, 1, tzinfo=UTC))


def test_rule_set_of_the_past_counts_with_the_calendars_of_the_past() -> None:
    one = edition()
    document = stored(one)[one.key]
    versions = Versions(stored(one).get)
    calendars = {
        name: versions.calendar(key) for name, key in document["calendars"].items()
    }
    later = datetime(2040, 1, 1, tzinfo=UTC)
    again = load_texts(document["files"], later, calendars=calendars)
    assert again.calendars["office"] is calendars["office"]
    assert again.version == one.ruleset.version
