"""An agent's mail as the use cases below pass it on, and what any mail came to."""

from dataclasses import dataclass, replace

from mailroom.desk.office import Office
from mailroom.desk.reading import SIGNATURES, Reading
from mailroom.message.unsigned import above_notice, is_signature, unsigned
from mailroom.ticket.command import Commands, parse
from mailroom.ticket.model import (
    Disposition,
    InboundId,
    PersonId,
    TicketId,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a mail came to, and held mail that it lets go on."""

    disposition: Disposition
    ticket: TicketId | None = None
    reason: str | None = None
    released: tuple[InboundId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An agent's mail, with what all that deal with it need."""

    office: Office
    reading: Reading
    agent: PersonId
    address: str  # the agent's configured address
    name: str
    commands: Commands

    @property
    def text(self) -> str:
        """What the agent wrote below the commands, after any ready-made texts."""
        named = [c.value for c in self.commands.commands if c.name == "canned"]
        canned = [self.office.canned(name) or "" for name in named]
        return "\n\n".join(filter(None, [*map(str.strip, canned), self.commands.text]))

    @property
    def says(self) -> bool:
        """Whether there is more than commands: words, or a file that is meant."""
        return bool(self.text) or any(
            not file.inline and file.content_type not in SIGNATURES
            for file in self.reading.message.attachments
        )


def act_of(office: Office, reading: Reading) -> Act:
    """Return an authenticated agent's mail as an act. ValueError: no agent's."""
    agent = reading.agent
    if agent is None:
        raise ValueError("not from an agent")
    commands = parse(above_notice(unsigned(reading.message)))
    box = office.book.mailbox(reading.mailbox)
    names = (agent.name, *agent.addresses, box.name, box.address, office.config.name)
    if commands.commands and is_signature(commands.text, names):
        commands = replace(commands, text="")
    return Act(
        office=office,
        reading=reading,
        agent=office.store.person_for(agent.address, agent.name),
        address=agent.address,
        name=agent.name,
        commands=commands,
    )
