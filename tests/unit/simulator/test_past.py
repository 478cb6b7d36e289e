"""What a simulation reads of members: their past as it is kept (M14)."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from huitou.imports.model import ImportFormat
from huitou.kernel.instants import BEGINNING
from huitou.members.identity import card_identity
from huitou.members.model import Tag
from huitou.program.model import Program
from huitou.purchases.model import PointsPaid, VisitType
from huitou.simulator.account import Account
from huitou.simulator.comparing import Comparison, compare
from huitou.simulator.files import FileSales
from huitou.simulator.history import Past
from huitou.simulator.packing import pack, unpack
from huitou.simulator.past import Archive, MembersPast
from huitou.simulator.replaying import Replayer
from huitou.simulator.sides import Sides
from tests.builders import MEI, OPENED, at, document, program, rule
from tests.importing import STARTED, Importer, member_row, ndjson, purchase_row, sora_row
from tests.merging import TIERS, TwoRecords
from tests.purchases import LIN, NOON, bill, booking, bread
from tests.simulations import Laboratory, archive_on

NOW = at("2026-12-31 12:00")
DAY = timedelta(days=1)


def whole(archive: Archive) -> MembersPast:
    """Everybody's past, until the tests' now."""
    return MembersPast(archive, range(archive.index.shards), BEGINNING, NOW)


def relived(lab: Laboratory) -> dict[str, Account]:
    """What becomes of each member under the programme that held."""
    replayer = Replayer(lab.shop.programs.active(), NOW)
    return {history.name: replayer.replay(history) for history in whole(lab.archive).histories()}


def points(account: Account, what: str) -> int:
    return sum(getattr(account, what).values())


def test_what_points_paid_earns_nothing_again_and_was_used() -> None:
    """E3, M9: 20 of 40 points pay 10 of 1000; the other 990 earn 9."""
    terms = {"brand": "maru", "currency": "points", "points": "10", "money": "5", "minimum": "20", "share": 50}
    lab = Laboratory(document(money_off=[terms]))
    lab.shop.enrol()
    lab.shop.sell(bill("A-1", bread(4000)))
    lab.shop.sell(bill("A-2", paid=PointsPaid("points", 20), occurred_at=NOON + DAY))
    [account] = relived(lab).values()
    assert (points(account, "issued"), points(account, "redeemed"), account.unspent) == (49, 20, 0)


def test_a_sale_to_the_wrong_member_is_the_right_ones() -> None:
    """M40."""
    lab = Laboratory()
    for member in (MEI, LIN):
        lab.shop.enrol(member)
    sold = lab.shop.sell(bill("A-1")).purchase
    lab.shop.move(sold.id, LIN, now=NOON + DAY)
    assert {name: points(account, "issued") for name, account in relived(lab).items()} == {LIN: 10}


def test_two_cards_of_one_person_have_one_past() -> None:
    """E15: together they reach what neither reached alone."""
    gold = rule(id="gold", name="Gold", points="1", when={"tiers": ["silver", "gold"]})
    lab = Laboratory(document(tiers=TIERS, earning=[rule(), gold]))
    two = TwoRecords(lab.shop)
    mine, other = (two.enrol(card_identity(card), brand="maru", now=OPENED) for card in ("C-1", "C-2"))
    lab.shop.sell(bill("A-1", bread(2000)), mine)
    lab.shop.sell(bill("A-2", bread(2000), occurred_at=NOON + DAY), other)
    lab.shop.sell(bill("A-3", bread(1000), occurred_at=NOON + 2 * DAY), mine)
    two.merge(mine, other, NOON + 3 * DAY)
    [(name, account)] = relived(lab).items()
    assert (name, account.tier, points(account, "issued")) == (mine, "silver", 20 + 20 + 2 * 10)


def test_a_visit_counts_as_it_did() -> None:
    """M5, M15, M16: for tiers and segments, and to be told from a booking."""
    levels = [TIERS["levels"][0], {**TIERS["levels"][1], "threshold": "3"}]
    seen = {"id": "seen", "name": "Seen often", "when": {"visits": {"at_least": 3}}}
    lab = Laboratory(document(tiers={**TIERS, "measure": "visits", "levels": levels}, segments=[seen]))
    lab.shop.enrol()
    lab.shop.sell(bill("A-1"))
    for day, of_type in enumerate((VisitType.VISIT, VisitType.CHECK_IN, VisitType.BOOKING), 1):
        lab.shop.visit(booking(f"B-{day}", type=of_type, occurred_at=NOON + day * DAY, received_at=NOON + day * DAY))
    [account] = relived(lab).values()
    assert (account.tier, account.segments) == ("silver", frozenset({"seen"}))


def test_tags_and_consents_are_as_they_are_now() -> None:
    """M3, M16: nobody keeps since when."""
    vip = {"id": "vip", "name": "Known", "when": {"tags": ["vip"]}}
    to_vip = rule(id="to-vip", name="To friends", points="5", per=None, when={"segments": ["vip"]})
    lab = Laboratory(document(segments=[vip], earning=[rule(), to_vip]))
    lab.shop.enrol()
    lab.shop.sell(bill("A-1"))
    member = lab.shop.profiles.load(MEI)
    assert member
    tagged = replace(member, version=2, tags={Tag("maru", "vip"): NOW})
    lab.shop.table.commit([lab.shop.profiles.save(tagged)])
    [account] = relived(lab).values()
    assert (account.times["to-vip"], account.segments) == (1, frozenset({"vip"}))


def test_imported_and_read_back_or_read_from_the_file_it_is_the_same_past() -> None:
    """M14, M36: `huitou simulate` with the file, and the API once it was imported, find the same."""
    rows = [
        *(member_row(f"C-{n}", profile={"birthday": "1992-02-29"}) for n in range(5)),
        *(purchase_row(f"A-{n}", f"2026-0{1 + n % 5}-1{n % 7} 12:00", str(170 * n), f"C-{n % 5}") for n in range(25)),
        *(sora_row(f"S-{n}", f"2026-0{1 + n % 5}-2{n % 7} 12:00", member={"card": f"C-{n % 5}"}) for n in range(9)),
    ]
    before = program(document(tiers=TIERS))
    birthday = rule(id="birthday", name="Birthday", when={"birthday_month": True})
    after = program(document(tiers=TIERS, earning=[rule(points="2"), birthday]))
    importer = Importer(before)
    importer.bring(rows)
    table = importer.table
    archive = archive_on(table)
    content = ndjson(rows)
    file = FileSales(lambda: io.BytesIO(content), ImportFormat.NDJSON, before, STARTED)
    kept, read = (compared(each, before, after) for each in (whole(archive), file))
    assert kept.before == read.before
    assert kept.after == read.after
    assert kept.after.points["birthday"] > 0


def compared(past: Past, before: Program, after: Program) -> Comparison:
    """The comparison at its end."""
    *_, last = compare(past, Sides(before, after), NOW)
    return last


def test_a_comparison_comes_back_from_its_text_as_it_was() -> None:
    """M14: parts wait as text until they are added up."""
    lab = Laboratory()
    lab.shop.enrol()
    lab.shop.sell(bill("A-1"))
    found = compared(whole(lab.archive), program(), program(document(earning=[rule(points="3")], tiers=TIERS)))
    assert unpack(pack(found)) == found
    assert found.affected


Step = tuple[int, int, int]
STEPS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5000), st.integers(0, 60)), min_size=1, max_size=20)


@settings(deadline=None)
@given(STEPS)
def test_under_the_programme_that_held_everybody_has_what_they_have(steps: list[Step]) -> None:
    """M14: days later a sale, then some points are used: the replay ends with the balance of the wallet."""
    capped = rule(id="capped", name="Capped", points="3", caps=[{"points": "60", "per": "month"}])
    lab = Laboratory(document(tiers=TIERS, earning=[rule(), capped]))
    lab.shop.enrol()
    now, used = NOON, 0
    for number, (days, amount, wanted) in enumerate(steps):
        now += days * DAY + timedelta(hours=1)
        lab.shop.sell(bill(f"A-{number}", bread(amount), occurred_at=now))
        now += timedelta(minutes=5)
        spent = min(wanted, lab.shop.points(now=now))
        if spent:
            lab.shop.ledger.redeem(spent, now, f"use {number}")
            used += spent
    [account] = relived(lab).values()
    assert (points(account, "redeemed"), account.unspent) == (used, 0)
    assert points(account, "open") == lab.shop.wallet().balance(NOW).spendable
