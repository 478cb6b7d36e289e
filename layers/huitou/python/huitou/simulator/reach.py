"""How members are reached in a simulation: as their records say, or as is taken for granted where there are none."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from huitou.kernel.channels import MessageChannel
from huitou.kernel.shares import is_in_share
from huitou.members.identity import Identity, IdentityKind
from huitou.members.model import Claim, Consent, ConsentKey, HeldIdentity, Member, Profile
from huitou.outbox.service import USUAL_PURPOSE
from huitou.program.campaigns import Send
from huitou.program.model import GROUP, Program
from huitou.simulator.history import History
from huitou.templates.model import Catalogue

SAID_SO: Final = "simulation"
AGREED: Final = "agreed"
_EMAIL, _PHONE, _LINE_USER = "member@example.com", "+886900000000", "U00000000000000000000000000000000"


class Reach:
    """``agreed_percent`` None: by the records. Else so many of a hundred members have agreed to everything, the same
    ones under every programme, and all can be reached by every channel.
    """

    def __init__(self, program: Program, catalogue: Catalogue, agreed_percent: int | None) -> None:
        self._agreed_percent = agreed_percent
        self._lines = sorted(
            {each.identity for (_, channel), each in catalogue.signatures.items() if channel is MessageChannel.LINE}
        )
        self._purposes = {
            step.purpose or USUAL_PURPOSE
            for campaign in program.campaigns.values()
            for step in campaign.steps
            if isinstance(step, Send)
        }

    def record(self, history: History) -> Member | None:
        """None: there is nobody to be told anything."""
        if self._agreed_percent is None:
            return history.person
        at, known = history.enrolled_at, history.person
        whoever = known or Member(history.member, 1, at, GROUP, Profile(), {}, (), {}, {})
        has_agreed = is_in_share(history.member, AGREED, self._agreed_percent)
        consent = Consent(has_agreed, SAID_SO, at, at, at, GROUP)
        by_line = (Identity(IdentityKind.LINE, _LINE_USER, scope=each.lower()) for each in self._lines)
        return replace(
            whoever,
            profile=replace(whoever.profile, contact_email=_EMAIL, contact_phone=_PHONE),
            identities=tuple(HeldIdentity(each, (Claim(GROUP, at),), anchored=True) for each in by_line),
            consents={
                ConsentKey(channel, GROUP, purpose): consent
                for channel in MessageChannel
                for purpose in sorted(self._purposes)
            },
        )
