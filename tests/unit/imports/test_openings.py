"""A group moves in: lots and tiers of another system, held against control totals (M36)."""

from __future__ import annotations

from typing import Any

import pytest

from huitou.imports.errors import ControlMismatchError
from huitou.imports.model import Counts, ImportStatus
from huitou.imports.openings import Control
from huitou.kernel.instants import format_instant
from tests.builders import TAIPEI, at, document, program
from tests.importing import STARTED, Importer, Row, member_row, ndjson
from tests.merging import TIERS
from tests.soundness import discrepancies


def opening_row(reference: str = "L-1", points: str = "250", **changes: Any) -> Row:
    """Points of maru's member that end next year."""
    return {
        "type": "opening",
        "member": {"card": "C-1"},
        "brand": "maru",
        "points": points,
        "earned_at": format_instant(at("2026-01-05 12:00")),
        "expires_at": format_instant(at("2027-01-01 00:00")),
        "reference": reference,
        **changes,
    }


def tier_row(**changes: Any) -> Row:
    return {
        "type": "tier",
        "member": {"card": "C-1"},
        "brand": "maru",
        "tier": "gold",
        "until": format_instant(at("2026-12-31 00:00")),
        "reference": "T-1",
        **changes,
    }


@pytest.fixture
def importer() -> Importer:
    return Importer(program(document(tiers=TIERS)))


def test_lots_come_with_their_own_dates(importer: Importer) -> None:
    """M36: issuer, begin and end are those of the other system, whatever the currency's policy says."""
    progress = importer.bring([member_row(), opening_row(), opening_row("L-2", "30", expires_at=None)])
    assert progress.run.counts == Counts(members=1, opened=2)
    wallet = importer.wallet()
    assert {(lot.remaining, lot.expires_at, lot.issuer) for lot in wallet.lots} == {
        (250, at("2027-01-01 00:00"), "maru"),
        (30, None, "maru"),
    }
    assert sorted(importer.story()) == ["01-05 adjust 250", "01-05 adjust 30"]
    assert discrepancies(wallet, importer.entries(), lambda _: TAIPEI) == []


def test_points_that_wait_begin_when_they_would_have(importer: Importer) -> None:
    importer.bring([member_row(), opening_row(active_at=format_instant(at("2026-07-05 00:00")))])
    assert importer.wallet().balance(STARTED) == (0, 250, 0, 0)


def test_tiers_come_with_their_own_end(importer: Importer) -> None:
    """M36: at least this one until it is reviewed."""
    progress = importer.bring([member_row(), tier_row()])
    assert progress.run.counts == Counts(members=1, opened=1)
    (grant,) = importer.standings.load(importer.member()).grants
    assert (grant.tier, grant.until) == ("gold", at("2026-12-31 00:00"))


def test_a_file_that_is_brought_again_changes_nothing(importer: Importer) -> None:
    """E14: a lot is its reference."""
    rows = [member_row(), opening_row(), tier_row()]
    importer.bring(rows)
    before = importer.anonymous()
    progress = importer.bring(rows, key="again", now=at("2026-07-01 12:00"))
    assert progress.run.counts == Counts(members=1, known=2)
    assert importer.anonymous() == before


def test_a_chunk_that_is_applied_again_counts_the_same(importer: Importer) -> None:
    """E21: the state machine may deliver it twice."""
    run = importer.begin(ndjson([member_row(), opening_row(), tier_row()]))
    for chunk in importer.prepare(run) * 2:
        importer.work(run, chunk)
    assert importer.finish(run).run.counts == Counts(members=1, opened=2)


def test_a_reference_with_other_content_is_refused(importer: Importer) -> None:
    """E14."""
    importer.bring([member_row(), opening_row()])
    progress = importer.bring([opening_row(points="260")], key="again")
    assert [each.code for each in progress.run.rejections] == ["same_identity_other_content"]


@pytest.mark.parametrize(
    "changes",
    [
        {"points": "0"},
        {"points": "1.5"},
        {"currency": "gems"},
        {"currency": "beans"},
        {"expires_at": format_instant(at("2026-06-01 00:00"))},
        {"active_at": format_instant(at("2026-01-01 00:00"))},
    ],
)
def test_a_lot_that_cannot_be_is_refused(importer: Importer, changes: Row) -> None:
    """E30."""
    progress = importer.bring([member_row(), opening_row(**changes)])
    assert [each.code for each in progress.run.rejections] == ["invalid_row"]


def test_a_tier_that_the_programme_does_not_know_is_refused(importer: Importer) -> None:
    progress = importer.bring([member_row(), tier_row(tier="platinum")])
    assert [each.code for each in progress.run.rejections] == ["unknown_tier"]


def test_a_file_that_comes_to_its_control_totals_is_brought(importer: Importer) -> None:
    """M36: a reference counts once."""
    rows = [member_row(), member_row("C-2"), opening_row(), opening_row(), opening_row("L-2", member={"card": "C-2"})]
    control = Control({"points": 500}, members=2, lots=2)
    assert importer.bring(rows, control=control).run.status is ImportStatus.COMPLETED


@pytest.mark.parametrize(
    ("control", "what"),
    [
        (Control({"points": 251}), "points: 250 instead of 251"),
        (Control({"points": 250, "beans": 10}), "beans: 0.0 instead of 1.0"),
        (Control(members=2), "members: 1 instead of 2"),
        (Control(lots=0), "lots: 1 instead of 0"),
    ],
)
def test_a_file_that_does_not_writes_nothing(importer: Importer, control: Control, what: str) -> None:
    """M36: the import fails and says by how much the file is off."""
    run = importer.begin(ndjson([member_row(), opening_row()]), control=control)
    before = len(importer.table.all(object))
    with pytest.raises(ControlMismatchError, match=what):
        importer.prepare(run)
    assert len(importer.table.all(object)) == before
    progress = importer.finish(run, {"Error": "ControlMismatchError", "Cause": "{}"})
    assert (progress.run.status, what in str(progress.run.failure)) == (ImportStatus.FAILED, True)
