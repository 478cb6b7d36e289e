"""Whom a campaign that is being written would tell something, were its first message due now (M20, M22).

The first, since later ones depend on what members do until then. Each member is put through what a journey asks before
it sends, by the same rules: is the campaign about them, have they agreed, by which way do they take messages, is there
room under the caps. Who would be held out is not drawn: a draw is kept, and nothing is kept here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Final, NamedTuple

from huitou.campaigns.decisions import is_about
from huitou.campaigns.drafting import drafted
from huitou.campaigns.effects import is_taken_from
from huitou.campaigns.model import JourneyId, TurnOutcome
from huitou.campaigns.sending import Reached, Stage, reach, room_for
from huitou.counts.model import CONSENTED, ELIGIBLE, SMS_PARTS, MemberCount, messages_by, reachable_by
from huitou.counts.working import Look
from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId
from huitou.members.ports import Profiles
from huitou.messages.recipients import Recipients
from huitou.outbox.model import Cause
from huitou.outbox.pacing import Pacing
from huitou.outbox.ports import OutboxStore
from huitou.outbox.reaching import named
from huitou.points.wallet import CAMPAIGN
from huitou.points.wallet import Cause as GivenFor
from huitou.pressure.ports import PressureStore
from huitou.program.campaigns import Campaign, GiveCoupon, OnlyIn, Send, Step
from huitou.program.rules import SegmentId
from huitou.program.versions import ProgramVersion
from huitou.rewards.decisions import issue, told
from huitou.segments.asking import Asking
from huitou.segments.drafting import asking_for
from huitou.suppressions.service import Suppressions
from huitou.templates.choosing import text_for
from huitou.templates.links import sample_track
from huitou.templates.making import Occasion, message
from huitou.templates.model import TemplateKind
from huitou.templates.variables import SAMPLE_COUPON, SAMPLE_UNSUBSCRIBE_URL, CouponFacts

_OCCURRENCE: Final = "count"
"""Of journeys that never are."""


class First(NamedTuple):
    """The first message of a campaign: its step, and that step's number."""

    step: int
    send: Send


def first_message(steps: Sequence[Step]) -> First | None:
    """None: it sends nothing."""
    return next((First(number, step) for number, step in enumerate(steps) if isinstance(step, Send)), None)


def asked_of(campaign: Campaign) -> frozenset[SegmentId]:
    """The segments in which members must be for its first message, those of its steps before that among them.

    Of one that begins as they leave a segment, they must still be in it: nobody else can leave it.
    """
    first = first_message(campaign.steps)
    before = campaign.steps[: first.step] if first else ()
    later = (step.segments for step in before if isinstance(step, OnlyIn))
    return campaign.only_in.union(*later, [campaign.segment] if campaign.segment else ())


class Audience:
    """`counts.working.Question` of a campaign. Nothing is written."""

    def __init__(
        self,
        *,
        profiles: Profiles,
        recipients: Recipients,
        outbox: OutboxStore,
        pressure: PressureStore,
        suppressions: Suppressions,
    ) -> None:
        self._profiles = profiles
        self._recipients = recipients
        self._outbox = outbox
        self._pressure = pressure
        self._suppressions = suppressions

    def __call__(self, count: MemberCount, version: ProgramVersion, asking: Asking) -> Look:
        draft, at = drafted(count.document, version), count.created_at
        campaign, first = draft.campaign, first_message(draft.campaign.steps)
        needed = asked_of(campaign)
        asked = needed | campaign.not_in
        program = asking_for(asked, draft.program)
        pacing = Pacing(self._pressure, lambda _: draft.speech)

        def look(member: MemberId) -> Mapping[str, int]:
            found = asking.find(asked, program, at, member)
            if found is None:
                return {}
            home = found.state.wallets[program.home_currency]
            if not (needed <= found.segments and is_about(campaign, at, found.segments, home.brands)):
                return {}
            record = self._profiles.load(member) if first else None
            if first is None or record is None:
                return {ELIGIBLE: 1}
            catalogue, paced = draft.speech.catalogue, pacing.of(member, program)
            begins = paced.awake(at, TemplateKind.MARKETING)
            stage = Stage(program, campaign, home, catalogue, paced, record, begins, at)
            return {ELIGIBLE: 1, **dict(self._told(member, first, stage))}

        return look

    def _told(self, member: MemberId, first: First, stage: Stage) -> Iterator[tuple[str, int]]:
        journey = JourneyId(member, Cause(stage.campaign.id, _OCCURRENCE))
        reached = reach(journey, first.step, first.send, stage, self._suppressions.holds_back)
        if isinstance(reached, TurnOutcome):
            yield CONSENTED, int(reached not in {TurnOutcome.NOT_A_MEMBER, TurnOutcome.NO_CONSENT})
            return
        channel = reached.way.channel
        yield CONSENTED, 1
        yield reachable_by(channel), 1
        if room_for(reached.message, stage, self._outbox) is None:
            return
        yield messages_by(channel), 1
        if channel is MessageChannel.SMS:
            yield SMS_PARTS, self._sms_parts(reached, stage)

    def _sms_parts(self, reached: Reached, stage: Stage) -> int:
        """Of what this member would read. Raises `UnwritableTextError`."""
        planned, catalogue = reached.message, stage.catalogue
        facts = self._recipients.facts(planned.id.member, planned.brand, stage.program, stage.now)
        template = catalogue.templates[planned.template]
        chosen = text_for(template, MessageChannel.SMS, facts.language)
        if chosen is None:
            raise ValueError("A way is by a channel by which the template speaks.")
        speaker = catalogue.speaker(named(planned.brand))
        track = sample_track if catalogue.track_sms else str
        coupon = _coupon_before(stage, planned.id.member)
        occasion = Occasion(speaker, catalogue.program.name, facts, SAMPLE_UNSUBSCRIBE_URL, None, track, coupon)
        written = message(template, MessageChannel.SMS, chosen[0], occasion).sms
        return written.parts if written else 0


def _coupon_before(stage: Stage, member: MemberId) -> CouponFacts | None:
    """What the first message could tell of the coupon that the campaign would have given by then."""
    steps = takewhile(lambda step: not isinstance(step, Send), stage.campaign.steps)
    *_, kind = None, *(stage.program.coupons.get(step.coupon) for step in steps if isinstance(step, GiveCoupon))
    if kind is None or not is_taken_from(stage.home, kind):
        return None
    cause, code = GivenFor(CAMPAIGN, _OCCURRENCE), SAMPLE_COUPON.code
    return told(issue(kind, member, code=code, cause=cause, program=stage.program, now=stage.now), stage.program)
