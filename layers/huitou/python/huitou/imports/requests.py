"""Rows and requests of imports as they come: shapes, and what turns them into values.

The first state reads only what places a row (`read_head`), the second the whole of it (`read_row`); both by the
same parser, so that they understand a row alike.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from huitou.access.model import Caller
from huitou.fields import Body, ClientReference, Moment, Name, View
from huitou.imports.apply import Arrival, Bill, imported_time
from huitou.imports.model import SHOWN_REJECTIONS, ImportFormat, ImportStatus, Run
from huitou.imports.openings import Control, LotHead, OpeningLot, OpeningTag, OpeningTier
from huitou.imports.partition import Head
from huitou.imports.service import Created, Progress
from huitou.kernel.errors import FieldError, InvalidError
from huitou.kernel.ids import MemberId, digest_of
from huitou.kernel.instants import format_instant
from huitou.kernel.pointers import pointer_to
from huitou.members.identity import Identity
from huitou.members.references import IdentityBody, MemberReference
from huitou.members.requests import EnrolBody, TagName
from huitou.members.service import Enrolment
from huitou.points.requests import Spent
from huitou.program.faults import Faults
from huitou.program.model import GROUP, Program
from huitou.purchases.requests import ReceiptBody, SaleBody, read_purchase, read_receipt

MOST_FINDINGS = 50


class InvalidRowError(InvalidError):
    """The row is no JSON, or lacks fields, or has fields that no row has."""

    code = "invalid_row"
    title = "The row is not valid"


class MemberRow(EnrolBody):
    """A row: somebody to recognise or to enrol."""

    type: Literal["member"]
    enrolled_at: Moment | None = None
    """By default the time of the member's first purchase in the file, else the import's start."""


class PurchaseRow(SaleBody):
    """A row: a sale."""

    type: Literal["purchase"]


class OpeningRow(Body):
    """A row: a lot of points as another system kept it."""

    type: Literal["opening"]
    member: MemberReference
    brand: Name | None = None
    """Whose points they are; the key's brand, where the key has one."""
    currency: Name | None = None
    """By default the points that all brands share."""
    points: Annotated[Spent, Field(examples=["250"])]
    """What is left of the lot, more than 0."""
    earned_at: Moment
    active_at: Moment | None = None
    """From when on they can be spent; by default since they were earned."""
    expires_at: Moment | None = None
    """When they end, that instant excluded; without it, never."""
    reference: ClientReference
    """What the other system calls the lot: brought twice, it comes once."""


class TierRow(Body):
    """A row: a tier that another system had given."""

    type: Literal["tier"]
    member: MemberReference
    brand: Name | None = None
    tier: Name
    until: Moment | None = None
    """When it is reviewed; by default, as if the member had reached it at the import's start."""
    reference: ClientReference


class TagRow(Body):
    """A row: a tag to be put on, or taken off; also a list, by its id, on which somebody is put."""

    type: Literal["tag"]
    member: MemberReference
    brand: Name | None = None
    """Whose tag it is; by default, the key's brand, or the group."""
    tag: TagName
    action: Literal["set", "remove"] = "set"


class _OpeningHead(BaseModel):
    type: Literal["opening"]
    member: MemberReference
    brand: str | None = None
    currency: str | None = None
    points: Spent
    earned_at: Moment
    reference: str


class _LastHead(BaseModel):
    """Of what changes a member when all else is done."""

    type: Literal["tier", "tag"]
    member: MemberReference


class _MemberHead(BaseModel):
    type: Literal["member"]
    identities: list[IdentityBody]
    enrolled_at: Moment | None = None


class _PurchaseHead(ReceiptBody):
    model_config = ConfigDict(extra="ignore")

    type: Literal["purchase"]
    member: MemberReference | None = None


_HEADS: TypeAdapter[_MemberHead | _PurchaseHead | _OpeningHead | _LastHead] = TypeAdapter(
    Annotated[_MemberHead | _PurchaseHead | _OpeningHead | _LastHead, Field(discriminator="type")]
)
_ROWS: TypeAdapter[MemberRow | PurchaseRow | OpeningRow | TierRow | TagRow] = TypeAdapter(
    Annotated[MemberRow | PurchaseRow | OpeningRow | TierRow | TagRow, Field(discriminator="type")]
)


