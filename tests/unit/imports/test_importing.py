"""What an import makes of its rows, over stores in memory."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from typing import Any

import pytest

from huitou.imports import partition
from huitou.imports.errors import FileReplacedError, ImportNotFoundError, NothingUploadedError, UnreadableFileError
from huitou.imports.model import LONGEST_REASON, Counts, ImportFormat, ImportStatus
from huitou.imports.openings import Control
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.errors import ContentReusedError, UnavailableError
from huitou.program.model import GROUP
from huitou.purchases.model import Purchase
from tests.builders import TAIPEI, at, document, program, rule
from tests.importing import STARTED, Importer, Row, member_row, ndjson, purchase_row, sora_row
from tests.soundness import discrepancies

LATER = at("2026-07-01 12:00")


def codes(importer: Importer, rows: Sequence[Row | str] | bytes, **how: Any) -> list[tuple[int, str]]:
    """Line and code of each rejected row."""
    return [(each.line, each.code) for each in importer.bring(rows, **how).run.rejections]


def test_history_is_booked_with_its_own_dates_and_what_fell_due_at_its_own() -> None:
    """E20: each sale at its time, each expiry at its; nothing is left that is due."""
    importer = Importer()
    importer.bring([member_row(), purchase_row("A-2", "2026-05-04 18:00"), purchase_row("A-1", "2026-01-05 12:00")])
    assert importer.story() == ["01-05 earn 10", "04-06 expire -10", "05-04 earn 10"]
    assert all(entry.recorded_at == entry.effective_at for entry in importer.entries())
    due = importer.wallet().due_at()
    assert due is not None
    assert due > STARTED


def test_entries_and_wallet_tell_the_same() -> None:
    """E13: also where many sales share a commit."""
    importer = Importer()
    importer.bring([member_row(), *(purchase_row(f"A-{day}", f"2026-03-{day:02d} 12:00") for day in range(1, 32))])
    assert discrepancies(importer.wallet(), importer.entries(), lambda _: TAIPEI) == []
    assert [entry.version for entry in importer.entries()] == list(range(2, 2 + len(importer.entries())))


def test_importing_twice_changes_nothing() -> None:
    """E14: the second time everything is known, and not even the clock is moved."""
    importer = Importer()
    rows = [member_row(), purchase_row("A-1"), sora_row("S-1"), purchase_row("N-1", card=None)]
    assert importer.bring(rows).counts == Counts(members=1, recorded=3)
    before = importer.anonymous()
    assert importer.bring(rows, key="again", now=LATER).counts == Counts(members=1, known=3)
    assert importer.anonymous() == before


def test_a_bad_row_is_named_and_the_rest_is_imported() -> None:
    """M36: line, code and reason; nothing half done."""
    importer = Importer()
    rows: list[Row | str] = [
        member_row(),
        "{",
        '{"type": "visit"}',
        purchase_row("A-1", store="m9"),
        purchase_row("A-2", card="C-404"),
        purchase_row("A-3", "2027-01-01 00:00"),
        purchase_row("A-4", total="999"),
        purchase_row("A-5"),
        purchase_row("A-5", amount="900"),
        purchase_row("A-6", brand=None),
        purchase_row("A-7", currency="USD"),
        member_row("C-2", profile={"home_store": "m9"}),
    ]
    assert codes(importer, rows) == [
        (2, "invalid_row"),
        (3, "invalid_row"),
        (4, "invalid_purchase"),
        (5, "member_not_found"),
        (6, "occurred_in_future"),
        (7, "invalid_purchase"),
        (9, "same_identity_other_content"),
        (10, "brand_required"),
        (11, "invalid_purchase"),
        (12, "unknown_place"),
    ]
    assert importer.story()[0] == "03-02 earn 10"
    assert len(importer.entries()) == 2


def test_a_rejection_quotes_nothing_of_the_row() -> None:
    """E25: a report is read by many; a phone number does not belong there."""
    importer = Importer()
    progress = importer.bring([{"type": "member", "identities": [{"phone": "0912-345-67"}]}, "0912345678"])
    assert all("0912" not in each.reason for each in progress.run.rejections)
    assert len(importer.rejected(progress.run)) == 2


def test_a_reason_has_a_bounded_length_whatever_the_row_calls_its_fields() -> None:
    """The import's item shows many of them and may have 400 KB; beyond that an import would never end."""
    strange: dict[str, Any] = {"x" * 100_000: 1}
    progress = Importer().bring([{**member_row(), **strange}, {**purchase_row(card="C-2"), **strange}])

    assert progress.counts == Counts(rejected=2)
    assert all(len(each.reason) <= LONGEST_REASON + 1 for each in progress.run.rejections)


