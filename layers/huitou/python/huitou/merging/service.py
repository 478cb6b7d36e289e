"""What callers do with members who turn out to be one person, or not to be (M2, E15)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from huitou.kernel.commits import MOST_WRITES, Commit, StaleReadError, Write, once, until_committed
from huitou.kernel.content import require_same
from huitou.kernel.errors import ConflictError, FieldError, InvalidError, NotFoundError
from huitou.kernel.ids import Digest, MemberId, digest_of
from huitou.members.identity import IdentityHasher
from huitou.members.model import HeldIdentity, Holder
from huitou.members.ports import MemberStore
from huitou.merging.decisions import Meeting, Past, Side, meet, part
from huitou.merging.model import MOST_ABSORBED, Merge
from huitou.merging.ports import MergeStore
from huitou.points.backlog import work_off
from huitou.points.handing_over import Pair
from huitou.points.membership import MemberErasedError, MemberNotFoundError
from huitou.points.ports import WalletStore
from huitou.program.model import CurrencyId, Program
from huitou.purchases.ports import MemberStates
from huitou.standing.ports import StandingStore, TierPrograms
from huitou.standing.timeline import ProgramTimeline

MOST_LOTS = 4_000
"""That one entry can name, those of holds too: an item has at most 400 KB. So nobody gets more by a merge, or they
could not all be spent, or end, at once. Of writes, `points.paging` keeps few.
"""


class MergeNotFoundError(NotFoundError):
    """No such merge."""

    code = "merge_not_found"
    title = "Merge not found"


class AlreadyMergedError(ConflictError):
    """One of the two was merged into somebody already, or, of a merge to be undone, the survivor was since."""

    code = "already_merged"
    title = "The member was merged already"


class TooManyAbsorbedError(ConflictError):
    """E15: more would become one than can be read together."""

    code = "too_many_absorbed"
    title = "Too many members would be one"


class TooMuchToMergeError(ConflictError):
    """What both have does not fit into one transaction: thousands of lots of one currency, or hundreds each of many."""

    code = "too_much_to_merge"
    title = "The members have too much to be merged at once"


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge as it stands; ``replayed`` if it was made, or undone, before."""

    merge: Merge
    replayed: bool


def merge_id(idempotency_key: str) -> Digest:
    """Merges are the group's: one key space."""
    return digest_of(("merge", idempotency_key))