def read_head(text: bytes, run: Run, program: Program) -> Head:
    """What places a row. Raises `InvalidRowError`, `InvalidPurchaseError`, `ForeignBrandError`, `InFutureError`."""
    try:
        head = _HEADS.validate_json(text)
    except ValidationError as error:
        _refuse(error)
    if isinstance(head, _MemberHead):
        at = head.enrolled_at
        return Head(0, at, "", tuple(_name(each.identity) for each in head.identities))
    if isinstance(head, _OpeningHead):
        return _opening_head(head, run, program)
    if isinstance(head, _LastHead):
        return Head(3, run.decided_at, "", (_name(head.member.target),))
    receipt = read_receipt(head, _caller(run).brand_for(head.brand), program).digest
    named = (_name(head.member.target),) if head.member else ()
    at = imported_time(head.occurred_at, run.decided_at)
    return Head(1, at, receipt, (f"receipt:{receipt}", *named))


def _opening_head(head: _OpeningHead, run: Run, program: Program) -> Head:
    owner, brand = _name(head.member.target), _caller(run).brand_for(head.brand)
    currency = program.currencies.get(head.currency or program.home_currency)
    faults = Faults()
    points = faults.amount("/points", head.points, currency.exponent if currency else 0)
    if currency is None or currency.brand not in {None, brand}:
        faults.add("/currency", "there are no such points at this brand")
    faults.raise_any(InvalidRowError, "The lot cannot be taken over.")
    lot = LotHead(f"{brand}:{head.reference}", owner, currency.id if currency else "", points or 0)
    return Head(2, imported_time(head.earned_at, run.decided_at), lot.reference, (owner,), lot)


def read_row(text: bytes, run: Run, program: Program) -> Arrival | Bill | OpeningLot | OpeningTier | OpeningTag:
    """The whole of a row. Raises as `read_head`."""
    try:
        row = _ROWS.validate_json(text)
    except ValidationError as error:
        _refuse(error)
    match row:
        case MemberRow():
            return _arrival(row, run)
        case PurchaseRow():
            return _bill(row, run, program)
        case OpeningRow():
            return _opening(row, run, program)
        case TierRow():
            return _tier(row, run)
        case TagRow():
            return _tag(row, run, program)


def _opening(row: OpeningRow, run: Run, program: Program) -> OpeningLot:
    brand = _caller(run).brand_for(row.brand)
    faults = Faults()
    faults.store(None, brand, program)
    currency = program.currencies.get(row.currency or program.home_currency)
    if currency is None or currency.brand not in {None, brand}:
        faults.add("/currency", "there are no such points at this brand")
    points = faults.amount("/points", row.points, currency.exponent if currency else 0)
    if points == 0:
        faults.add("/points", "must not be 0")
    active_at = row.active_at or row.earned_at
    if active_at < row.earned_at:
        faults.add("/active_at", "lies before the points were earned")
    if row.expires_at is not None and row.expires_at <= max(run.decided_at, active_at):
        faults.add("/expires_at", "they are over already")
    faults.raise_any(InvalidRowError, "The lot cannot be taken over.")
    return OpeningLot(
        digest_of(("opening", brand, row.reference)),
        row.member.target,
        currency.id if currency else "",
        points or 0,
        brand,
        imported_time(row.earned_at, run.decided_at),
        active_at,
        row.expires_at,
    )


def _tier(row: TierRow, run: Run) -> OpeningTier:
    brand = _caller(run).brand_for(row.brand)
    return OpeningTier(digest_of(("opening tier", brand, row.reference)), row.member.target, row.tier, row.until, brand)


def _tag(row: TagRow, run: Run, program: Program) -> OpeningTag:
    brand = row.brand or run.brand
    _caller(run).acts_for(brand)
    if brand != GROUP:
        faults = Faults()
        faults.store(None, brand, program)
        faults.raise_any(InvalidRowError, "The tag cannot be anybody's.")
    return OpeningTag(row.member.target, row.tag, brand, row.action == "set")


def _arrival(row: MemberRow, run: Run) -> Arrival:
    brand = row.brand or run.brand
    _caller(run).acts_for(brand)

    def enrolment(at: datetime) -> Enrolment:
        return Enrolment(tuple(each.presented(at) for each in row.identities), row.profile.profile(), brand)

    at = imported_time(row.enrolled_at, run.decided_at) if row.enrolled_at else None
    return Arrival(at, tuple(each.identity for each in row.identities), enrolment)


