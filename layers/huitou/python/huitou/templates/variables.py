"""What templates can say (M24): every variable with its meaning, and the values of a member who does not exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NamedTuple

Value = str | Decimal | date | None
Values = Mapping[str, Value]
"""By the variable's full name."""


class Variable(NamedTuple):
    """Something that can be said. ``may_be_missing``: for some members there is nothing to say."""

    name: str
    meaning: str
    may_be_missing: bool = False
    only_marketing: bool = False
    only_codes: bool = False

    @property
    def is_personal(self) -> bool:
        return self.name.startswith(("member.", "coupon."))


VARIABLES: Final = (
    Variable("member.name", "what the member is called", may_be_missing=True),
    Variable("member.language", "the language of the member's profile, as `zh-TW`", may_be_missing=True),
    Variable("member.tier", "the name of the member's tier", may_be_missing=True),
    Variable("member.points", "how many of the home currency's points can be spent now"),
    Variable("member.points_ending", "how many of these points end next", may_be_missing=True),
    Variable("member.points_end_on", "the last day on which those count", may_be_missing=True),
    Variable("coupon.name", "what the coupon is called that the campaign has given before", may_be_missing=True),
    Variable("coupon.code", "by which a till takes it; no subject says it", may_be_missing=True),
    Variable("coupon.ends_on", "the last day on which it does", may_be_missing=True),
    Variable("brand.name", "the name of the brand that speaks; the programme's where the group speaks"),
    Variable("program.name", "the name of the programme"),
    Variable("unsubscribe_url", "the link by which the member says no to more of it", only_marketing=True),
    Variable("code", "the one-time code by which the member proves that the address is theirs", only_codes=True),
)
UNSUBSCRIBE_URL: Final = "unsubscribe_url"
CODE: Final = "code"
COUPON_CODE: Final = "coupon.code"
SAMPLE_UNSUBSCRIBE_URL: Final = (
    "https://unsubscribe.example/v1/unsubscriptions/Ab3dEf6hIj9kLmN0pQr2sTu5vWx8yZa1bCd4eFg7hIj0kLm3nOp"
)
"""As long as the real one of a brand with a short name at a short host, and leads nowhere."""
SAMPLE_CODE: Final = "428913"
_NAMES: Final = MappingProxyType({"zh": "王小美", "ja": "佐藤美咲"})
_NAME: Final = "Mei Wang"


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What templates may say about one member. ``points`` and ``points_ending`` are in whole points, exactly."""

    name: str | None
    language: str | None
    tier: str | None
    points: Decimal
    points_ending: Decimal | None
    points_end_on: date | None


class CouponFacts(NamedTuple):
    """What templates may say of a coupon."""

    name: str
    code: str
    ends_on: date


SAMPLE_COUPON: Final = CouponFacts("Coupon", "7KQW3XD9PM4C", date(2026, 12, 31))
"""Which no till takes."""


def known(*, marketing: bool, codes: bool = False) -> tuple[str, ...]:
    """The names that a template may use.

    ``codes``: it is the one that brings one-time codes. It says nothing of the member, for it goes to whoever reads an
    address that is yet to be proven (M39).
    """
    return tuple(
        each.name
        for each in VARIABLES
        if (marketing or not each.only_marketing) and (not each.is_personal if codes else not each.only_codes)
    )


def values(
    member: MemberFacts,
    *,
    brand: str,
    program: str,
    unsubscribe_url: str | None,
    code: str | None = None,
    coupon: CouponFacts | None = None,
) -> Values:
    """What is said to ``member``; ``unsubscribe_url`` is None where the message is no marketing, ``code`` and
    ``coupon`` where it brings none. With a code nothing is said of them, as in `known`.
    """
    if code is not None:
        return {"brand.name": brand, "program.name": program, CODE: code}
    said: dict[str, Value] = {
        "member.name": member.name or None,
        "member.language": member.language,
        "member.tier": member.tier,
        "member.points": member.points,
        "member.points_ending": member.points_ending,
        "member.points_end_on": member.points_end_on,
        "coupon.name": coupon.name if coupon else None,
        COUPON_CODE: coupon.code if coupon else None,
        "coupon.ends_on": coupon.ends_on if coupon else None,
        "brand.name": brand,
        "program.name": program,
    }
    return said if unsubscribe_url is None else {**said, UNSUBSCRIBE_URL: unsubscribe_url}


def sample(language: str | None, tier: str | None) -> MemberFacts:
    """Somebody of whom everything is known, who does not exist."""
    return MemberFacts(
        name=_NAMES.get((language or "").partition("-")[0].lower(), _NAME),
        language=language,
        tier=tier,
        points=Decimal(1234),
        points_ending=Decimal(120),
        points_end_on=date(2026, 12, 31),
    )


def with_gaps(said: Values) -> Iterator[Values]:
    """``said`` as it is, without each thing that may be missing, and without any of them."""
    gaps = [each.name for each in VARIABLES if each.may_be_missing]
    for missing in ((), *((name,) for name in gaps), gaps):
        yield {name: None if name in missing else value for name, value in said.items()}
