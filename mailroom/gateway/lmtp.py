"""The LMTP door (RFC 2033), for our own MTA: one reply after DATA for each recipient."""

from typing import Any

from mailroom.gateway.replies import Answer
from mailroom.gateway.session import SmtpSession
from mailroom.gateway.smtp import SmtpDoor


class LmtpSession(SmtpSession):
    """LHLO in place of EHLO, and as many answers to DATA as recipients were taken."""

    async def smtp_LHLO(self, hostname: str | None) -> None:
        """Greet and tell what there is (RFC 2033 4.1)."""
        await super().smtp_EHLO(hostname)

    async def smtp_EHLO(self, hostname: str | None) -> None:
        """There is no EHLO in LMTP."""
        await self.push(Answer.LHLO_ONLY.line)

    async def smtp_HELO(self, hostname: str | None) -> None:
        """There is no HELO in LMTP."""
        await self.push(Answer.LHLO_ONLY.line)

    def _is_our_mta(self) -> bool:
        return True  # nobody else speaks LMTP

    def _answers(self, answer: Answer) -> list[bytes]:
        return [answer.line] * len(self.envelope.rcpt_tos)


class LmtpDoor(SmtpDoor):
    """An LMTP listener."""

    name = "lmtp"
    session_class: Any = LmtpSession
