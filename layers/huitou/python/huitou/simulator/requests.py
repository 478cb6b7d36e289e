"""Simulations as callers ask for them and see them.

Points and money are decimal strings with the decimals of their currency, instants RFC 3339 in UTC, days those of the
programme's calendar (E33).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, model_validator

from huitou.fields import Body, ClientReference, Day, View
from huitou.jobs.model import JobStatus
from huitou.kernel.instants import format_instant
from huitou.program.requests import DocumentBody
from huitou.simulator.service import Asked, Simulated

Version = Annotated[int, Field(ge=1, le=99_999_999)]
PastDay = Annotated[Day, Field(ge=date(1970, 1, 2))]


class SimulationBody(Body):
    """A changed programme, by exactly one of `draft_id`, `version` and `document`, and the time to replay."""

    draft_id: Annotated[str, Field(max_length=26)] | None = None
    """A draft, as it is now."""
    version: Version | None = None
    """A version that was published."""
    document: DocumentBody | None = None
    """A programme document; it is kept for this simulation only."""
    against: Version | None = None
    """The version to compare with; by default the active one."""
    from_: Annotated[PastDay | None, Field(alias="from")] = None
    """What was bought from this day on, as if nothing had been before; by default everything."""
    to: PastDay | None = None
    """Up to this day, included; what falls due by its end is booked. By default until now."""
    client_reference: ClientReference | None = None

    @model_validator(mode="after")
    def _one(self) -> SimulationBody:
        if sum(each is not None for each in (self.draft_id, self.version, self.document)) != 1:
            raise ValueError("name one of draft_id, version and document")
        return self

    def asked(self) -> Asked:
        document = None if self.document is None else json.dumps(self.document, ensure_ascii=False, sort_keys=True)
        return Asked(self.draft_id, self.version, document, self.against, self.from_, self.to, self.client_reference)


class ComparedAmountView(View):
    """Under the programme compared with, under the changed one, and how much more that is."""

    before: str | None
    """Null where that programme does not say it."""
    after: str | None
    more: str | None


class ComparedCountView(View):
    """Under the programme compared with, and under the changed one."""

    before: int
    after: int


class SalesView(View):
    """Purchases."""

    counted: int
    unknown_place: int
    """At stores and brands that the programme does not have: they count for nothing."""


class BothSalesView(View):
    """Purchases under both programmes."""

    before: SalesView
    after: SalesView


class NamesView(View):
    """What the programmes are called."""

    before: str
    after: str


class ReplayedView(View):
    """Members."""

    replayed: int
    """Who bought something in that time."""
    gaining: int
    """Who are issued more under the changed programme."""
    losing: int


class SimulatedPointsView(View):
    """Points of one currency and issuer. What was issued is redeemed, expired or open."""

    currency: str
    issuer: str
    issued: ComparedAmountView
    redeemed: ComparedAmountView
    expired: ComparedAmountView
    open: ComparedAmountView
    liability: ComparedAmountView
    """The money that the open ones are worth."""


class SimulatedRuleView(View):
    """What a rule paid, and for how many purchases."""

    rule: str
    currency: str
    sales: ComparedCountView
    points: ComparedAmountView


class SimulatedTierView(View):
    """Members in a tier at the end."""

    tier: str
    before: int
    after: int


class ElsewhereView(View):
    """Members who end in another tier by the change; null is none."""

    before: str | None
    after: str | None
    members: int


class SimulatedTiersView(View):
    """Tiers and moves."""

    at_the_end: list[SimulatedTierView]
    moves_up: ComparedCountView
    moves_down: ComparedCountView
    members_elsewhere: list[ElsewhereView]


class TierPairView(View):
    """A member's tier at the end under both."""

    before: str | None
    after: str | None


class SegmentsPairView(View):
    """A member's segments at the end under both."""

    before: list[str]
    after: list[str]


class AffectedView(View):
    """A member, by id alone."""

    member: str
    issued: dict[str, ComparedAmountView]
    """By currency."""
    tier: TierPairView
    segments: SegmentsPairView


class DifferenceView(View):
    """What differs for some of the members."""

    members: ReplayedView
    sales: ComparedCountView
    points: list[SimulatedPointsView]
    moves_up: ComparedCountView
    moves_down: ComparedCountView
    most_affected: list[AffectedView]
    """At most 3."""


class BrandDifferenceView(DifferenceView):
    """Of who bought at a brand: its purchases, and the points that it gave. A member may be of several brands."""

    brand: str


