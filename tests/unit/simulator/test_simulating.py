"""What-if (M14): a changed programme over the past, and what differs."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from huitou.imports.model import ImportFormat
from huitou.kernel.ids import MemberId
from huitou.program.model import Program
from huitou.simulator.comparing import Comparison, compare
from huitou.simulator.files import FileSales
from huitou.simulator.history import SALES_ONLY, Between, History, Sales, Spending, Telling
from huitou.simulator.replaying import Replayer
from huitou.simulator.report import Report, written
from huitou.simulator.sides import Sides
from tests.builders import MEI, at, document, program, rule
from tests.importing import STARTED, Importer, member_row, ndjson, purchase_row, sora_row
from tests.purchases import LIN, bill, bread
from tests.standing import findings

UNTIL = at("2026-04-30 23:59")
TIERS = {
    "measure": "spend",
    "window": {"type": "rolling", "days": 365},
    "downgrade": "one_level",
    "levels": [
        {"id": "basic", "name": "Basic", "threshold": "0"},
        {"id": "gold", "name": "Gold", "threshold": "3000"},
    ],
}
WORTH = {"worth": [{"currency": "points", "since": "2026-01-01", "points": "10", "money": "3"}]}
DOUBLE = rule(id="bread", name="Double on bread", points="1", per="100", when={"categories": ["bread"]})


@dataclass
class Past:
    """`Sales` of a few members."""

    told: Sequence[History]
    tells: Telling = SALES_ONLY
    last_at: datetime = UNTIL
    members: int = field(init=False)

    def __post_init__(self) -> None:
        self.members = len(self.told)

    def histories(self) -> Iterator[History]:
        yield from self.told


def past_of(name: str, *amounts: tuple[str, int], member: MemberId = MEI, **changes: Any) -> History:
    """Somebody who bought bread at maru, each time for so much."""
    sales = tuple(
        bill(f"{name}-{number}", bread(amount), occurred_at=at(when)) for number, (when, amount) in enumerate(amounts)
    )
    return History(
        **{"member": member, "name": name, "enrolled_at": sales[0].occurred_at, "purchases": sales, **changes}
    )


MEI_BUYS = past_of("Mei", ("2026-01-10 12:00", 1000), ("2026-03-02 12:00", 2000), ("2026-03-03 12:00", 500))
LIN_BUYS = past_of("Lin", ("2026-04-01 12:00", 300), member=LIN)


def written_program(**changes: Any) -> Program:
    """`document` with a worth of points and, as a rule of the whole file, no more than is asked for."""
    return program(document(**{"settlement": WORTH, **changes}))


def compared(sales: Sales, before: Program, after: Program) -> Comparison:
    """The comparison at its end."""
    *_, last = compare(sales, Sides(before, after), sales.last_at)
    return last


def report(sales: Sales, before: Program, after: Program) -> dict[str, Any]:
    """What a marketer reads."""
    return Report(compared(sales, before, after), Sides(before, after), sales.last_at).document("a test", sales.tells)


def test_a_rule_more_issues_more_points_and_leaves_more_open() -> None:
    """M14: 1000 in January is over by the end of April (90 days), the rest is open; ten points are worth 3 dollars."""
    before, after = written_program(), written_program(earning=[rule(), DOUBLE])
    [points] = report(Past([MEI_BUYS, LIN_BUYS]), before, after)["points"]
    assert points == {
        "currency": "points",
        "issuer": "maru",
        "issued": {"before": "38", "after": "76", "more": "38"},
        "redeemed": {"before": "0", "after": "0", "more": "0"},
        "expired": {"before": "10", "after": "20", "more": "10"},
        "open": {"before": "28", "after": "56", "more": "28"},
        "liability": {"before": "8", "after": "17", "more": "9"},
    }


def test_the_report_says_which_rules_pay_otherwise_and_for_how_many_sales() -> None:
    """M14: by rule."""
    rules = report(Past([MEI_BUYS, LIN_BUYS]), written_program(), written_program(earning=[rule(), DOUBLE]))["rules"]
    assert rules == [
        {
            "rule": "base",
            "currency": "points",
            "sales": {"before": 4, "after": 4},
            "points": {"before": "38", "after": "38", "more": "0"},
        },
        {
            "rule": "bread",
            "currency": "points",
            "sales": {"before": 0, "after": 4},
            "points": {"before": "0", "after": "38", "more": "38"},
        },
    ]


def test_the_members_most_affected_come_first() -> None:
    """M14: by what they are issued more or less."""
    found = report(Past([LIN_BUYS, MEI_BUYS]), written_program(), written_program(earning=[rule(points="2")]))
    assert [(each["member"], each["issued"]["points"]["more"]) for each in found["most_affected"]] == [
        ("Mei", "35"),
        ("Lin", "3"),
    ]
    assert found["members"] == {"replayed": 2, "gaining": 2, "losing": 0}


def test_a_lower_threshold_lifts_members_and_their_points_follow() -> None:
    """M14, E7: under 1000 for gold the second sale already counts double; under 3000 only the third."""
    gold = rule(id="gold", name="Gold", times="2", when={"tiers": ["gold"]})
    del gold["points"], gold["per"]
    easier = {**TIERS, "levels": [TIERS["levels"][0], {"id": "gold", "name": "Gold", "threshold": "1000"}]}  # type: ignore[index]
    before = written_program(tiers=TIERS, earning=[rule(), gold])
    after = written_program(tiers=easier, earning=[rule(), gold])
    found = report(Past([MEI_BUYS, LIN_BUYS]), before, after)
    assert found["tiers"]["at_the_end"] == [
        {"tier": "basic", "before": 1, "after": 1},
        {"tier": "gold", "before": 1, "after": 1},
    ]
    assert found["tiers"]["moves_up"] == {"before": 1, "after": 1}
    assert found["points"][0]["issued"] == {"before": "43", "after": "63", "more": "20"}


def test_tiers_taken_away_are_reported_as_members_elsewhere() -> None:
    """M14: members by their tiers at the end under both."""
    found = report(Past([MEI_BUYS, LIN_BUYS]), written_program(tiers=TIERS), written_program())
    assert found["tiers"]["members_elsewhere"] == [
        {"before": "basic", "after": None, "members": 1},
        {"before": "gold", "after": None, "members": 1},
    ]


def test_points_used_in_the_past_are_used_again_as_far_as_they_are_there() -> None:
    """M14: what was spent and is not earned any more cannot be spent."""
    used = Spending(at("2026-03-10 12:00"), "sora", "points", 30)
    history = past_of("Mei", ("2026-03-02 12:00", 4000), spendings=(used,))
    sales = Past([history], tells=Telling(spendings=True))
    found = compared(sales, written_program(), written_program(earning=[rule(per="200")]))
    assert found.before.redeemed["points", "maru"] == 30
    assert found.after.redeemed["points", "maru"] == 20
    assert (found.before.unspent, found.after.unspent) == (0, 10)


def test_what_is_used_at_the_instant_of_a_sale_was_used_before_it() -> None:
    """M14: points cannot pay for the sale that earns them."""
    when = "2026-03-02 12:00"
    used = Spending(at(when), "sora", "points", 30)
    account = Replayer(written_program(), UNTIL).replay(past_of("Mei", (when, 4000), spendings=(used,)))
    assert account.unspent == 30


def test_a_budget_that_runs_out_is_said_in_the_report() -> None:
    """E12: what all members together get; it is given out member by member."""
    bonus = rule(id="bonus", name="Bonus", points="50", budget="60")
    del bonus["per"]
    found = report(Past([MEI_BUYS, LIN_BUYS]), written_program(), written_program(earning=[rule(), bonus]))
    assert found["rules"][1]["points"]["after"] == "60"
    assert any("bonus ran out" in each for each in found["assumptions"])


def test_a_sale_at_a_store_that_is_no_more_counts_for_nothing() -> None:
    """M14: a programme without the store cannot pay for it."""
    without = written_program(stores=document()["stores"][1:])
    found = report(Past([MEI_BUYS]), written_program(), without)
    assert found["sales"] == {
        "before": {"counted": 3, "unknown_place": 0},
        "after": {"counted": 0, "unknown_place": 3},
    }


def test_the_same_input_gives_the_same_bytes() -> None:
    """M14: also where the rows of the file come in another order."""
    rows = [
        *(member_row(f"C-{n}") for n in range(5)),
        *(purchase_row(f"A-{n}", amount=str(100 * n), card=f"C-{n % 5}") for n in range(30)),
        *(sora_row(f"S-{n}", card=f"C-{n % 5}") for n in range(7)),
    ]
    shuffled = random.Random(1).sample(rows, len(rows))  # noqa: S311 - no secret
    before, after = written_program(), written_program(earning=[rule(points="3")])
    texts = {written(report(_file(each, before), before, after)) for each in (rows, rows, shuffled)}
    assert len(texts) == 1


def test_a_file_is_replayed_as_an_import_would_book_it() -> None:
    """M14, M36: rows of one member in the order of time, a receipt once (E14), sales of nobody left out (M40)."""
    rows = [
        member_row(
            "C-1", identities=[{"card": "C-1"}, {"email": "mei@example.com"}], profile={"birthday": "1990-02-03"}
        ),
        purchase_row("A-2", "2026-03-03 12:00", "200", card=None, member={"email": "mei@example.com"}),
        purchase_row("A-1", "2026-03-02 12:00", "100"),
        purchase_row("A-1", "2026-03-02 12:00", "100"),
        purchase_row("A-3", "2026-03-03 12:00", "900", card=None),
        purchase_row("A-4", "2026-03-03 12:00", "900", currency="EUR"),
    ]
    sales = _file(rows, written_program())
    [history] = sales.histories()
    assert [(sale.number, sale.total) for sale in history.purchases] == [("A-1", 100), ("A-2", 200)]
    assert (history.name, history.enrolled_at) == ("C1", at("2026-01-02 09:00"))
    assert history.person is not None
    assert history.person.profile.birthday == date(1990, 2, 3)
    assert sales.rejected == 1


def test_a_simulation_earns_what_an_import_books() -> None:
    """M14: the same decisions, here forgotten, there kept: points of each member, those that are over included."""
    rows = [
        *(member_row(f"C-{n}") for n in range(3)),
        *(
            purchase_row(f"A-{n}", f"2026-0{1 + n % 5}-1{n % 7} 12:00", str(170 * n), f"C-{n % 3}")
            for n in range(1, 25)
        ),
        *(sora_row(f"S-{n}", f"2026-0{1 + n % 5}-2{n % 7} 12:00", member={"card": f"C-{n % 3}"}) for n in range(9)),
    ]
    version = program(
        document(tiers=TIERS, earning=[rule(), DOUBLE, rule(id="cap", caps=[{"points": "9", "per": "month"}])])
    )
    importer = Importer(version)
    importer.bring(rows)
    replayer = Replayer(version, STARTED)
    for history in _file(rows, version).histories():
        account, wallet = replayer.replay(history), importer.wallet(history.name)
        entries = importer.entries(history.name)
        assert sum(account.issued.values()) == sum(each.amount for each in entries if each.type == "earn") > 0
        assert sum(account.expired.values()) == -sum(each.amount for each in entries if each.type == "expire")
        assert sum(account.open.values()) == sum(lot.remaining for lot in wallet.lots)


def test_a_report_names_no_phone_and_no_mailbox() -> None:
    """E25: who is known by these alone is told apart by a digest."""
    rows = [purchase_row("A-1", card=None, member={"phone": "+886912345678"})]
    [history] = _file(rows, written_program()).histories()
    assert "912345678" not in history.name


def test_only_sales_of_the_asked_time_are_replayed() -> None:
    """M14: from a day on, up to a day."""
    between = Between(Past([MEI_BUYS, LIN_BUYS]), at("2026-03-01 00:00"), at("2026-03-03 00:00"))
    [history] = between.histories()
    assert [sale.total for sale in history.purchases] == [2000]
    assert between.last_at < at("2026-03-03 00:00")


def test_parts_compared_apart_make_the_same_whole() -> None:
    """M14: members are independent, so work can be shared."""
    before, after = written_program(tiers=TIERS), written_program(tiers=TIERS, earning=[rule(points="2")])
    parts = [compared(Past([each]), before, after) for each in (MEI_BUYS, LIN_BUYS)]
    whole = compared(Past([MEI_BUYS, LIN_BUYS]), before, after)
    assert parts[0].plus(parts[1]) == whole


def _file(rows: Sequence[dict[str, Any]], version: Program) -> FileSales:
    content = ndjson(rows)
    return FileSales(lambda: io.BytesIO(content), ImportFormat.NDJSON, version, STARTED)


LAPSED = {"id": "lapsed", "name": "Has not come", "when": {"days_since_last_purchase": {"at_least": 50}}}
BACK = rule(id="back", name="Welcome back", points="200", per=None, when={"segments": ["lapsed"]})
BEST = {"id": "best", "name": "Spends most", "when": {"rfm": {"money": [5]}}}


def test_a_rule_for_a_segment_pays_who_was_in_it_just_before_the_sale() -> None:
    """E7, M14, M16: Mei stayed away for 51 days once, and Lin bought once."""
    before, after = (written_program(segments=[LAPSED], earning=each) for each in ([rule()], [rule(), BACK]))
    rules = report(Past([MEI_BUYS, LIN_BUYS]), before, after)["rules"]
    assert rules[1]["sales"] == {"before": 0, "after": 1}
    assert rules[1]["points"] == {"before": "0", "after": "200", "more": "200"}


def test_members_end_in_the_segments_that_time_has_brought_them_into() -> None:
    """M17: at the end of April Mei has not come for 58 days, and Lin has for 29."""
    replayer = Replayer(written_program(segments=[LAPSED]), UNTIL)
    ended = {each.name: replayer.replay(each).segments for each in (MEI_BUYS, LIN_BUYS)}
    assert ended == {"Mei": {"lapsed"}, "Lin": frozenset()}


def test_how_a_member_compares_with_all_others_goes_by_what_is_known_of_all_now() -> None:
    """M16: and holds for nobody where nothing is."""
    version, known = written_program(segments=[BEST]), findings(1, money=(500, 1000, 2000, 3000)).insights
    assert Replayer(version, UNTIL, known).replay(MEI_BUYS).segments == {"best"}
    assert Replayer(version, UNTIL, known).replay(LIN_BUYS).segments == frozenset()
    assert Replayer(version, UNTIL).replay(MEI_BUYS).segments == frozenset()


def test_what_members_say_and_when_they_joined_is_told_by_the_rows_of_a_file() -> None:
    """M36, M16."""
    rows = [
        member_row("C-1", "2026-01-02 09:00", profile={"gender": "female", "language": "ja"}),
        *(purchase_row(f"A-{number}", f"2026-0{number}-02 12:00", "100") for number in (3, 4)),
    ]
    of_old = {"id": "of-old", "name": "Of old", "when": {"days_since_joining": {"at_least": 80, "brands": ["maru"]}}}
    polite = {"id": "polite", "name": "Speaks Japanese", "when": {"language": ["ja"]}}
    to_old = rule(id="to-old", name="To old friends", points="5", per=None, when={"segments": ["of-old"]})
    version = written_program(segments=[of_old, polite], earning=[rule(), to_old])
    [history] = _file(rows, version).histories()
    account = Replayer(version, UNTIL).replay(history)
    assert account.times["to-old"] == 1
    assert account.segments == {"of-old", "polite"}


def test_what_differs_is_told_for_each_brand_and_each_segment() -> None:
    """M14, M16: of the members in it under the programme before; who is in several, counts in each."""
    recent = {"id": "recent", "name": "Came lately", "when": {"purchases": {"at_least": 1, "in": "last 40 days"}}}
    wider = {**recent, "when": {"purchases": {"at_least": 1, "in": "last 60 days"}}}
    before = written_program(segments=[LAPSED, recent])
    after = written_program(segments=[LAPSED, wider], earning=[rule(points="2")])
    found = report(Past([MEI_BUYS, LIN_BUYS]), before, after)
    assert found["segments"]["at_the_end"] == [
        {"segment": "lapsed", "name": "Has not come", "before": 1, "after": 1, "entering": 0, "leaving": 0},
        {"segment": "recent", "name": "Came lately", "before": 1, "after": 2, "entering": 1, "leaving": 0},
    ]
    assert found["segments"]["members_elsewhere"] == 1
    told = {
        each["segment"]: (each["members"]["gaining"], each["sales"]["after"], each["points"][0]["issued"]["more"])
        for each in found["segments"]["differences"]
    }
    assert told == {"lapsed": (1, 3, "35"), "recent": (1, 1, "3")}
    [maru] = found["brands"]
    assert (maru["brand"], maru["members"]["replayed"], maru["sales"]) == ("maru", 2, {"before": 4, "after": 4})
    assert maru["points"] == found["points"]
    assert found["most_affected"][0]["segments"] == {"before": ["lapsed"], "after": ["lapsed", "recent"]}


def test_who_is_in_no_segment_is_told_too() -> None:
    """M14: or points would be missing in the sum."""
    found = report(Past([LIN_BUYS]), written_program(segments=[LAPSED]), written_program(earning=[rule(points="2")]))
    [rest] = found["segments"]["differences"]
    assert (rest["segment"], rest["members"]["gaining"]) == (None, 1)
