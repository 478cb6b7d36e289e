"""Who a request is about: from what a caller presents to the member's id."""

from __future__ import annotations

from dataclasses import dataclass

from huitou.kernel.ids import MemberId
from huitou.members.identity import Identity, IdentityHasher
from huitou.members.ports import MemberStore
from huitou.points.membership import MemberNotFoundError


@dataclass(frozen=True, slots=True)
class FoundMember:
    """``presented``: by an identity, or by the group; not by our id alone, which joins nobody to a brand (E31)."""

    id: MemberId
    presented: bool
    identity_of: MemberId | None = None
    """E15: who brought the identity, where they were merged into this member."""

    @property
    def named(self) -> MemberId:
        """Under whose name it is kept what the member does with the identity."""
        return self.identity_of or self.id


class MemberDirectory:
    """Finds members by what they present; for purchases and redemptions too."""

    def __init__(self, members: MemberStore, hasher: IdentityHasher) -> None:
        self._members = members
        self._hasher = hasher

    def find(self, identity: Identity) -> MemberId | None:
        """Whose the identity is: one read."""
        (owner,) = self._members.owners([self._hasher.key(identity)])
        return owner

    def require(self, reference: Identity | MemberId, by_group: bool) -> FoundMember:
        """Who is meant; an id is taken at its word, for whatever it names is read next.

        Raises `MemberNotFoundError` for an identity that is nobody's.
        """
        if isinstance(reference, str):
            return FoundMember(reference, presented=by_group)
        (holder,) = self._members.holders([self._hasher.key(reference)])
        if holder is None:
            raise MemberNotFoundError
        return FoundMember(holder.member, presented=True, identity_of=holder.origin)