def _bill(row: PurchaseRow, run: Run, program: Program) -> Bill:
    brand = _caller(run).brand_for(row.brand)
    purchase = read_purchase(row, brand, None, program, run.decided_at)
    return Bill(purchase, row.member.target if row.member else None)


def _caller(run: Run) -> Caller:
    """On whose behalf the import runs."""
    return Caller("import", run.brand, frozenset())


def _name(reference: Identity | MemberId) -> str:
    if isinstance(reference, str):
        return f"id:{reference}"
    return f"{reference.kind}:{reference.scope}:{reference.value}"


def _refuse(error: ValidationError) -> NoReturn:
    """Pydantic's findings, without what was given, which may be somebody's phone number."""
    fields = [
        FieldError(pointer_to(each["loc"][1:]), each["msg"].removeprefix("Value error, "))
        for each in error.errors(include_url=False, include_input=False, include_context=False)[:MOST_FINDINGS]
    ]
    raise InvalidRowError("The row does not fit the schema.", errors=fields) from None


class ControlBody(Body):
    """What the openings in the file come to, as the other system says."""

    points: dict[Name, Spent] = Field(default={}, max_length=50, examples=[{"points": "125000"}])
    """By currency; where any is named, all are checked."""
    members: Annotated[int, Field(ge=0)] | None = None
    """How many different members their rows name."""
    lots: Annotated[int, Field(ge=0)] | None = None

    def control(self, program: Program) -> Control:
        """In smallest units. Raises `InvalidError`."""
        faults, points = Faults(), {}
        for currency, text in self.points.items():
            kind = program.currencies.get(currency)
            if kind is None:
                faults.add(f"/control/points/{currency}", "there are no such points")
            else:
                points[currency] = faults.amount(f"/control/points/{currency}", text, kind.exponent) or 0
        faults.raise_any(InvalidRowError, "The control totals cannot be.")
        return Control(points, self.members, self.lots)


class ImportBody(Body):
    """A file to come."""

    format: ImportFormat
    """How the rows are written; the file may be compressed with gzip."""

    control: ControlBody | None = None
    """Where the file does not come to it, the import fails, and nothing is written."""

    client_reference: ClientReference | None = None


class RejectedRowView(View):
    """A row that was not imported."""

    line: int
    code: str
    reason: str


class ImportCountsView(View):
    """What became of the rows; their sum is the number of rows done with."""

    members: int
    """Rows about members, enrolled or known before."""
    recorded: int
    """Purchases that this import brought."""
    known: int
    """Purchases that were known before, with the same content."""
    rejected: int
    opened: int
    """Lots and tiers of another system that this import brought, and its tags."""


class ImportView(View):
    """An import."""

    import_id: str
    status: ImportStatus
    format: ImportFormat
    client_reference: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    program_version: int | None
    rows: int | None
    """Null until the file was read."""
    counts: ImportCountsView
    rejections: list[RejectedRowView] = Field(description=f"The first {SHOWN_REJECTIONS}, once it is finished.")
    rejections_url: str | None = Field(description="All rejected rows (NDJSON), once it is finished; for an hour.")
    failure: str | None


class CreatedImportView(ImportView):
    """An import that waits for its file."""

    upload_url: str = Field(description="PUT the file here, within an hour; then start the import.")
    replayed: bool
    """Whether it had been asked for before; it is as it stands now, which may be beyond waiting."""


def import_view(progress: Progress) -> dict[str, Any]:
    """As `ImportView`."""
    run = progress.run
    return {
        "import_id": run.id,
        "status": run.status,
        "format": run.format,
        "client_reference": run.client_reference,
        "created_at": format_instant(run.created_at),
        "started_at": format_instant(run.started_at) if run.started_at else None,
        "finished_at": format_instant(run.finished_at) if run.finished_at else None,
        "program_version": run.program_version or None,
        "rows": run.rows,
        "counts": progress.counts._asdict(),
        "rejections": [each._asdict() for each in run.rejections],
        "rejections_url": progress.rejections_url,
        "failure": run.failure,
    }


def created_view(created: Created) -> dict[str, Any]:
    """As `CreatedImportView`."""
    view = import_view(Progress(created.run, created.run.counts, None))
    return {**view, "upload_url": created.upload_url, "replayed": created.replayed}
