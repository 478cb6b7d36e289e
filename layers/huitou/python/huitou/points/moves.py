"""What can be asked of a wallet. `huitou.points.decisions` carries it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.values import lean
from huitou.points.earning import Earning
from huitou.points.wallet import Cause, Debt, Entry, Hold, Lot, LotChange, Origin
from huitou.program.model import BrandId
from huitou.program.terms import Conversion, RefundPolicy


@lean
class Settle:
    """Book what fell due, the earliest `MOST_SETTLED` instants of it, nothing else."""


@lean
class Earn:
    """Book what a purchase at ``occurred_at`` earned, as one new lot issued by ``brand``, and the caps it used.

    A purchase that earned nothing is booked with amount 0: its explanation is what the member will ask for.
    ``origin`` is given where it was bought under the name of somebody who was merged into the wallet's member: the lot
    that it is there (E15).
    """

    earning: Earning
    brand: BrandId
    occurred_at: datetime
    cause: Cause
    origin: Origin | None = None


@lean
class KeepAlive:
    """Let points that slide with activity follow a visit at ``brand`` (E5); books nothing where none do."""

    brand: BrandId
    occurred_at: datetime
    cause: Cause


@lean
class Redeem:
    """Spend ``points`` at ``brand``, from the lots that end first (E6).

    Where members were merged, first from the lots that came with the one whose identity was used, ``identity_of``;
    None is the member who stayed (E15).
    """

    points: int
    brand: BrandId
    cause: Cause
    identity_of: MemberId | None = None


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Set ``points`` aside for ``brand`` until ``ends_at``, from the lots that end first (E6, E17).

    ``identity_of`` as of a `Redeem`.
    """

    id: Digest
    points: int
    brand: BrandId
    ends_at: datetime
    cause: Cause
    identity_of: MemberId | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """Spend ``points`` of a hold, those first that end first; the rest returns at once.

    E5: also points whose lot has ended since they were held.
    """

    hold: Digest
    points: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class Release:
    """End a hold without spending; what came from a lot that is over by now expires at once."""

    hold: Digest
    cause: Cause


@dataclass(frozen=True, slots=True)
class Reverse:
    """Give the points of a redemption or capture back to the lots they came from.

    ``since`` are the wallet's entries after it, in order; they matter to sliding lots only. ``already`` is what
    refunds have given back before (E3). E4: what came from a lot that is over by now returns and expires at once,
    as two entries, or gets the programme's courtesy days.
    """

    redemption: Entry
    since: tuple[Entry, ...]
    brand: BrandId
    cause: Cause
    already: int = 0


@dataclass(frozen=True, slots=True)
class GiveBack:
    """E3: return ``points`` of a redemption or capture, whose sale is refunded, what was taken last first.

    See `Reverse`, and `huitou.points.refunding.share_to_return` for how many points these are.
    """

    redemption: Entry
    since: tuple[Entry, ...]
    points: int
    brand: BrandId
    cause: Cause
    already: int = 0


@dataclass(frozen=True, slots=True)
class TakeBack:
    """E1: take back ``owed`` points that ``purchase``, now refunded in part or whole, had earned at ``brand``.

    ``lots`` are the numbers of the lots that it created, ``used`` what it gives back of the caps it used (E2).
    ``last_activity`` is given where the purchase is refunded whole, so that it keeps nothing alive any more: the
    latest activity that still counts, see `huitou.points.replay.activity_without`; None otherwise (E5).
    """

    owed: int
    purchase: str
    lots: frozenset[int]
    brand: BrandId
    policy: RefundPolicy
    cause: Cause
    used: Mapping[str, int] = field(default_factory=dict)
    last_activity: datetime | None = None


@dataclass(frozen=True, slots=True)
class Adjust:
    """Give (``points`` > 0: a new lot) or take (< 0: from the lots that end first) by hand, with a reason (M11)."""

    points: int
    brand: BrandId
    reason: str
    actor: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Give:
    """Give ``points`` as a new lot of ``brand``, because a campaign does (M20); ``reason`` is what members read.

    ``origin`` as of `Earn`, where it had begun with somebody who was merged into the wallet's member.
    """

    points: int
    brand: BrandId
    reason: str | None
    cause: Cause
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class BringIn:
    """Take in a lot of ``brand`` that another system kept, with its own dates (M36)."""

    points: int
    brand: BrandId
    earned_at: datetime
    active_at: datetime
    expires_at: datetime | None
    actor: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Expire:
    """End points by hand: of lots, spendable or pending, or ``points`` of those that end first (E6).

    ``lots`` None means all that there are, as an erasure does it (E25); what is held is left out.
    """

    brand: BrandId
    reason: str
    actor: str
    cause: Cause
    points: int | None = None
    lots: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Reinstate:
    """Give the points of an expiry again, by courtesy, in new lots that live for ``days`` days (M11)."""

    expired: Entry
    days: int
    brand: BrandId
    reason: str
    actor: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Send:
    """Give ``points`` to another member, from the lots that end first (E6)."""

    points: int
    to: MemberId
    brand: BrandId
    cause: Cause


@dataclass(frozen=True, slots=True)
class Receive:
    """Take in what another member sent: ``parts`` are the changes of that entry.

    E11: each part becomes a lot of the same issuer that ends with the lot it came from, or earlier, where the
    currency's policy says so.
    """

    parts: tuple[LotChange, ...]
    sender: MemberId
    brand: BrandId
    cause: Cause


@dataclass(frozen=True, slots=True)
class ConvertOut:
    """Change up to ``points`` into another currency; what does not convert evenly stays where it is (E11)."""

    points: int
    conversion: Conversion
    brand: BrandId
    cause: Cause


@dataclass(frozen=True, slots=True)
class ConvertIn:
    """Take in what was converted: ``parts`` are the changes of that entry. Ends and issuers as in `Receive`."""

    parts: tuple[LotChange, ...]
    conversion: Conversion
    brand: BrandId
    cause: Cause


@dataclass(frozen=True, slots=True)
class HandOver:
    """E15: let lots, with the holds on them and the debts, go to another member; None: all that there are."""

    to: MemberId
    cause: Cause
    lots: frozenset[int] | None = None
    holds: frozenset[Digest] | None = None
    debts: tuple[Debt, ...] | None = None


@dataclass(frozen=True, slots=True)
class TakeOver:
    """E15: take in what another member handed over; lots keep end, issuer and the member of origin.

    ``places`` says, by the number that a lot had there, which lot it is here again; the others are new ones.
    """

    parts: tuple[LotChange, ...]
    holds: tuple[Hold, ...]
    debts: tuple[Debt, ...]
    sender: MemberId
    cause: Cause
    places: Mapping[int, Lot] = field(default_factory=dict)


Command = (
    Settle
    | Earn
    | KeepAlive
    | Redeem
    | PlaceHold
    | Capture
    | Release
    | Reverse
    | GiveBack
    | TakeBack
    | Adjust
    | Expire
    | Reinstate
    | Send
    | Receive
    | ConvertOut
    | ConvertIn
    | HandOver
    | TakeOver
    | BringIn
    | Give
)