def test_a_brand_imports_its_own_rows_only() -> None:
    """E31: another brand's are refused; its own need not name it."""
    importer = Importer()
    rows = [member_row(brand=None), purchase_row("A-1", brand=None), sora_row("S-1"), member_row("C-2", brand="sora")]
    assert codes(importer, rows, brand="maru") == [(3, "foreign_brand"), (4, "foreign_brand")]
    assert set(importer.wallet().brands) == {"maru"}


def test_buying_at_a_brand_joins_it_as_of_the_first_sale() -> None:
    """E31, E20."""
    importer = Importer()
    importer.bring([member_row(), sora_row("S-2", "2026-04-01 12:00"), sora_row("S-1", "2026-03-01 12:00")])
    assert importer.wallet().brands["sora"] == at("2026-03-01 12:00")


def test_who_has_no_enrolment_date_is_a_member_since_the_first_sale() -> None:
    """E20."""
    importer = Importer()
    importer.bring([purchase_row("A-1", "2026-03-01 12:00"), member_row(enrolled_at=None)])
    assert importer.wallet().brands["maru"] == at("2026-03-01 12:00")


def test_a_sale_before_its_members_enrolment_is_decided_as_of_the_enrolment() -> None:
    """E20: a wallet's entries are never recorded backwards."""
    importer = Importer()
    importer.bring([member_row(enrolled_at="2026-06-01 09:00"), purchase_row("A-1", "2026-05-01 12:00")])
    (entry,) = importer.entries()
    assert (entry.effective_at, entry.recorded_at) == (at("2026-05-01 12:00"), at("2026-06-01 09:00"))


def test_one_receipt_for_two_members_is_the_first_ones_by_time_whatever_the_order_of_the_file() -> None:
    """E14: rows that share a receipt meet in one chunk."""
    rows = [
        member_row("C-1"),
        member_row("C-2"),
        purchase_row("A-1", "2026-03-02 13:00", card="C-1", business_date="2026-03-02"),
        purchase_row("A-1", "2026-03-02 12:00", card="C-2", business_date="2026-03-02"),
    ]
    for shuffled in (rows, rows[::-1]):
        importer = Importer()
        importer.bring(shuffled)
        assert (len(importer.entries("C-1")), len(importer.entries("C-2"))) == (0, 2)


def test_a_sale_over_the_api_comes_first_if_it_was_first() -> None:
    """E14: what is stored is the first answer, even where the file contradicts itself about it."""
    importer = Importer()
    importer.bring([member_row(), purchase_row("A-1")])
    progress = importer.bring([purchase_row("A-1", amount="900"), purchase_row("A-1")], key="second", now=LATER)
    assert progress.counts == Counts(known=1, rejected=1)
    assert [each.line for each in progress.run.rejections] == [1]


def test_history_that_comes_after_later_sales_does_not_move_the_wallet_back() -> None:
    """E20, E13."""
    importer = Importer()
    importer.bring([member_row(), purchase_row("A-2", "2026-06-29 12:00")])
    importer.bring([purchase_row("A-1", "2026-01-05 12:00")], key="second", now=LATER)
    assert importer.story() == ["06-29 earn 10", "01-05 earn 10", "04-06 expire -10"]
    recorded = [entry.recorded_at for entry in importer.entries()]
    assert recorded == sorted(recorded)
    assert discrepancies(importer.wallet(), importer.entries(), lambda _: TAIPEI) == []


def test_the_programme_of_its_day_pays_a_sale_and_a_later_publication_changes_nothing() -> None:
    """E20."""
    importer = Importer()
    double = program(document(earning=[{"id": "b", "name": "B", "currency": "points", "points": "2", "per": "100"}]), 2)
    importer.programs.publish(double, at("2026-04-01 00:00"))
    run = importer.begin(
        ndjson([member_row(), purchase_row("A-1", "2026-03-31 12:00"), purchase_row("A-2", "2026-04-01 12:00")])
    )
    importer.programs.publish(program(document(earning=[]), 3), LATER)
    for chunk in importer.prepare(run):
        importer.work(run, chunk)
    assert importer.story() == ["03-31 earn 10", "04-01 earn 20", "06-30 expire -10"]


