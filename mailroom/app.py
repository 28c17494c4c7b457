"""The composition root: the only place that knows every room and makes no decision.

`build` turns a configuration into a desk: store, rules in force, use cases, bells.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from huey import Huey

from mailroom.clock import utcnow
from mailroom.config import Config
from mailroom.desk.casefile import load as load_case
from mailroom.desk.dispatch import Dispatch
from mailroom.desk.health import takes_plus
from mailroom.desk.intake import Intake
from mailroom.desk.letters.link import link
from mailroom.desk.office import InForce, Office, tag_pattern
from mailroom.desk.reload import reload_rules
from mailroom.desk.reports.contents import Contents
from mailroom.desk.reports.mailing import Mailing
from mailroom.desk.sender import Sender
from mailroom.desk.trust import TrustPort
from mailroom.desk.visit import Visit
from mailroom.desk.watch import Watch
from mailroom.errors import ConfigError
from mailroom.gateway.limits import Networks
from mailroom.gateway.relay import RelaySettings, open_relay
from mailroom.gateway.signing import DkimSettings
from mailroom.gateway.trust import DoorTrust, OwnCheck, TrustJudge
from mailroom.keys import KeyRing
from mailroom.message.address import domain_of
from mailroom.notice.audience import Audience
from mailroom.notice.letters import Letters
from mailroom.rehearsal.shadow import Shadow
from mailroom.report.digest import Digest
from mailroom.report.weekly import Weekly
from mailroom.store.contract import Store
from mailroom.store.sqlite import SqliteStore
from mailroom.tasks import OUT_TRAY, Bells, bind, open_huey
from mailroom.ticket.edition import Edition, Versions
from mailroom.ticket.model import TicketId
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
    mailing: Mailing
    dispatch: Dispatch
    visit: Visit
    huey: Huey  # the queue of the in-tray and of the clocks
    courier: Huey  # the queue of the out-tray
    bells: Bells

    def status_url(self, ticket: TicketId) -> str:
        """Return the requester's link to a ticket's page."""
        case = load_case(self.office, ticket, self.office.now())
        return link(self.office, case, case.ticket.requester) if case else ""

    def reload_rules(self) -> bool:
        """Put the rule files in force, all or nothing; False: nothing changed."""
        return reload_rules(self.office)


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
    office = _office(config, store, Edition(ruleset), now)
    intake = Intake(office, trust or trust_of(config, store))
    dispatch = Dispatch(office, sender or relay_of(config))
    watch = Watch(office)
    mailing = Mailing(office, _contents(config, store, office))
    huey, courier = open_huey(config), open_huey(config, OUT_TRAY)
    return App(
        config=config,
        store=store,
        office=office,
        intake=intake,
        watch=watch,
        mailing=mailing,
        dispatch=dispatch,
        visit=Visit(office),
        huey=huey,
        courier=courier,
        bells=bind(huey, courier, intake, dispatch, watch, mailing),
    )


def _office(
    config: Config, store: Store, edition: Edition, now: Callable[[], datetime]
) -> Office:
    keys = KeyRing(config.data)
    return Office(
        config=config,
        store=store,
        rules=InForce(edition, Versions(store.version)),
        book=AddressBook(
            config.mailboxes,
            keys=lambda: keys.accepted(now()),
            takes_plus=partial(takes_plus, store),
            expired=lambda: keys.expired(now()),
        ),
        audience=Audience(config),
        letters=Letters(config.letters.folder),
        keys=keys,
        now=now,
        tag=tag_pattern(config.subject_tag),
    )


def _contents(config: Config, store: Store, office: Office) -> Contents:
    """Join the desk to those who write its report mails."""

    def organization_of(address: str) -> str | None:
        company = office.rules.edition.ruleset.organization_of(address)
        return company.key if company is not None else None

    return Contents(
        weekly=Weekly(store, config, organization_of),
        digest=Digest(store, config),
        shadow=Shadow(store, config),
    )


def open_store(config: Config) -> Store:
    """Open the store that the configuration names."""
    if config.database != "sqlite":
        raise ConfigError(
            'database: only "sqlite" is built so far; write database = "sqlite"'
        )
    return SqliteStore(config.data / "mailroom.db")


def relay_of(config: Config) -> Sender:
    """Return the way out that the configuration names, signing where it says so."""
    relay = config.relay
    dkim = None
    if relay.dkim is not None:
        dkim = DkimSettings(
            domain=relay.dkim.domain,
            selector=relay.dkim.selector,
            key_file=relay.dkim.key_file,
        )
    return open_relay(
        RelaySettings(
            url=relay.url,
            password=relay.secret(),
            data=config.data,
            only_to=relay.only_to,
            dkim=dkim,
        )
    )


def trust_of(config: Config, store: Store) -> TrustPort:
    """Return what is believed of mail from each door.

    ConfigError: `[auth] check = true` needs a package that is not installed.
    """
    smtp = DoorTrust(
        authserv_id=config.smtp.authserv_id,
        peers=Networks(map(str, config.smtp.trusted_relays), key="smtp.trusted_relays"),
    )
    doors = {"smtp": smtp, "lmtp": smtp}
    own = _own_domains(config)
    for account in config.imap:
        doors[f"imap:{account.account}"] = DoorTrust(
            authserv_id=account.authserv_id,
            provider=account.provider,
            own_domains=own,
        )
    return TrustJudge(doors, _own_check(store) if config.auth.check else None)


def _own_domains(config: Config) -> frozenset[str]:
    """The domains of our mailboxes and our agents: the tenant's, for Microsoft."""
    addresses = [a for box in config.mailboxes for a in box.addresses]
    addresses += [a for agent in config.agents for a in agent.addresses]
    return frozenset(map(domain_of, addresses))


def _own_check(store: Store) -> OwnCheck:
    from mailroom.gateway import authenticate  # needs the [auth] extra

    return authenticate.OwnCheck(store.inbound_raw)
