"""Who is told: the right-hand column of the table of letters, and a step's `notify`.

Pure: agents and teams come from the configuration. An empty answer falls back to the
team, then the admins, so that nobody's mail is everybody's silence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailroom.config import Config
from mailroom.message.address import normalize
from mailroom.settings import Agent


@dataclass(frozen=True, slots=True)
class Told:
    """One person to write to, and why, for the recipients ledger."""

    address: str
    why: str
    agent: Agent | None = None  # None: an address from a path, or the requester


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who gets report mails, and what concerns him."""

    address: str
    name: str
    admin: bool  # told everything, and how the desk itself fares
    agent: bool = True  # False: a lead from elsewhere, for whom the pages are not
    teams: tuple[str, ...] = ()  # that he works in
    leads: tuple[str, ...] = ()  # that he leads
    calendar: str | None = None  # its name, where he has one


class Audience:
    """The people of a configuration."""

    def __init__(self, config: Config) -> None:
        self._agents = tuple(agent for agent in config.agents if agent.active)
        self._leads = {team.name: team.lead for team in config.teams}
        self._by_address: dict[str, Agent] = {}
        for agent in config.agents:
            for address in (agent.address, *agent.aliases):
                self._by_address.setdefault(normalize(address), agent)

    def agent(self, address: str) -> Agent | None:
        """Return the agent with this address or alias."""
        return self._by_address.get(normalize(address))

    def acting(self, address: str) -> Agent | None:
        """Return the agent with this address who may act: one who is still here."""
        found = self.agent(address)
        return found if found is not None and found.active else None

    def named(self, word: str) -> Agent | None:
        """Return the agent of an address, or of a local part or name only one has."""
        if "@" in word:
            return self.acting(word)
        word = word.casefold()
        for named in (_local_parts, _names):
            found = [agent for agent in self._agents if word in named(agent)]
            if found:
                return found[0] if len(found) == 1 else None
        return None

    def team(self, name: str) -> tuple[Agent, ...]:
        """Return the active members of a team."""
        return tuple(a for a in self._agents if name == a.team or name in a.teams)

    def is_team(self, name: str) -> bool:
        """Whether a team of this name is configured."""
        return name in self._leads or bool(self.team(name))

    def team_called(self, name: str) -> str | None:
        """Return a configured team by its name, in any case; None: there is none."""
        if self.is_team(name):
            return name
        every = {
            *self._leads,
            *(t for a in self._agents for t in (a.team, *a.teams) if t),
        }
        found = [team for team in every if team.casefold() == name.casefold()]
        return found[0] if len(found) == 1 else None

    def of_ticket(self, assignee: str | None, team: str | None) -> tuple[Told, ...]:
        """Return the assignee, else the team, else the admins."""
        agent = self.agent(assignee) if assignee else None
        if agent is not None and agent.active:
            return (Told(agent.address, "assignee", agent),)
        members = self.team(team) if team else ()
        if members:
            return tuple(Told(a.address, f"team {team}", a) for a in members)
        return self.admins()

    def admins(self) -> tuple[Told, ...]:
        """Return the admins; every active agent where nobody is one."""
        admins = [agent for agent in self._agents if agent.admin] or list(self._agents)
        return tuple(Told(agent.address, "admin", agent) for agent in admins)

    def readers(self) -> tuple[Reader, ...]:
        """Return who report mails are for: active agents, and leads who are none."""
        admins = {told.address for told in self.admins()}
        leads: dict[str, list[str]] = {}
        others: dict[str, str] = {}
        for team, lead in self._leads.items():
            if lead is None:
                continue
            agent = self.agent(lead)
            address = agent.address if agent is not None else lead
            leads.setdefault(normalize(address), []).append(team)
            if agent is None:
                others.setdefault(normalize(lead), lead)
        agents = tuple(
            Reader(
                address=agent.address,
                name=agent.name,
                admin=agent.address in admins,
                teams=agent.teams,
                leads=tuple(leads.get(normalize(agent.address), ())),
                calendar=agent.calendar,
            )
            for agent in self._agents
        )
        return agents + tuple(
            Reader(
                address=lead,
                name="",
                admin=False,
                agent=False,
                leads=tuple(leads[key]),
            )
            for key, lead in others.items()
        )

    def notified(
        self, notify: Sequence[str], *, assignee: str | None, team: str | None
    ) -> tuple[Told, ...]:
        """Resolve a step's `notify` but for `requester`; one entry a person."""
        found: list[Told] = []
        for word in notify:
            if word != "requester":
                found.extend(self._resolve(word, assignee, team))
        return tuple(
            {normalize(told.address): told for told in reversed(found)}.values()
        )[::-1]

    def _resolve(
        self, word: str, assignee: str | None, team: str | None
    ) -> Iterable[Told]:
        if word == "assignee":
            return self.of_ticket(assignee, team)
        if word == "team":
            return self.of_ticket(None, team)
        if word.startswith("team:"):
            return self.of_ticket(None, word.removeprefix("team:"))
        if word == "manager":
            return self._manager(assignee, team)
        if word == "admins":
            return self.admins()
        return (Told(word, "named by the path", self.agent(word)),)

    def _manager(self, assignee: str | None, team: str | None) -> tuple[Told, ...]:
        agent = self.agent(assignee) if assignee else None
        manager = agent.manager if agent else None
        lead = manager or (self._leads.get(team) if team else None)
        if lead is None:
            return self.of_ticket(None, team)
        return (Told(lead, "manager", self.agent(lead)),)


def _local_parts(agent: Agent) -> set[str]:
    return {a.partition("@")[0].casefold() for a in (agent.address, *agent.aliases)}


def _names(agent: Agent) -> set[str]:
    return {agent.name.casefold()} if agent.name else set()