class Merges:
    """The use cases, for the group's keys only. ``pause`` waits after the n-th time that a decision was overtaken."""

    def __init__(
        self,
        *,
        merges: MergeStore,
        members: MemberStore,
        wallets: WalletStore,
        states: MemberStates,
        standings: StandingStore,
        programs: TierPrograms,
        hasher: IdentityHasher,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._merges = merges
        self._members = members
        self._wallets = wallets
        self._states = states
        self._standings = standings
        self._programs = programs
        self._timeline = ProgramTimeline(programs)
        self._hasher = hasher
        self._commit = commit
        self._pause = pause

    def merge(self, order: Merge) -> Merged:
        """Makes ``order.absorbed`` one with the survivor, whose id stays; the other's leads there from now on.

        Raises `MemberNotFoundError`, `AlreadyMergedError`, `TooManyAbsorbedError`, `TooMuchToMergeError`,
        `ContentReusedError`, `InvalidError`.
        """
        if order.survivor == order.absorbed:
            raise InvalidError(
                "Nobody is merged with themselves.", errors=[FieldError("/absorbed", "The same member.")]
            )

        def attempt() -> Merged:
            program = self._programs.active()
            mine, theirs = (self._load(each, program, order.merged_at) for each in (order.survivor, order.absorbed))
            _require_mergeable(mine, theirs, program.home_currency)
            wallets = (*mine.wallets.values(), *theirs.wallets.values())
            timed = replace(order, merged_at=max(wallet.not_before(order.merged_at) for wallet in wallets))
            meeting = meet(timed, mine, theirs, program, self._timeline)
            moved = self._moved(theirs.member.identities, order.absorbed, order.survivor)
            self._carry_out(meeting, mine, [*moved, *self._merges.add(meeting.merge, mine.member)])
            return Merged(meeting.merge, replayed=False)

        def recall() -> Merged | None:
            known = self._merges.find(order.id)
            if known is None:
                return None
            require_same(known.content(), order.content(), "merge")
            return Merged(known, replayed=True)

        return once(attempt, recall, self._pause)

    def get(self, merge_id: Digest) -> Merge:
        """Raises `MergeNotFoundError`."""
        found = self._merges.find(merge_id)
        if found is None:
            raise MergeNotFoundError("No such merge.")
        return found

    def reverse(self, merge_id: Digest, now: datetime) -> Merged:
        """Undoes a merge, once: what remains of the other's goes back. Raises as `merge`, and `MergeNotFoundError`."""

        def attempt() -> Merged:
            known = self.get(merge_id)
            if known.reversed_at is not None:
                return Merged(known, replayed=True)
            program = self._programs.active()
            mine, theirs = (self._load(each, program, now) for each in (known.survivor, known.absorbed))
            before = self._merges.before(known)
            if mine.wallets[program.home_currency].moved_to or before is None:
                raise AlreadyMergedError("The survivor was merged into another member since; undo that first.")
            wallets = (*mine.wallets.values(), *theirs.wallets.values())
            at = max(wallet.not_before(now) for wallet in wallets)
            meeting = part(known, Past(before, self._pairs(known)), mine, theirs, program=program, now=at)
            moved = self._moved(meeting.absorbed.identities, known.survivor, known.absorbed)
            self._carry_out(meeting, mine, [*moved, self._merges.reverse(meeting.merge)])
            return Merged(meeting.merge, replayed=False)

        return until_committed(attempt, self._pause)

    def _load(self, member_id: MemberId, program: Program, now: datetime) -> Side:
        """With all booked that had fallen due: what changes hands needs the room of a commit."""
        wallets, record, _ = self._states.load(member_id)
        member = self._members.load(member_id)
        if member is None or program.home_currency not in wallets:
            raise MemberNotFoundError
        if wallets[program.home_currency].erased_at:
            raise MemberErasedError("What was known of this member has been destroyed.")
        at = max(wallet.not_before(now) for wallet in wallets.values())
        work_off(wallets.values(), self._wallets, self._commit, program, at, most=0)
        return Side(member, wallets, record)

    def _pairs(self, known: Merge) -> dict[CurrencyId, Pair]:
        pairs = {}
        for transfer in known.transfers:
            handed = self._wallets.entry(known.absorbed, transfer.currency, transfer.handed)
            taken = self._wallets.entry(known.survivor, transfer.currency, transfer.taken)
            if handed is None or taken is None:
                raise StaleReadError("The merge is being written just now.")
            pairs[transfer.currency] = Pair(handed, taken)
        return pairs

    def _moved(self, identities: Iterable[HeldIdentity], before: MemberId, after: MemberId) -> list[Write]:
        """Looked up from now on, they lead to ``after``; who brought them is remembered."""
        keys = [self._hasher.key(held.identity) for held in identities]
        writes = []
        for key, holder in zip(keys, self._members.holders(keys) if keys else (), strict=True):
            if holder is None or holder.member != before:
                raise StaleReadError("The identity became somebody else's meanwhile.")
            origin = None if holder.origin == after else holder.origin or before
            writes.append(self._members.rebind(key, holder, Holder(after, origin)))
        return writes

    def _carry_out(self, meeting: Meeting, mine: Side, others: list[Write]) -> None:
        writes = [*others, self._members.save(meeting.survivor), self._members.save(meeting.absorbed)]
        writes.append(self._standings.rewrite(mine.record, meeting.record))
        for before, decision in meeting.changes:
            writes += self._wallets.save(before, decision)
        _require_room(writes, meeting)
        self._commit(writes)


def _require_room(writes: Sequence[Write], meeting: Meeting) -> None:
    if len(writes) > MOST_WRITES:
        raise TooMuchToMergeError(f"It takes {len(writes)} writes, and one transaction has at most {MOST_WRITES}.")
    for _, decision in meeting.changes:
        named = (len(entry.changes) + sum(len(hold.parts) for hold in entry.holds) for entry in decision.entries)
        lots = max((len(decision.wallet.lots), *named))
        if lots > MOST_LOTS:
            raise TooMuchToMergeError(f"One member would have {lots} lots of one currency, and can have {MOST_LOTS}.")


def _require_mergeable(mine: Side, theirs: Side, home: CurrencyId) -> None:
    survivor, absorbed = mine.wallets[home], theirs.wallets[home]
    for wallet in (survivor, absorbed):
        if wallet.moved_to:
            raise AlreadyMergedError(f"{wallet.member} was merged into {wallet.moved_to} before.")
    if len(survivor.absorbed) + 1 + len(absorbed.absorbed) > MOST_ABSORBED:
        raise TooManyAbsorbedError(f"At most {MOST_ABSORBED} members can be merged into one.")
