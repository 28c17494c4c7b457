"""The composition root: the only place that knows every room and makes no decision.

`build` turns a configuration into a desk: store, rules in force, use cases, bells.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from huey import Huey

from mailroom.clock import utcnow
from mailroom.config import Config
from mailroom.desk.dispatch import Dispatch
from mailroom.desk.intake import Intake
from mailroom.desk.office import InForce, Office, tag_pattern
from mailroom.desk.sender import Sender
from mailroom.desk.trust import TrustPort
from mailroom.desk.visit import Visit
from mailroom.desk.watch import Watch
from mailroom.errors import ConfigError
from mailroom.gateway.limits import Networks
from mailroom.gateway.relay import RelaySettings, open_relay
from mailroom.gateway.trust import DoorTrust, TrustJudge
from mailroom.keys import load_or_create_secret
from mailroom.notice.audience import Audience
from mailroom.notice.letters import Letters
from mailroom.store.contract import Store
from mailroom.store.sqlite import SqliteStore
from mailroom.tasks import Bells, bind, open_huey
from mailroom.ticket.edition import Edition, Versions
from mailroom.ticket.model import TicketId
from mailroom.ticket.page import page_url
from mailroom.ticket.recipient import AddressBook
from rules.loader import load as load_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A whole desk."""

    config: Config
    store: Store
    office: Office
    intake: Intake
    watch: Watch
    dispatch: Dispatch
    visit: Visit
    huey: Huey
    bells: Bells

    def status_url(self, ticket: TicketId) -> str:
        """Return the requester's link to a ticket's page."""
        found = self.store.ticket(ticket)
        if found is None:
            return ""
        key = self.office.keys.current
        return page_url(self.config.web.url, key, ticket, found.requester)

    def reload_rules(self) -> None:
        """Put the rule files in force, all or nothing; RuleFileError: nothing changed."""
        ruleset = load_rules(self.config.rules, self.office.now())
        self.office.rules.replace(Edition(ruleset))


def build(
    config: Config,
    *,
    now: Callable[[], datetime] = utcnow,
    trust: TrustPort | None = None,
    sender: Sender | None = None,
) -> App:
    """Build a desk. ConfigError, StoreError, RuleFileError: nothing was changed."""
    ruleset = load_rules(config.rules, now())
    store = open_store(config)
    keys = load_or_create_secret(config.data)
    edition = Edition(ruleset)
    office = Office(
        config=config,
        store=store,
        rules=InForce(edition, Versions(store.version)),
        book=AddressBook(config.mailboxes, keys.accepted(now())),
        audience=Audience(config),
        letters=Letters(config.letters.folder),
        keys=keys,
        now=now,
        tag=tag_pattern(config.subject_tag),
    )
    intake = Intake(office, trust or trust_of(config))
    dispatch = Dispatch(office, sender or relay_of(config))
    watch = Watch(office)
    huey = open_huey(config)
    return App(
        config=config,
        store=store,
        office=office,
        intake=intake,
        watch=watch,
        dispatch=dispatch,
        visit=Visit(office),
        huey=huey,
        bells=bind(huey, intake, dispatch, watch),
    )


def open_store(config: Config) -> Store:
    """Open the store that the configuration names."""
    if config.database != "sqlite":
        raise ConfigError(
            'database: only "sqlite" is built so far; write database = "sqlite"'
        )
    return SqliteStore(config.data / "mailroom.db")


def relay_of(config: Config) -> Sender:
    """Return the way out that the configuration names."""
    relay = config.relay
    password = relay.password.get_secret_value() if relay.password else None
    return open_relay(
        RelaySettings(
            url=relay.url, password=password, data=config.data, only_to=relay.only_to
        )
    )


def trust_of(config: Config) -> TrustPort:
    """Return what is believed of mail from each door."""
    smtp = DoorTrust(
        authserv_id=config.smtp.authserv_id,
        peers=Networks(map(str, config.smtp.trusted_relays), key="smtp.trusted_relays"),
    )
    doors = {"smtp": smtp, "lmtp": smtp}
    own = frozenset(box.address.rpartition("@")[2] for box in config.mailboxes)
    for account in config.imap:
        doors[f"imap:{account.account}"] = DoorTrust(
            authserv_id=account.authserv_id,
            provider=account.provider,
            own_domains=own,
        )
    return TrustJudge(doors)
