"""``huitou simulate``: what a changed programme would have made of the past, before it is published (M14)."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.api import PatientApi
from cli.program import checked, published
from cli.sample_data import SampleSales
from cli.tools import CommandError, err, out
from huitou.imports.model import ImportFormat
from huitou.kernel.calendars import start_of_day
from huitou.kernel.errors import DomainError
from huitou.kernel.instants import to_instant
from huitou.program.document import canonical_json
from huitou.program.model import Program
from huitou.program.validation import read_document
from huitou.simulator.comparing import Comparison, compare
from huitou.simulator.files import FileSales
from huitou.simulator.history import Agreeing, Between, Sales
from huitou.simulator.report import Report, written
from huitou.simulator.sides import Sides, sides_of

ACTIVE = "active"
SAMPLE = "sample"
MEMBERS = "members"
LOOK_SECONDS = 1.0
Amounts = dict[str, str | None]
Days = tuple[datetime | None, datetime | None]
"""The first and the last that are asked about."""
ONE_DAY = timedelta(days=1)

File = Annotated[Path, typer.Argument(help="The changed programme, a YAML file.", exists=True, dir_okay=False)]
Against = Annotated[
    str,
    typer.Option(help="What to compare with: a YAML file, the number of a version, or `active`, the one that holds."),
]
Source = Annotated[
    str,
    typer.Option(
        help="What to replay: a file as for `huitou import`; `sample`, a real year; or `members`, over the API, what "
        "they did."
    ),
]
DAY = ["%Y-%m-%d"]


def simulate(
    file: File,
    *,
    against: Against = ACTIVE,
    source: Source = SAMPLE,
    members: Annotated[int | None, typer.Option(help="Of the sample, so many households.", min=1)] = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="Sales from this day on.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Up to this day, included.")] = None,
    agreed: Annotated[
        int,
        typer.Option(
            help="So many of a hundred members have agreed to messages (of a file, or the sample).", min=0, max=100
        ),
    ] = 100,
    to_json: Annotated[Path | None, typer.Option("--json", help="Write the whole report here.")] = None,
    url: Annotated[str, typer.Option(envvar="HUITOU_API_URL", help="The address of the API, without /v1.")] = "",
    key: Annotated[
        str, typer.Option(envvar="HUITOU_API_KEY", help="An API key that may read programmes, or simulate.")
    ] = "",
) -> None:
    """Replays the past under the changed programme in FILE and under the one before, and says what differs.

    Nothing is written but the report, nothing is sent anywhere but FILE where the members' own past is asked about.
    The same past and the same programmes give the same report, to the byte.
    """
    changed, days = json.loads(canonical_json(checked(file)[1])), (first, last)
    if source == MEMBERS:
        report = _of_members(changed, against, days, PatientApi(url, key))
    else:
        sides = sides_of(_compared_with(against, url, key), changed)
        report = _of_sales(sides, source, members, days, agreed)
    if to_json is not None:
        to_json.write_text(written(report), "utf-8")
    _tell(report)


def _of_members(changed: Any, against: str, days: Days, api: PatientApi) -> dict[str, Any]:
    """Asks the API, where the members are."""
    if against != ACTIVE and not against.isdecimal():
        raise CommandError("what members did is compared with `active` or with the number of a version")
    named = {name: f"{day:%Y-%m-%d}" for name, day in zip(("from", "to"), days, strict=True) if day}
    version = {} if against == ACTIVE else {"against": int(against)}
    asked = api.call(
        "POST",
        "/v1/simulations",
        json={"document": changed, **named, **version},
        headers={"Idempotency-Key": f"simulate-{uuid4()}"},
    )
    columns = TextColumn("replaying members"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=None)
        while (seen := api.call("GET", f"/v1/simulations/{asked['simulation_id']}"))["status"] == "running":
            progress.update(task, total=seen["progress"]["parts"], completed=seen["progress"]["done"])
            time.sleep(LOOK_SECONDS)
    if seen["report"] is None:
        raise CommandError(seen["failure"] or "the simulation failed")
    report: dict[str, Any] = seen["report"]
    return report


def _of_sales(sides: Sides, source: str, members: int | None, days: Days, agreed: int) -> dict[str, Any]:
    """Replays here."""
    since = start_of_day(days[0].date(), sides.before.zone) if days[0] else None
    try:
        sales = Agreeing(_sales(source, members, sides.before, days), agreed)
        comparison = _watched(sales, sides, since)
    except DomainError as error:
        raise CommandError(error.detail) from error
    return Report(comparison, sides, sales.last_at).document(source, sales.tells)


def _compared_with(against: str, url: str, key: str) -> Any:
    version = int(against) if against.isdecimal() else None
    if against != ACTIVE and version is None:
        if not Path(against).is_file():
            raise CommandError(f"there is no file {against} to compare with")
        return json.loads(canonical_json(checked(Path(against))[1]))
    if not url:
        raise CommandError("say with --against which file to compare with, or with --url where the active one is")
    return json.loads(canonical_json(read_document(json.dumps(published(version, url, key)))))


def _sales(source: str, members: int | None, before: Program, days: Days) -> Sales:
    sales: Sales
    first, last = days
    if source == SAMPLE:
        sales = SampleSales(members=members)
    elif Path(source).is_file():
        path = Path(source)
        form = ImportFormat.CSV if ".csv" in path.suffixes else ImportFormat.NDJSON
        with err.status(f"Reading {path.name}…"):
            sales = FileSales(lambda: path.open("rb"), form, before, to_instant(datetime.now(UTC)))
        if sales.rejected:
            err.print(f"{sales.rejected:,} rows could not be imported, and are left out.")
    else:
        raise CommandError(f"there is no file {source} to replay")
    if first is None and last is None:
        return sales
    zone = before.zone
    begin = start_of_day(first.date(), zone) if first else None
    return Between(sales, begin, start_of_day((last + ONE_DAY).date(), zone) if last else None)


def _watched(sales: Sales, sides: Sides, since: datetime | None) -> Comparison:
    columns = TextColumn("replaying members"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=sales.members)
        comparison = Comparison()
        for comparison in compare(sales, sides, sales.last_at, since=since):
            progress.update(task, completed=comparison.after.members)
    return comparison


def _tell(report: dict[str, Any]) -> None:
    members, sales = report["members"], report["sales"]["after"]
    out.print(
        f"{members['replayed']:,} members with {sales['counted']:,} sales until {report['until']}: "
        f"{members['gaining']:,} get more points, {members['losing']:,} fewer."
    )
    for line in report["assumptions"]:
        out.print(f"- {line}")
    out.print(_points(report))
    out.print(_rules(report))
    if report["tiers"]["at_the_end"]:
        out.print(_tiers(report))
    out.print(_groups("Brands: members who bought there, points that it gave", "brand", report["brands"]))
    if report["segments"]["at_the_end"]:
        out.print(_segments(report["segments"]))
        differences = report["segments"]["differences"]
        out.print(_groups("Segments: their members, and points from any brand", "segment", differences))
    if report["campaigns"]:
        out.print(_campaigns(report["campaigns"]))
    if report["most_affected"]:
        out.print(_affected(report))


def _points(report: dict[str, Any]) -> Table:
    names = ("issued", "redeemed", "expired", "open", "liability")
    table = _table("Points, by who gave them", "currency", "issuer", *names)
    for each in report["points"]:
        table.add_row(each["currency"], each["issuer"], *(_change(each[name]) for name in names))
    return table


def _rules(report: dict[str, Any]) -> Table:
    table = _table("Rules that pay otherwise", "rule", "currency", "sales", "points")
    for each in report["rules"]:
        was, now = each["sales"]["before"], each["sales"]["after"]
        sales: Amounts = {"after": str(now), "more": str(now - was)}
        if each["points"]["more"] != "0" or sales["more"] != "0":
            table.add_row(each["rule"], each["currency"], _change(sales), _change(each["points"]))
    return table


def _tiers(report: dict[str, Any]) -> Table:
    tiers = report["tiers"]
    table = _table("Tiers", "members at the end", "before", "after")
    for each in tiers["at_the_end"]:
        table.add_row(each["tier"], f"{each['before']:,}", f"{each['after']:,}")
    for name in ("moves_up", "moves_down"):
        table.add_row(name.replace("_", " "), f"{tiers[name]['before']:,}", f"{tiers[name]['after']:,}")
    return table


def _groups(title: str, kind: str, groups: list[dict[str, Any]]) -> Table:
    """A row for each of the group's currencies and issuers."""
    table = _table(title, kind, "members", "more / fewer", "points of", "issued", "liability", "moves up")
    for group in groups:
        members, moves = group["members"], group["moves_up"]
        head = (
            group[kind] or "(none)",
            f"{members['replayed']:,}",
            f"{members['gaining']:,} / {members['losing']:,}",
        )
        for each in group["points"]:
            points = f"{each['currency']} {each['issuer']}", _change(each["issued"]), _change(each["liability"])
            table.add_row(*head, *points, _moved(moves["before"], moves["after"]))
    return table


