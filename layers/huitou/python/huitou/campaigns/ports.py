"""What the use cases of campaigns need from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from huitou.campaigns.model import Draw, Journey, JourneyId
from huitou.campaigns.occasions import Occasion, OccasionId
from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import Page
from huitou.members.identity import IdentityKey
from huitou.members.model import Member
from huitou.points.moves import Give
from huitou.points.wallet import Cause, Wallet
from huitou.program.campaigns import CampaignId
from huitou.program.coupons import CouponKind
from huitou.program.model import CurrencyId, Program
from huitou.purchases.ports import MemberState
from huitou.standing.position import Position


class JourneyStore(Protocol):
    """Keeps journeys with their members. Reads are consistent."""

    def load(self, journey: JourneyId) -> Journey | None: ...

    def load_all(self, journeys: Sequence[JourneyId]) -> Sequence[Journey]:
        """Those that there are; one read however many."""
        ...

    def add(self, journey: Journey) -> Write:
        """A new one; refused with `StaleReadError` if there is one for its occurrence."""
        ...

    def save(self, before: Journey, after: Journey) -> Write:
        """Refused with `StaleReadError` if ``before`` is not the latest."""
        ...

    def of_members(self, members: Sequence[MemberId], *, after: str | None, limit: int) -> Page[Journey]:
        """All of ``members`` together, by campaign and occurrence."""
        ...

    def of_campaign(self, members: Sequence[MemberId], campaign: CampaignId) -> Sequence[Journey]:
        """All of ``members`` through one campaign."""
        ...


class OccasionStore(Protocol):
    """Keeps how far campaigns that begin with many have come. Reads are consistent."""

    def load(self, occasion: OccasionId) -> Occasion | None: ...

    def add(self, occasion: Occasion) -> Write:
        """A new one; refused with `StaleReadError` if there is one."""
        ...

    def save(self, before: Occasion, after: Occasion) -> Write:
        """Refused with `StaleReadError` if ``before`` is not the latest."""
        ...


class Given(NamedTuple):
    """Points that are there once ``writes`` are committed; ``entry`` is the id of the one that says so."""

    entry: str | None
    writes: Sequence[Write]


class Issued(NamedTuple):
    """A coupon that is there once ``writes`` are committed, by its ULID."""

    coupon: str
    writes: Sequence[Write]


class Effects(Protocol):
    """Changes members, in the commit of the turn by which a campaign does so."""

    def issue(
        self, kind: CouponKind, cause: Cause, home: Wallet, program: Program, now: datetime, *, whose: MemberId
    ) -> Issued:
        """Refused with `StaleReadError` if ``home`` is not the latest.

        ``whose`` is with whom it began, who keeps it after an unmerge, and ``home`` is of whoever goes on with what is
        theirs (E15).
        """
        ...

    def give(
        self,
        gift: Give,
        currency: CurrencyId,
        wallets: Mapping[CurrencyId, Wallet],
        program: Program,
        now: datetime,
        *,
        whose: MemberId,
    ) -> Given:
        """Refused with `StaleReadError` if ``wallets`` are not the latest; raises it where they are to be read anew.

        ``whose`` is with whom it began, and ``wallets`` are of whoever goes on with what is theirs (E15).
        """
        ...

    def keep(self, record: Member, home: Wallet, now: datetime) -> Sequence[Write]:
        """Writes the member's record over the version before; refused with `StaleReadError` where that, or ``home``,
        is not the latest."""
        ...


class DrawId(NamedTuple):
    """A member or an address, and what was drawn for: a campaign, or everything."""

    scope: str
    name: MemberId | IdentityKey


class Kept(NamedTuple):
    """What is kept under one name: what was drawn, and who goes by the name."""

    draw: Draw
    members: int = 0
    """Of an address: how many were counted there."""
    counted: frozenset[str] = frozenset()
    """Of a member: the addresses that count them, by `huitou.campaigns.drawing.initials`."""


class News(NamedTuple):
    """What is new of one name; `apart` may be known already."""

    apart: bool = False
    fewer_than: int | None = None
    """Of an address: one member more, of whom there are fewer than so many by then."""
    counted: frozenset[str] = frozenset()
    """Of a member: the addresses that count them from now on."""


class DrawStore(Protocol):
    """Keeps who is told nothing, for ever. Reads are consistent."""

    def load(self, draws: Sequence[DrawId]) -> list[Kept | None]:
        """In their order; one read however many."""
        ...

    def add(self, named: DrawId, kept: Kept) -> Write:
        """A new one; refused with `StaleReadError` if there is one."""
        ...

    def note(self, named: DrawId, news: News) -> Write:
        """Of one that there is. Refused with `StaleReadError` where one of the addresses counts the member by then, or
        so many go by the address."""
        ...


class Places(Protocol):
    """Where members stand."""

    def position_of(self, member: MemberId, state: MemberState, now: datetime) -> Position:
        """Raises `MemberNotFoundError`."""
        ...
