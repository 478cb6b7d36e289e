"""Steps that change something of the member: points and coupons come, tags come and go (M20).

As with what is sent, the arm is asked for last (E27): where nothing could have been done, both arms say why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from huitou.campaigns.drawing import untold
from huitou.campaigns.model import Journey, Turn, TurnOutcome
from huitou.campaigns.ports import Effects, Given, Issued
from huitou.campaigns.situations import Situation
from huitou.kernel.commits import Commit, StaleReadError, Write
from huitou.kernel.ids import MemberId
from huitou.kernel.values import changed
from huitou.members import decisions
from huitou.members.decisions import TooManyError
from huitou.members.model import Member
from huitou.members.ports import MemberStore
from huitou.points.backlog import work_off
from huitou.points.decisions import Decision, Give, decide, touch
from huitou.points.handing_over import with_share
from huitou.points.ports import WalletStore
from huitou.points.wallet import CAMPAIGN, Cause, Origin, Wallet, open_wallet
from huitou.program.campaigns import GiveCoupon, GivePoints, SetTag
from huitou.program.coupons import CouponKind
from huitou.program.model import GROUP, BrandId, CurrencyId, Program
from huitou.rewards.decisions import issue
from huitou.rewards.ports import CouponStore
from huitou.standing.ports import StandingStore


def given(
    journey: Journey, gift: GivePoints, found: Situation, effects: Effects, *, now: datetime
) -> tuple[Turn, Sequence[Write]]:
    """What became of the step, and what is written with it. The points are of whose campaign it is by now."""
    currency, brand = found.program.currencies[gift.currency], found.brand
    if outcome := _refused(currency.brand, found, TurnOutcome.POINTS_GONE) or untold(journey.draw):
        return Turn(journey.step, now, outcome), ()
    give = Give(gift.points, brand, gift.reason, _cause(journey))
    entry, writes = effects.give(give, currency.id, found.wallets, found.program, now, whose=journey.id.member)
    return Turn(journey.step, now, TurnOutcome.GIVEN, entry=entry), writes


def issued(
    journey: Journey, step: GiveCoupon, found: Situation, effects: Effects, *, now: datetime
) -> tuple[Turn, Sequence[Write]]:
    """As `given`, of a coupon as the programme says it by now."""
    kind = found.program.coupons.get(step.coupon)
    if kind is None:
        return Turn(journey.step, now, TurnOutcome.COUPON_GONE), ()
    outcome = _refused(kind.brand, found, TurnOutcome.COUPON_GONE)
    if outcome is None and not is_taken_from(found.home, kind):
        outcome = TurnOutcome.NOT_A_MEMBER
    if outcome := outcome or untold(journey.draw):
        return Turn(journey.step, now, outcome), ()
    coupon, writes = effects.issue(kind, _cause(journey), found.home, found.program, now, whose=journey.id.member)
    return Turn(journey.step, now, TurnOutcome.GIVEN, coupon=coupon), writes


def is_taken_from(home: Wallet, kind: CouponKind) -> bool:
    """Whether somebody who takes coupons of this kind has seen the member yet."""
    return kind.brand is None or home.has_joined(kind.brand)


def _refused(owner: BrandId | None, found: Situation, gone: TurnOutcome) -> TurnOutcome | None:
    """Why what belongs to ``owner`` alone (None: to all) is not given; ``gone``, where it is not the campaign's."""
    if not found.is_of_the_brand:
        return TurnOutcome.NOT_A_MEMBER
    return gone if found.brand != GROUP and owner not in {None, found.brand} else None


def _cause(journey: Journey) -> Cause:
    return Cause(CAMPAIGN, f"{journey.campaign}/{journey.id.cause.occurrence}/{journey.step}")


def tagged(
    journey: Journey, step: SetTag, found: Situation, record: Member, effects: Effects, *, now: datetime
) -> tuple[Turn, Sequence[Write]]:
    """As `given`; where the member carries the tag already, or carries none, it is as it should be."""
    if not found.is_of_the_brand:
        return Turn(journey.step, now, TurnOutcome.NOT_A_MEMBER), ()
    try:
        after = _changed(record, step, found, now)
    except TooManyError:
        return Turn(journey.step, now, TurnOutcome.TOO_MANY_TAGS), ()
    if outcome := untold(journey.draw):
        return Turn(journey.step, now, outcome), ()
    return Turn(journey.step, now, TurnOutcome.TAGGED), effects.keep(after, found.home, now) if after != record else ()


def _changed(record: Member, step: SetTag, found: Situation, now: datetime) -> Member:
    if step.off:
        return decisions.untag(record, step.name, found.brand)
    return decisions.tag(record, step.name, found.brand, now)


class MemberEffects:
    """`Effects`, in the stores. The home wallet is written along, so that nothing is done for who is merged into
    another, or erased, at the same time.
    """

    def __init__(
        self,
        *,
        wallets: WalletStore,
        records: MemberStore,
        standings: StandingStore,
        coupons: CouponStore,
        new_code: Callable[[], str],
        commit: Commit,
    ) -> None:
        self._wallets = wallets
        self._records = records
        self._standings = standings
        self._coupons = coupons
        self._new_code = new_code
        self._commit = commit

    def issue(
        self, kind: CouponKind, cause: Cause, home: Wallet, program: Program, now: datetime, *, whose: MemberId
    ) -> Issued:
        coupon = issue(kind, whose, code=self._new_code(), cause=cause, program=program, now=now)
        return Issued(coupon.id.key, [*self._coupons.add(coupon), *self._touched(home, home.not_before(now))])

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
        home = wallets[program.home_currency]
        stored = wallets.get(currency) or open_wallet(home.member, currency, now)
        at = max(home.not_before(now), stored.not_before(now))
        work_off((stored,), self._wallets, self._commit, program, at)
        absorbed = self._absorbed(whose, home, currency, now)
        origin = Origin(whose, absorbed[0].next_lot) if absorbed else None
        decision = decide(stored, replace(gift, origin=origin), program, at)
        along = [] if currency == home.currency else self._touched(home, at)
        for wallet in absorbed:
            share = with_share(wallet, gift.points, whose)
            along += self._wallets.save(wallet, Decision(changed(share, version=share.version + 1), ()))
        return Given(decision.entry_for(gift.cause).id, [*self._wallets.save(stored, decision), *along])

    def _absorbed(self, whose: MemberId, home: Wallet, currency: CurrencyId, now: datetime) -> Sequence[Wallet]:
        """E15: the wallets that an unmerge gives back to, from ``whose`` on the way to whoever goes on."""
        wallets, member = [], whose
        while member != home.member:
            left = self._wallets.load(member, home.currency)
            if left is None or left.moved_to is None:
                raise StaleReadError("The merge was undone meanwhile.")
            own = left if currency == home.currency else self._wallets.load(member, currency)
            wallets.append(own or open_wallet(member, currency, now))
            member = left.moved_to
        return wallets

    def keep(self, record: Member, home: Wallet, now: datetime) -> Sequence[Write]:
        return [
            self._records.save(record),
            self._standings.note_profile(record.id, record.version, record.profile.birthday),
            *self._touched(home, home.not_before(now)),
        ]

    def _touched(self, home: Wallet, at: datetime) -> list[Write]:
        return self._wallets.save(home, Decision(touch(home, at), ()))
