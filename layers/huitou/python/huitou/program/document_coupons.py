"""The programme document: coupons, which members are given and use once (M27)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from huitou.program.document_parts import Amount, Id, Label, Part

MOST_COUPONS = 500


class CouponPart(Part):
    """One kind of coupon. Campaigns give it to members, each with a code of its own that is good for one use."""

    id: Id
    """Short and for ever: what was given refers to it. Lower-case letters, digits, - and _."""

    name: Annotated[Label, Field(examples=["生日蛋糕 Birthday cake"])]
    """What members read."""

    brand: Id | None = None
    """Only for a coupon that one brand takes. Without it, all brands take it."""

    valid_days: Annotated[int, Field(ge=0, le=3660)]
    """The last day on which it can be used: so many days after the one on which it was given. 0: that day alone."""

    cost: Annotated[Amount | None, Field(examples=["120"])] = None
    """What one that is used costs you, in money: it is set against what a campaign brought. Without it, nothing is."""