def _segments(segments: dict[str, Any]) -> Table:
    table = _table(f"Segments: {segments['members_elsewhere']:,} members end in others", "segment", "before", "after")
    table.add_column("in", justify="right")
    table.add_column("out", justify="right")
    for each in segments["at_the_end"]:
        table.add_row(each["segment"], *(f"{each[name]:,}" for name in ("before", "after", "entering", "leaving")))
    return table


def _campaigns(campaigns: list[dict[str, Any]]) -> Table:
    names = ("begun", "held_out", "cap_reached", "not_reached", "withdrawn")
    table = _table("Campaigns", "campaign", "sent, given", *(name.replace("_", " ") for name in names), "cost")
    table.columns[0].no_wrap = True
    for each in campaigns:
        sent = (f"{channel} {_moved(**count)}" for channel, count in each["messages"].items() if any(count.values()))
        given = [f"{points['currency']} {_change(points)}" for points in each["points"]]
        given += [f"coupons {_moved(**each['coupons'])}"] if any(each["coupons"].values()) else []
        counts = (_moved(**each[name]) for name in names)
        table.add_row(each["campaign"], "\n".join([*sent, *given]), *counts, _change(each["cost"]))
    return table


def _moved(before: int, after: int) -> str:
    return _change({"after": str(after), "more": str(after - before)})


def _affected(report: dict[str, Any]) -> Table:
    table = _table("Members most affected", "member", "issued", "tier")
    for each in report["most_affected"]:
        issued = ", ".join(f"{currency} {_change(amounts)}" for currency, amounts in each["issued"].items())
        was, now = each["tier"]["before"] or "–", each["tier"]["after"] or "–"
        table.add_row(each["member"], issued, was if was == now else f"{was} → {now}")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number == 0 else "right")
    return table


def _change(amounts: Amounts) -> str:
    """``1200 (+30)``: what it comes to after the change, and how much more that is."""
    after, more = amounts["after"], amounts["more"]
    if after is None or more is None:
        return "–" if after is None else after
    if more.strip("0.-") == "":
        return after
    return f"{after} ({more if more.startswith('-') else '+' + more})"
