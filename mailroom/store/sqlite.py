"""The SQLite store: `mailroom.store.contract.Store`, its verbs gathered by tray."""

from mailroom.store.sqlite_copies import CopyVerbs
from mailroom.store.sqlite_figures import FigureVerbs
from mailroom.store.sqlite_history import HistoryVerbs
from mailroom.store.sqlite_inbound import InboundVerbs
from mailroom.store.sqlite_ledger import LedgerVerbs
from mailroom.store.sqlite_levels import LevelVerbs
from mailroom.store.sqlite_outbound import OutboundVerbs
from mailroom.store.sqlite_proofs import ProofVerbs
from mailroom.store.sqlite_report import ReportVerbs
from mailroom.store.sqlite_search import SearchVerbs
from mailroom.store.sqlite_sessions import SessionVerbs


class SqliteStore(
    InboundVerbs,
    OutboundVerbs,
    HistoryVerbs,
    LedgerVerbs,
    LevelVerbs,
    SearchVerbs,
    SessionVerbs,
    ReportVerbs,
    FigureVerbs,
    CopyVerbs,
    ProofVerbs,
):
    """A store in one SQLite file, for any number of threads and local processes.

    `SqliteStore(path)` creates the file (0600) and its folder (0700), or upgrades the
    schema. StoreTooNew: a newer Mailroom wrote it; StoreError: the path cannot be
    written or holds something else. Nothing is changed in either case.
    """
