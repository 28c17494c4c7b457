"""Bounds at the doors: octets in flight, connections in all and from one peer."""

from collections import Counter
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from mailroom.errors import ConfigError

_Network = IPv4Network | IPv6Network


class Networks:
    """A list of IP networks that an address may belong to."""

    def __init__(self, networks: Iterable[str] = (), *, key: str = "networks") -> None:
        """Read networks in CIDR form or single addresses; ConfigError names `key`."""
        self._networks: list[_Network] = []
        self._seen: dict[str, bool] = {}
        for text in networks:
            try:
                self._networks.append(ip_network(text))
            except ValueError as error:
                raise ConfigError(
                    f'{key}: "{text}" is not a network; '
                    f'write it as "10.0.0.0/24" or "10.0.0.5" ({error})'
                ) from None

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, peer: object) -> bool:
        """Whether a peer's address lies in one of the networks ("unix": never)."""
        key = str(peer)
        known = self._seen.get(key)
        if known is None:
            if len(self._seen) > 10_000:
                self._seen.clear()
            known = self._seen[key] = self._look(key)
        return known

    def _look(self, peer: str) -> bool:
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self._networks)


def is_local(peer: str | None) -> bool:
    """Whether a peer is this machine: a Unix socket or a loopback address."""
    return peer is None or peer == "unix" or peer in _LOOPBACK


_LOOPBACK = Networks(("127.0.0.0/8", "::1/128"))


class MemoryBudget:
    """Octets of mail that are being received or wait for their commit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def take(self, octets: int) -> bool:
        """Count octets; False (and nothing counted) when they would go over."""
        if self.used + octets > self.limit:
            return False
        self.used += octets
        return True

    def give_back(self, octets: int) -> None:
        """Uncount octets taken before."""
        self.used -= octets


class ConnectionLimits:
    """How many connections there may be, in all and from one peer.

    This machine and the peers in `generous` (our own relays) are only counted in all.
    """

    def __init__(
        self, total: int, per_peer: int, generous: Networks | None = None
    ) -> None:
        self.total = total
        self.per_peer = per_peer
        self._generous = generous or Networks()
        self._open: Counter[str] = Counter()
        self._count = 0

    def enter(self, peer: str) -> bool:
        """Count a connection; False (and not counted) when there are too many."""
        bounded = not (is_local(peer) or peer in self._generous)
        if self._count >= self.total:
            return False
        if bounded and self._open[peer] >= self.per_peer:
            return False
        self._open[peer] += 1
        self._count += 1
        return True

    def leave(self, peer: str) -> None:
        """Uncount a connection that `enter` let in."""
        self._count -= 1
        self._open[peer] -= 1
        if self._open[peer] <= 0:
            del self._open[peer]
