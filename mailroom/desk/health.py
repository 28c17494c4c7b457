"""Small facts about how a desk fares, kept for `doctor` and for the next letter.

Which mailboxes were proved to take plus addresses, when each IMAP account was last read,
and what was last believed of each agent's mail.
"""

import json
from datetime import datetime
from typing import Any

from mailroom.desk.office import Office
from mailroom.desk.reach import find_again
from mailroom.desk.trust import Verdict
from mailroom.message.address import normalize
from mailroom.settings import Agent
from mailroom.store.contract import Store


def takes_plus(store: Store, mailbox: str) -> bool:
    """Whether mail to a plus address of this mailbox was seen to arrive."""
    return bool(store.recall(f"plus:{normalize(mailbox)}"))


def prove_plus(office: Office, mailbox: str, at: datetime) -> None:
    """Keep that a plus address arrives; inside a transaction."""
    office.store.remember(f"plus:{normalize(mailbox)}", at.isoformat())


def keep_account(
    office: Office, account: str, ok: bool, at: datetime, detail: str
) -> None:
    """Keep how reading an IMAP account went last, and when it last went well."""
    known = account_health(office.store, account) or {}
    health = {
        "ok": ok,
        "at": at.isoformat(),
        "detail": detail,
        "read_at": at.isoformat() if ok else known.get("read_at"),
    }
    with office.store.transaction(durable=False):
        office.store.remember(f"imap:{account}", json.dumps(health))


def account_health(store: Store, account: str) -> dict[str, Any] | None:
    """Return {ok, at, detail, read_at} of an account; None: it was never read."""
    kept = store.recall(f"imap:{account}")
    return json.loads(kept) if kept else None


def heard_from(office: Office, agent: Agent, verdict: Verdict, at: datetime) -> None:
    """Keep what was believed of an agent's mail, and that his address works.

    Anybody can write in his name; when his own mail was last proved is kept besides.
    """
    seen = {"at": at.isoformat(), **verdict.document()}
    known = last_verdict(office.store, agent) or {}
    proved = verdict.authenticated
    seen["proved_at"] = seen["at"] if proved else known.get("proved_at")
    seen["proved_by"] = verdict.by if proved else known.get("proved_by")
    office.store.remember(f"verdict:{normalize(agent.address)}", json.dumps(seen))
    if verdict.authenticated:
        find_again(office, agent.address)


def last_verdict(store: Store, agent: Agent) -> dict[str, Any] | None:
    """Return the last verdict on an agent's mail, with its `at`; None: he never wrote."""
    kept = store.recall(f"verdict:{normalize(agent.address)}")
    return json.loads(kept) if kept else None
