"""Members for tests: identities, enrolments, and the use cases over stores in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import parse_instant
from huitou.members.consents import Consents
from huitou.members.decisions import Presented
from huitou.members.directory import MemberDirectory
from huitou.members.identity import Identity, IdentityHasher, email_identity, line_identity, phone_identity
from huitou.members.model import Member, Profile, Proof, ProofMethod
from huitou.members.service import Enrolment, Members, SeenMember
from huitou.program.model import GROUP, Program
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_members import MemoryMembers
from huitou.simulator.memory_points import MemoryWallets
from huitou.simulator.memory_standing import MemoryStandings
from tests import builders
from tests.builders import OPENED

NOON = parse_instant("2026-03-02T12:00:00+08:00")
"""For tests to which the time is all the same."""
LATER = parse_instant("2026-03-09T18:30:00+08:00")

HASHER = IdentityHasher(lambda: "a secret of the tests")
MEI_PHONE = phone_identity("0912-345-678")
MEI_EMAIL = email_identity("mei@example.com")
MEI_LINE = line_identity("1650000000", "U4af4980629")
STRANGER_LINE = line_identity("1650000000", "Uffffffffff")


def said(identity: Identity) -> Presented:
    """An identity that somebody merely named."""
    return Presented(identity)


def proven(identity: Identity, method: ProofMethod = ProofMethod.SMS_CODE, at: datetime = NOON) -> Presented:
    """An identity with a proof."""
    return Presented(identity, Proof(method, at, "showed an id card" if method is ProofMethod.STAFF else None))


def an_enrolment(*identities: Identity | Presented, brand: str = "maru", profile: Profile | None = None) -> Enrolment:
    presented = tuple(each if isinstance(each, Presented) else said(each) for each in identities)
    return Enrolment(presented or (said(MEI_PHONE),), profile or Profile(), brand)


@dataclass(frozen=True)
class FixedPrograms:
    """The programme in force is always the same."""

    program: Program

    def active(self) -> Program:
        return self.program

    def at(self, instant: datetime) -> Program:  # noqa: ARG002 - the port's
        return self.active()

    def version(self, number: int) -> Program:  # noqa: ARG002 - the port's
        return self.program

    def published_at(self, number: int) -> datetime:  # noqa: ARG002 - the port's
        return OPENED


class MembersInMemory:
    """The use cases, and the stores below them to look into."""

    def __init__(self, program: Program | None = None) -> None:
        self.table = MemoryTable()
        self.store = MemoryMembers(self.table)
        self.wallets = MemoryWallets(self.table)
        self.directory = MemberDirectory(self.store, HASHER)
        self.programs = FixedPrograms(program or builders.program())
        self.use = Members(
            members=self.store,
            wallets=self.wallets,
            standings=MemoryStandings(self.table),
            programs=self.programs,
            hasher=HASHER,
            commit=self.table.commit,
            pause=lambda _: None,
        )
        self.consents = Consents(
            members=self.store,
            wallets=self.wallets,
            standings=MemoryStandings(self.table),
            programs=self.programs,
            commit=self.table.commit,
            pause=lambda _: None,
        )

    def enrol(
        self, *identities: Identity | Presented, brand: str = "maru", profile: Profile | None = None
    ) -> SeenMember:
        """Enrols at ``brand`` with the brand's own key."""
        return self.use.enrol(an_enrolment(*identities, brand=brand, profile=profile), brand, NOON).view

    def members(self) -> list[Member]:
        return self.table.all(Member)

    def record(self, member: MemberId) -> Member:
        return self.use.get(member, GROUP).member
