"""The octets of one mail while DATA brings them in (RFC 5321 4.1.1.4, 4.5.2)."""

from mailroom.gateway.limits import MemoryBudget
from mailroom.gateway.replies import Answer, MemoryFull, for_error


class Content:
    """The octets of one mail while they come in, counted against the budgets."""

    def __init__(self, memory: MemoryBudget, max_size: int) -> None:
        self._memory = memory
        self._max_size = max_size
        self._pieces: list[bytes] = []
        self._tail = b"\r\n"  # the line before: DATA's own
        self._counted = 0
        self._size = 0
        self.complete = False
        self.refusal: Answer | None = None

    @property
    def endless(self) -> bool:
        """Whether so much came after the refusal that hanging up is all that helps."""
        return self.refusal is not None and self._size > 4 * self._max_size + 1_000_000

    def add(self, piece: bytes) -> None:
        """Take the next octets; a refused mail is read to its end and dropped."""
        self._tail = (self._tail + piece)[-5:] if len(piece) < 5 else piece[-5:]
        self.complete = self._tail == b"\r\n.\r\n"
        self._size += len(piece)
        if self.refusal is None:
            if self._size > self._max_size + 3:
                self._refuse(Answer.TOO_BIG)
            elif not self._memory.take(len(piece)):
                self._refuse(for_error(MemoryFull()))
            else:
                self._counted += len(piece)
                self._pieces.append(piece)

    def _refuse(self, answer: Answer) -> None:
        self.refusal = answer
        self._pieces.clear()
        self.give_back()

    def give_back(self) -> None:
        """Uncount the octets held."""
        self._memory.give_back(self._counted)
        self._counted = 0

    def content(self) -> bytes:
        """The mail as sent: without the final dot and dot-stuffing (RFC 5321 4.5.2)."""
        whole = b"".join(self._pieces)
        self._pieces.clear()
        start = 1 if whole.startswith(b".") and len(whole) > 3 else 0
        content = whole[start:-3]
        return content.replace(b"\r\n.", b"\r\n") if b"\r\n." in content else content