def test_an_imported_sale_sees_the_segments_of_its_own_time() -> None:
    """E7, E20, M16: by what was bought before it, brought by this file or kept already; a later sale is none of it."""
    lapsed = {"id": "lapsed", "name": "Has not come", "when": {"days_since_last_purchase": {"at_least": 20}}}
    back = rule(id="back", name="Welcome back", points="200", per=None, when={"segments": ["lapsed"]})
    importer = Importer(program(document(segments=[lapsed], earning=[rule(), back])))
    importer.bring([member_row(), purchase_row("A-2", "2026-03-10 12:00"), purchase_row("A-9", "2026-06-01 12:00")])
    importer.bring([purchase_row("A-1", "2026-02-01 12:00"), purchase_row("A-3", "2026-03-31 12:00")], key="more")
    seen = {sale.number: set(sale.seen.segments) for sale in importer.table.all(Purchase)}
    assert seen == {"A-1": set(), "A-2": set(), "A-3": {"lapsed"}, "A-9": {"lapsed"}}


def test_each_version_says_what_its_segments_mean_to_the_sales_of_its_days() -> None:
    """E20: and what another version paid has been bought all the same."""
    named = {"id": "known", "name": "Known", "when": {"purchases": {"at_least": 1, "in": "last 4 days"}}}
    wider = {**named, "when": {"purchases": {"at_least": 2}}}
    again = rule(id="again", name="Again", points="50", per=None, when={"segments": ["known"]})
    importer = Importer(program(document()))
    for version, segment in ((2, named), (3, wider)):
        written = document(segments=[segment], earning=[rule(), again])
        importer.programs.publish(program(written, version), at(f"2026-0{version}-01 00:00"))
    days = ("01-31", "02-01", "02-27", "03-01", "03-31")
    importer.bring([member_row(), *(purchase_row(f"A-{day}", f"2026-{day} 12:00") for day in days)])
    seen = {sale.number for sale in importer.table.all(Purchase) if sale.seen.segments}
    assert seen == {"A-02-01", "A-03-01", "A-03-31"}


class Failing:
    """Commits that fail at given turns, before or after they happened."""

    def __init__(self) -> None:
        self.fails_at: dict[int, Exception] = {}
        self.turn = 0
        self.happens = True
        self.importer = Importer(commit=self)

    def __call__(self, writes: Sequence[Write]) -> None:
        self.turn += 1
        error = self.fails_at.pop(self.turn, None)
        if error is None or self.happens:
            self.importer.table.commit(writes)
        if error is not None:
            raise error


