"""The tree of errors of the mail side; `rules.errors` has that of rule files.

    MailroomError                 a person reads str(error): what, where, what to do
    ├── ConfigError               mailroom.toml or the environment is wrong; exit 2
    ├── MessageError              this mail can never be processed as it is
    ├── StoreError                the database refuses
    │   ├── StoreBusy             locked or full for now; SMTP answers 451 (RFC 5321 4.2)
    │   └── StoreTooNew           written by a newer Mailroom; exit 2, nothing changed
    └── DeliveryError             the relay did not take a mail
        ├── DeliveryDeferred      4yz or no connection: try later
        └── DeliveryRefused       5yz: stop

A class exists only where some caller acts differently on it. Exceptions of libraries
are translated in the room that imports the library.
"""


class MailroomError(Exception):
    """Base of all errors that Mailroom raises on purpose; its text is for a person."""


class ConfigError(MailroomError):
    """mailroom.toml, the environment or a path named there is wrong."""


class MessageError(MailroomError):
    """A mail that cannot be read, however lenient the reader."""


class StoreError(MailroomError):
    """The database refused an operation."""


class StoreBusy(StoreError):
    """The database is locked or full for now; the same call may work later."""


class StoreTooNew(StoreError):
    """The database was written by a newer version of Mailroom."""


class DeliveryError(MailroomError):
    """The relay did not take a mail; `reply` is its SMTP reply, if there was one."""

    def __init__(self, message: str, reply: str | None = None) -> None:
        super().__init__(message)
        self.reply = reply


class DeliveryDeferred(DeliveryError):
    """A transient failure (RFC 5321 4.2.1, 4yz, or no connection)."""


class DeliveryRefused(DeliveryError):
    """A permanent failure (RFC 5321 4.2.1, 5yz)."""
