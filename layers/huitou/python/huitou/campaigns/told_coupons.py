"""What messages of a campaign say of the coupons that it has given (M26)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from huitou.campaigns.model import JourneyId
from huitou.campaigns.ports import JourneyStore
from huitou.kernel.calendars import local_date
from huitou.kernel.ids import OwnedId
from huitou.outbox.model import Cause
from huitou.outbox.ports import Hindrance
from huitou.program.ports import Programs
from huitou.rewards.model import Coupon, CouponState
from huitou.rewards.ports import CouponStore
from huitou.templates.variables import CouponFacts

COUPON_OVER: Final = "coupon_over"
"""It was used, or has expired."""


class ToldCoupons:
    """`huitou.outbox.ports.GivenCoupons`."""

    def __init__(self, journeys: JourneyStore, coupons: CouponStore, programs: Programs) -> None:
        self._journeys = journeys
        self._coupons = coupons
        self._programs = programs

    def given_before(self, message: OwnedId, cause: Cause, now: datetime) -> CouponFacts | Hindrance | None:
        journey = self._journeys.load(JourneyId(message.member, cause))
        turns = takewhile(lambda turn: turn.message != message.key, journey.turns if journey else ())
        *_, last = None, *(turn.coupon for turn in turns if turn.coupon)
        coupon = self._coupons.load(OwnedId(message.member, last)) if last else None
        if coupon is None:
            return None
        return self._facts(coupon) if coupon.state(now) is CouponState.ISSUED else Hindrance(COUPON_OVER)

    def _facts(self, coupon: Coupon) -> CouponFacts:
        program = self._programs.version(coupon.program_version)
        last_day = local_date(coupon.expires_at - timedelta(milliseconds=1), program.zone)
        return CouponFacts(program.coupons[coupon.kind].name, coupon.code, last_day)