@pytest.mark.parametrize("happens", [True, False])
@pytest.mark.parametrize("turn", range(1, 6))
def test_a_worker_that_dies_is_repeated_and_comes_to_the_same(
    turn: int, happens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E21: whether its last commit happened or not; its rows count as recorded by this import, once."""
    monkeypatch.setattr("huitou.kernel.commits.MOST_WRITES", 12)
    rows = [member_row(), *(purchase_row(f"A-{day}", f"2026-03-{day:02d} 12:00") for day in range(1, 21))]
    calm = Importer()
    calm.bring(rows)
    failing = Failing()
    failing.happens = happens
    failing.fails_at = {turn: UnavailableError("Out of reach.")}
    run = failing.importer.begin(ndjson(rows))
    (chunk,) = failing.importer.prepare(run)
    with pytest.raises(UnavailableError):
        failing.importer.work(run, chunk)
    failing.importer.work(run, chunk)
    assert failing.importer.finish(run).counts == Counts(members=1, recorded=20)
    assert failing.importer.anonymous() == calm.anonymous()


def test_a_worker_that_is_overtaken_decides_again() -> None:
    """E18."""
    failing = Failing()
    failing.happens = False
    failing.fails_at = {2: StaleReadError("Somebody was faster."), 3: StaleReadError("Again.")}
    progress = failing.importer.bring([member_row(), purchase_row("A-1"), purchase_row("A-2", "2026-03-03 12:00")])
    assert progress.counts == Counts(members=1, recorded=2)


def test_a_group_of_rows_that_no_worker_could_hold_is_refused_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """M36: bounded memory."""
    monkeypatch.setattr(partition, "MOST_GROUP_BYTES", 600)
    importer = Importer()
    rows = [member_row("C-1"), *(purchase_row(f"A-{number}") for number in range(3)), member_row("C-2")]
    assert codes(importer, rows) == [(line, "too_many_rows_of_one_member") for line in range(1, 5)]
    assert importer.wallet("C-2").version == 1


def test_more_lots_than_an_item_holds_and_more_due_than_a_commit_takes() -> None:
    """E13: years of daily purchases, whose points lived for 90 days, and a long silence."""
    importer = Importer(
        program(
            document(
                point_currencies=[
                    {
                        "id": "points",
                        "name": "Points",
                        "pending_days": 2,
                        "expiry": {"type": "rolling_days", "days": 150},
                    },
                    {"id": "beans", "name": "Beans", "brand": "sora", "exponent": 1, "expiry": {"type": "never"}},
                ]
            )
        )
    )
    rows = [purchase_row(f"A-{m}-{d}", f"2025-{m:02d}-{d:02d} 12:00") for m in range(1, 9) for d in range(1, 29)]
    importer.bring([member_row(enrolled_at="2025-01-01 09:00"), *rows])
    entries = importer.entries()
    assert [sum(entry.type == kind for entry in entries) for kind in ("earn", "activate", "expire")] == [224, 224, 224]
    assert importer.wallet().lots == ()


def test_an_import_is_asked_for_once_by_its_key() -> None:
    """E14."""
    importer = Importer()
    first = importer.use.create(ImportFormat.CSV, None, "k", GROUP, STARTED)
    again = importer.use.create(ImportFormat.CSV, None, "k", GROUP, LATER)
    assert (first.run, False, True) == (again.run, first.replayed, again.replayed)
    with pytest.raises(ContentReusedError, match="other content") as refused:
        importer.use.create(ImportFormat.NDJSON, None, "k", GROUP, LATER, control=Control({"points": 250}, members=1))
    assert [(each.pointer, each.message) for each in refused.value.errors] == [
        ("/format", 'was "csv", is now "ndjson"'),
        ("/control", 'was absent, is now {"points": {"points": 250}, "members": 1, "lots": null}'),
    ]


def test_an_import_starts_once_its_file_is_there_and_only_once() -> None:
    """E14."""
    importer = Importer()
    run = importer.use.create(ImportFormat.NDJSON, None, "k", GROUP, STARTED).run
    with pytest.raises(NothingUploadedError):
        importer.use.start(run.id, GROUP, STARTED)
    importer.files.write(run.upload_key, b"{}")
    started = [importer.use.start(run.id, GROUP, now) for now in (STARTED, LATER)]
    assert [each.started_at for each in started] == [STARTED, STARTED]
    assert importer.executions == [(run.id, 1)]


def test_a_failed_import_goes_on_where_it_stopped() -> None:
    """M36: with the same file, and as of the same start."""
    importer = Importer()
    run = importer.begin(ndjson([member_row(), purchase_row("A-1")]))
    chunks = importer.prepare(run)
    importer.work(run, chunks[0])
    failed = importer.finish(run, {"Error": "Lambda.Unknown", "Cause": "{}"})
    assert (failed.run.status, failed.run.failure is not None) == (ImportStatus.FAILED, True)
    again = importer.use.start(run.id, GROUP, LATER)
    assert (again.attempt, again.started_at) == (2, STARTED)
    for chunk in importer.prepare(again):
        importer.work(again, chunk)
    assert importer.finish(again).counts == Counts(members=1, recorded=1)


def test_the_file_that_was_started_is_the_one_that_is_read() -> None:
    """M36."""
    importer = Importer()
    run = importer.begin(ndjson([member_row()]))
    importer.files.write(run.upload_key, ndjson([member_row("C-2")]))
    with pytest.raises(FileReplacedError):
        importer.prepare(run)


def test_a_file_that_is_cut_off_fails_the_import_with_a_reason() -> None:
    """E30."""
    importer = Importer()
    run = importer.begin(gzip.compress(ndjson([member_row(f"C-{number}") for number in range(1000)]))[:-30])
    with pytest.raises(UnreadableFileError):
        importer.prepare(run)
    progress = importer.finish(run, {"Error": "UnreadableFileError", "Cause": "{}"})
    assert progress.run.status is ImportStatus.FAILED
    assert progress.run.failure == "The file is compressed, but not whole."


def test_a_brand_does_not_know_of_anothers_import() -> None:
    """E31."""
    importer = Importer()
    run = importer.begin(b"\n", brand="maru")
    with pytest.raises(ImportNotFoundError):
        importer.use.progress(run.id, "sora")
    assert importer.use.progress(run.id, GROUP).run.id == run.id


def test_blanks_that_json_allows_between_fields_are_harmless() -> None:
    """E30: also tabs and carriage returns, which separate other things."""
    importer = Importer()
    spaced = json.dumps(purchase_row()).replace(", ", ",\t\r ").replace(": ", "\t:\r")
    assert importer.bring([member_row(), spaced, sora_row()]).counts == Counts(members=1, recorded=2)
