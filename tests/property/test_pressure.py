"""M22: nobody is bothered at night, or too often, whatever is planned in whichever order (E23, E24)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from huitou.kernel.calendars import add_days
from huitou.pressure.decisions import after_quiet_hours, cap_reached, give_way, with_slot, without_slot
from huitou.pressure.model import Cap, Manners, Pressure, QuietHours, Slot
from huitou.templates.model import TemplateKind
from tests.builders import at

ZONES = st.sampled_from([ZoneInfo(name) for name in ("Asia/Taipei", "Europe/Berlin", "Australia/Lord_Howe")])
BEGAN = at("2026-01-01 00:00")
INSTANTS = st.integers(0, 365 * 24 * 60).map(lambda minutes: BEGAN + timedelta(minutes=minutes))
TIMES = st.integers(0, 24 * 60 - 1).map(lambda minutes: time(minutes // 60, minutes % 60))
KINDS = st.sampled_from(TemplateKind)
BERLIN = ZoneInfo("Europe/Berlin")


def is_quiet(instant: datetime, begin: time, end: time, zone: ZoneInfo) -> bool:
    """Whether the minute that the wall clock shows is one of those between the two, counted one by one."""
    first, shown = (each.hour * 60 + each.minute for each in (begin, instant.astimezone(zone)))
    length = (end.hour * 60 + end.minute - first) % (24 * 60)
    return shown in {(first + minute) % (24 * 60) for minute in range(length)}


@given(instant=INSTANTS, begin=TIMES, end=TIMES, zone=ZONES)
@example(instant=at("2026-10-25T01:10:00+01:00"), begin=time(22), end=time(2, 30), zone=BERLIN)
@example(instant=at("2026-10-25T02:10:00+01:00"), begin=time(22), end=time(2, 30), zone=BERLIN)
@example(instant=at("2026-03-29T01:10:00+01:00"), begin=time(22), end=time(2, 30), zone=BERLIN)
def test_the_first_minute_that_is_not_quiet_is_waited_for(
    instant: datetime, begin: time, end: time, zone: ZoneInfo
) -> None:
    """E24, E9: however long the night is. Where the clock jumps over the end, it moves on by the width of the jump."""
    if begin == end:
        return
    found = after_quiet_hours(instant, TemplateKind.MARKETING, Manners(zone, QuietHours(begin, end)))

    expected = instant
    while is_quiet(expected, begin, end, zone):
        expected = expected.replace(second=0, microsecond=0) + timedelta(minutes=1)
    if found == instant or found.astimezone(zone).time() == end:
        assert found == expected
    else:
        assert timedelta() <= found - expected < timedelta(hours=1)


def test_what_a_member_has_to_know_is_told_at_night() -> None:
    night = at("2026-03-02T23:30:00+08:00")
    manners = Manners(ZoneInfo("Asia/Taipei"), QuietHours(time(22), time(8)))
    assert after_quiet_hours(night, TemplateKind.SERVICE, manners) == night
    assert after_quiet_hours(night, TemplateKind.MARKETING, manners) == at("2026-03-03T08:00:00+08:00")


def most_within(slots: list[datetime], days: int, zone: ZoneInfo) -> int:
    """The fullest window (now − days, now], among those that end with a message: no other is fuller."""
    return max((sum(add_days(end, -days, zone) < each <= end for each in slots) for end in slots), default=0)


@given(
    planned=st.lists(st.tuples(INSTANTS, KINDS), max_size=25),
    caps=st.lists(st.builds(Cap, KINDS, st.integers(1, 3), st.integers(1, 40)), max_size=3),
    zone=ZONES,
)
def test_no_window_ever_holds_more_than_its_cap(
    planned: list[tuple[datetime, TemplateKind]], caps: list[Cap], zone: ZoneInfo
) -> None:
    """E23: in whichever order messages are planned; and nothing is refused that there is room for."""
    manners, pressure = Manners(zone, None, tuple(caps)), Pressure()
    taken: list[Slot] = []
    for number, (when, kind) in enumerate(planned):
        slot = Slot(str(number), kind, when)
        full = [
            cap
            for cap in caps
            if cap.kind is kind
            and most_within([*(each.at for each in taken if each.kind is kind), when], cap.days, zone) > cap.most
        ]
        reached = cap_reached(pressure, slot, manners)
        assert (reached is not None) == bool(full)
        assert reached is None or reached in full
        if reached is None:
            taken.append(slot)
            pressure = with_slot(pressure, slot, manners, BEGAN)
    for cap in caps:
        assert most_within([each.at for each in taken if each.kind is cap.kind], cap.days, zone) <= cap.most


@given(planned=st.lists(INSTANTS, min_size=1, max_size=10), moved=INSTANTS)
def test_a_slot_moves_with_its_message_and_comes_back_once(planned: list[datetime], moved: datetime) -> None:
    manners = Manners(ZoneInfo("Asia/Taipei"), None, (Cap(TemplateKind.MARKETING, 2, 400),))
    before = Pressure()
    for number, when in enumerate(planned):
        before = with_slot(before, Slot(str(number), TemplateKind.MARKETING, when), manners, BEGAN)

    elsewhere = with_slot(before, Slot("0", TemplateKind.MARKETING, moved), manners, BEGAN)
    assert sorted(each.message for each in elsewhere.slots) == sorted(map(str, range(len(planned))))
    assert next(each.at for each in elsewhere.slots if each.message == "0") == moved

    back = without_slot(elsewhere, "0")
    assert back.slots == tuple(each for each in elsewhere.slots if each.message != "0")
    assert without_slot(back, "0") is back


@given(ahead=st.integers(0, 40), days=st.integers(1, 30))
def test_what_no_window_reaches_is_forgotten(ahead: int, days: int) -> None:
    manners = Manners(ZoneInfo("Asia/Taipei"), None, (Cap(TemplateKind.MARKETING, 1, days),))
    first = with_slot(Pressure(), Slot("a", TemplateKind.MARKETING, BEGAN), manners, BEGAN)
    later = BEGAN + timedelta(days=ahead)
    then = with_slot(first, Slot("b", TemplateKind.MARKETING, later), manners, later)
    assert [slot.message for slot in then.slots] == (["a", "b"] if ahead < days else ["b"])


@given(
    planned=st.lists(st.tuples(INSTANTS, st.none() | st.integers(1, 9)), max_size=20),
    caps=st.lists(st.builds(Cap, st.just(TemplateKind.MARKETING), st.integers(1, 3), st.integers(1, 40)), min_size=1),
)
def test_who_gives_way_is_lower_and_makes_room_and_no_cap_is_exceeded(
    planned: list[tuple[datetime, int | None]], caps: list[Cap]
) -> None:
    """E23: in whichever order campaigns come."""
    manners, pressure = Manners(ZoneInfo("Asia/Taipei"), None, tuple(caps)), Pressure()
    for number, (when, priority) in enumerate(planned):
        slot = Slot(str(number), TemplateKind.MARKETING, when, priority)
        if cap_reached(pressure, slot, manners) is None:
            pressure = with_slot(pressure, slot, manners, BEGAN)
        elif givers := list(give_way(pressure, slot, manners)):
            assert all(each.priority < priority for each in givers if each.priority and priority)
            assert None not in {priority, *(each.priority for each in givers)}
            pressure = with_slot(pressure, slot, manners, BEGAN, instead_of=givers[0].message)
            assert givers[0] not in pressure.slots
    for cap in caps:
        assert most_within([each.at for each in pressure.slots], cap.days, manners.zone) <= cap.most
