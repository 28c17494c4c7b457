"""The doors that a configuration names, made ready for the gateway's process."""

from functools import partial

from mailroom.app import App
from mailroom.config import Config
from mailroom.desk.cursor import save_cursor
from mailroom.desk.health import keep_account
from mailroom.gateway import listen
from mailroom.gateway.doors import DoorLoop
from mailroom.gateway.group_commit import GroupCommit
from mailroom.gateway.imap import ImapHealth, ImapPoller, ImapSettings
from mailroom.gateway.imap_folder import Desk
from mailroom.gateway.lmtp import LmtpDoor
from mailroom.gateway.smtp import ListenerSettings, SmtpDoor
from mailroom.gateway.submission import SubmissionDoor
from mailroom.setting import Endpoint
from mailroom.settings import Imap
from mailroom.store.contract import Arrival, Cursor
from mailroom.ticket.model import InboundId

Door = SmtpDoor | LmtpDoor | SubmissionDoor


def doors_of(app: App) -> tuple[DoorLoop, list[Door]]:
    """Make the listeners and the loop that will run them; nothing is bound yet."""
    commit = GroupCommit(app.intake.accept, partial(_ring, app))
    now = app.office.now
    config = app.config
    doors: list[Door] = []
    if config.smtp.listen:
        settings = _settings(config, config.smtp.listen, "[smtp] listen")
        doors.append(SmtpDoor(settings, app.intake.recipient, commit.submit, now))
    if config.smtp.lmtp:
        settings = _settings(config, config.smtp.lmtp, "[smtp] lmtp")
        doors.append(LmtpDoor(settings, app.intake.recipient, commit.submit, now))
    if config.submission and config.submission.listen:
        settings = _settings(config, config.submission.listen, "[submission] listen")
        doors.append(SubmissionDoor(settings, app.intake.recipient, commit.submit, now))
    return DoorLoop(doors, commit), doors


def _ring(app: App, inbound: InboundId) -> None:
    app.bells.process(int(inbound))


def _settings(config: Config, place: Endpoint, key: str) -> ListenerSettings:
    smtp = config.smtp
    networks = config.submission.networks if config.submission else ()
    return ListenerSettings(
        listen=str(place),
        key=key,
        max_size=smtp.max_size,
        tls_cert=str(smtp.tls_cert) if smtp.tls_cert else None,
        tls_key=str(smtp.tls_key) if smtp.tls_key else None,
        trusted_relays=tuple(map(str, smtp.trusted_relays)),
        proxy_protocol=tuple(map(str, smtp.proxy_protocol)),
        networks=tuple(map(str, networks)),
    )


def pollers_of(app: App) -> list[ImapPoller]:
    """Make the pollers of all IMAP accounts; nothing is connected yet."""
    desk = Desk(
        accept_fetched=partial(_accept_fetched, app),
        cursor=app.store.cursor,
        save_cursor=partial(save_cursor, app.office),
        now=app.office.now,
    )
    return [
        ImapPoller(imap_settings(app.config, account), desk, partial(_keep_health, app))
        for account in app.config.imap
    ]


def _keep_health(app: App, health: ImapHealth) -> None:
    keep_account(app.office, health.account, health.ok, health.at, health.detail)


def _accept_fetched(app: App, arrival: Arrival, cursor: Cursor) -> InboundId | None:
    inbound = app.intake.accept_fetched(arrival, cursor)
    if inbound is not None:
        _ring(app, inbound)
    return inbound


def imap_settings(config: Config, account: Imap) -> ImapSettings:
    """Return an account in the gateway's words, with its password read."""
    mailbox = config.mailbox_of(account)
    return ImapSettings(
        account=account.account,
        host=account.host,
        port=account.effective_port,
        user=account.user,
        password=account.secret(),
        tls=account.tls,
        oauth=account.oauth is not None,
        folder=account.folder,
        recipient=mailbox.address if mailbox else None,
        after_fetch=account.after_fetch,
        since=account.since,
        sent=account.sent,
        poll=account.poll,
    )


def endpoints(config: Config, parts: set[str]) -> list[tuple[str, Endpoint]]:
    """Return (key, place) of all that these parts will listen on."""
    found: list[tuple[str, Endpoint | None]] = []
    if "gateway" in parts:
        submission = config.submission.listen if config.submission else None
        found += [
            ("[smtp] listen", config.smtp.listen),
            ("[smtp] lmtp", config.smtp.lmtp),
            ("[submission] listen", submission),
        ]
    if "web" in parts:
        found.append(("[web] listen", config.web.listen))
    return [(key, place) for key, place in found if place is not None]


def try_endpoints(config: Config, parts: set[str]) -> None:
    """Take each place for a moment. ConfigError names the first that cannot be had."""
    for key, place in endpoints(config, parts):
        listen.close(listen.bind(listen.parse(str(place), key), key))