class SegmentDifferenceView(DifferenceView):
    """Of who is in a segment at the end under the programme compared with. A member may be in several."""

    segment: str | None
    """Null: of who is in none."""


class SimulatedSegmentView(View):
    """Members in a segment at the end."""

    segment: str
    name: str
    before: int
    after: int
    entering: int
    """Who are in it by the change."""
    leaving: int


class SimulatedSegmentsView(View):
    """Segments and moves."""

    at_the_end: list[SimulatedSegmentView]
    members_elsewhere: int
    """Who end in other segments by the change."""
    differences: list[SegmentDifferenceView]


class CampaignMessagesView(View):
    """Messages that were sent, by channel."""

    email: ComparedCountView
    sms: ComparedCountView
    line: ComparedCountView


class CampaignPointsView(ComparedAmountView):
    """Points of one currency that a campaign gave."""

    currency: str


class SimulatedCampaignView(View):
    """What a campaign did."""

    campaign: str
    name: str
    begun: ComparedCountView
    """How often it began with a member."""
    messages: CampaignMessagesView
    sms_parts: ComparedCountView
    points: list[CampaignPointsView]
    coupons: ComparedCountView
    """How many it gave; whether they would be used, nobody knows."""
    held_out: ComparedCountView
    """Messages that were not sent, and points and coupons not given, to be compared with."""
    cap_reached: ComparedCountView
    """Messages for which a frequency cap had no room."""
    not_reached: ComparedCountView
    """Messages to members who have not agreed, or have no address."""
    withdrawn: ComparedCountView
    """Messages that were planned and were not right any more, or wait at the end."""
    cost: ComparedAmountView
    """Of messages, in money; null where the programme has no prices, or no campaigns."""


class SimulationReportView(View):
    """What differs. The same past and the same programmes give the same report."""

    source: str
    until: datetime
    programs: NamesView
    assumptions: list[str]
    """What this simulation takes for granted."""
    members: ReplayedView
    sales: BothSalesView
    points: list[SimulatedPointsView]
    rules: list[SimulatedRuleView]
    tiers: SimulatedTiersView
    brands: list[BrandDifferenceView]
    segments: SimulatedSegmentsView
    campaigns: list[SimulatedCampaignView]
    most_affected: list[AffectedView]
    """The largest differences, up or down, first; at most 20."""


class ProgressView(View):
    """How far it is: the members are replayed in parts."""

    parts: int
    done: int


class SimulationView(View):
    """A simulation."""

    simulation_id: str
    status: JobStatus
    draft_id: str | None
    version: int | None
    """Both are null for a document."""
    against: int
    """The version compared with."""
    from_: date | None = Field(alias="from")
    to: date | None
    client_reference: str | None
    created_at: datetime
    finished_at: datetime | None
    progress: ProgressView
    failure: str | None
    """Why there is no report, as far as it is known."""
    report: SimulationReportView | None
    """Null until it is completed."""


class CreatedSimulationView(SimulationView):
    """A simulation that is running."""

    replayed: bool
    """Whether it had been asked for before."""


def simulation_view(simulated: Simulated) -> dict[str, Any]:
    """As `SimulationView`."""
    simulation = simulated.simulation
    return {
        "simulation_id": simulation.id,
        "status": simulation.status,
        "draft_id": simulation.draft,
        "version": simulation.version,
        "against": simulation.against,
        "from": simulation.first.isoformat() if simulation.first else None,
        "to": simulation.last.isoformat() if simulation.last else None,
        "client_reference": simulation.client_reference,
        "created_at": format_instant(simulation.created_at),
        "finished_at": format_instant(simulation.finished_at) if simulation.finished_at else None,
        "progress": {"parts": simulation.parts, "done": simulated.done},
        "failure": simulation.failure,
        "report": _report_in(simulated.report) if simulated.report else None,
    }


def _report_in(kept: Mapping[str, Any]) -> dict[str, Any]:
    """As `SimulationReportView`, of reports too that were kept before there were campaigns, or coupons."""
    none = {"before": 0, "after": 0}
    return {**kept, "campaigns": [{**each, "coupons": each.get("coupons", none)} for each in kept.get("campaigns", ())]}


def created_view(simulated: Simulated) -> dict[str, Any]:
    """As `CreatedSimulationView`."""
    return {**simulation_view(simulated), "replayed": simulated.replayed}
