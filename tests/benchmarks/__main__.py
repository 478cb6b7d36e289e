"""Measures, and writes docs/benchmarks.md: ``python -m tests.benchmarks``, or with the names of some sections.

Figures that do not depend on the machine come first: counts and units, then ratios of two things measured in one
run. A figure beyond its target is written down as it is, and the command fails.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime

from huitou.kernel.commits import MOST_WRITES
from infra.sources import ROOT
from tests.benchmarks import (
    capacity,
    checking,
    cpu,
    day,
    deciding,
    evaluating,
    imports,
    looking,
    sending,
    simulating,
    ticking,
    waking,
)

TARGET = ROOT / "docs" / "benchmarks.md"
FUNCTION = "record_purchases"
MOST_CPU = 1.6
MOST_IMPORT = 1.35
LEAST_PURCHASES = 8_000
"""A second."""
MOST_MEMORY = 1024
"""MiB."""
MOST_GROWTH = 15
"""Of the time to check a programme, for ten times the stores."""
MOST_READS = 8
"""Of a look at a member with 500 purchases."""
MOST_WAKES = 1.5
"""For each time that something changed."""

HEAD = """# Figures

`make bench` measures all of this anew and writes this file; `make bench ONLY=<section>` measures one section.
The code is in `tests/benchmarks/`. Counts and units come first, since they are the same on every machine; then
ratios of two things measured in turn in one run. `tests/contract/test_capacity.py` holds the counts and units of
a purchase and of a balance in every `make test`, and before that the instrument to DynamoDB's rules.
"""


def main(names: Sequence[str]) -> int:
    """The exit code: 1 if a ratio is beyond its target."""
    chosen = names or list(SECTIONS)
    written = dict(_written())
    missed = []
    for name in chosen:
        print(f"measuring: {name}", file=sys.stderr)
        with redirect_stdout(io.StringIO()):
            text, kept = SECTIONS[name]()
        written[name] = f"Measured on {datetime.now(UTC):%Y-%m-%d} by `make bench ONLY={name}`.\n\n{text}"
        missed += [] if kept else [name]
        parts = [f"## {each}\n\n{written[each].strip()}\n" for each in SECTIONS if each in written]
        TARGET.write_text("\n".join([HEAD, *parts]), "utf-8")
    print(f"{TARGET.name} is written{'; beyond the target: ' + ', '.join(missed) if missed else ''}.", file=sys.stderr)
    return 1 if missed else 0


def _capacity() -> tuple[str, bool]:
    tables = "\n\n".join(_table(head, rows) for head, rows in capacity.measure())
    return (
        f"""The real handlers over the emulator, which the test above checks; the programme is `programs/sample.yaml`.

The least that DynamoDB allows for a purchase is 8 write units: wallet, purchase, entry and receipt, each an item
of at most 1 KB, in one transaction, which doubles the price. Targets with 20 open lots and up to 10 lines: 2 calls
(3 by another identity), 10 write units without the index, 4 read units. Every 16th purchase lays 16 older lots
aside in an item of their own, 2 units more; the row with 20 open lots is exactly that purchase. From 150 lots on such
items are also joined then, which takes up to 8 units more. At sora a sale earns a second kind of points: one more
wallet and entry, 4 units. An index unit is spent when the next instant at
which a wallet changes moves: for a new member's first lot, or when points were due. The programme is read beside
this, two calls at a cold start and one every five seconds.

{tables}

"With ten open lots" is one basket of ten lines at maru, and what is done about it with some of 250 points. A refund
reads the sale, and what a till holds or has spent is read with its entry, before the wallet; a part of a hold is read
once more, to know which points these are. To move a purchase and to give points away takes the wallets of two members,
a conversion two wallets of one.

The sample is the whole year of {100 * capacity.SHARE:g} % of the households, chosen by a hash of their number. Of real
baskets, 28 in 100 have more than 10 lines; lines are kept deflated, so that only the longest take more units. What
falls due is booked by the clock before each sale, as in production, and not counted here. Nor is the stream's look at
where the member stands, a second before: a purchase that comes before it reads the member's record and what they did,
three calls more.

The {capacity.IN_TURN} purchases are a regular customer's, one each hour, while older lots are laid aside and
joined; the redemption of 200 points follows them. The two members have lots of both brands, ten of which end each day,
and an identity each. Their writes are those of one transaction, which has room for {MOST_WRITES}.""",
        True,
    )


def _cpu() -> tuple[str, bool]:
    shares = cpu.measure()
    rows = [
        ("bare boto3 handler", "1"),
        ("purchase handler", f"{shares.ratio:.2f}"),
        ("of which DynamoDB calls", f"{shares.calls / shares.bare:.2f}"),
        ("of which everything else", f"{(shares.handler - shares.calls) / shares.bare:.2f}"),
    ]
    return (
        f"""Target: at most {MOST_CPU} × the bare handler. Both make the same two calls with the same payloads, in turn,
in one process, over two tables with the same content; the bare one reads and checks nothing and answers a constant.
Medians of {cpu.ROUNDS} purchases of 10 lines by members with {cpu.LOTS} open lots; this process's CPU time alone. On a
machine that is busy with other work both suffer, the handler, which touches more code, more.

{_table(("CPU of one purchase", "× bare"), rows)}""",
        shares.ratio <= MOST_CPU,
    )


def _imports() -> tuple[str, bool]:
    ours, libraries = imports.import_ratio(FUNCTION)
    rows = [
        ("boto3's DynamoDB client, Powertools' Logger and REST resolver with validation", "1"),
        (f"`functions/{FUNCTION}`", f"{ours / libraries:.2f}"),
    ]
    return (
        f"""Target: at most {MOST_IMPORT} × the libraries alone. Fresh interpreters over the layers as they are shipped,
with bytecode, in turn; the best of {imports.ROUNDS}, CPU time. Both build their client.

{_table(("Import", "× libraries"), rows)}""",
        ours / libraries <= MOST_IMPORT,
    )


def _checking() -> tuple[str, bool]:
    growth = checking.measure()
    rows = [(f"{checking.FEW:,} stores", "1"), (f"{checking.MANY:,} stores", f"{growth.multiple:.1f}")]
    return (
        f"""`read_document`, from the text to a programme that can work, of one brand; rules name all of its stores,
{checking.STORES_OF_A_RULE} each. CPU time, the best of {checking.ROUNDS} rounds of each. Target: at most {MOST_GROWTH}.

{_table(("Checking a programme", "× the smaller"), rows)}

On the machine that wrote this: {growth.many * 1000:.0f} ms for the larger one.""",
        growth.multiple <= MOST_GROWTH,
    )


def _deciding() -> tuple[str, bool]:
    speed = deciding.measure()
    rows = [
        ("loop over the same rows that sums the lines and keeps a number per member", "1"),
        ("rules, lots, entries, explanations and wallets", f"{speed.multiple:.0f}"),
    ]
    return (
        f"""`decide_sale` over {speed.sales:,} real baskets with {speed.lines:,} lines in the order of time, wallets
folded in memory, one process; the whole sample programme is considered for each, points expire on the way. The best of
{deciding.ROUNDS} rounds of each.

{_table(("Deciding a sale", "× bare loop"), rows)}

On the machine that wrote this: {round(speed.per_second, -2):,.0f} sales a second on one core.""",
        True,
    )


def _simulating() -> tuple[str, bool]:
    found = simulating.best()
    rows = [
        ("loop over the same rows that sums the lines of each purchase", "1"),
        ("loading: from the Parquet files to purchases", f"{found.loading / found.looping:.0f}"),
        ("replaying: rules, budgets, lots, entries, expiry, tiers and segments", f"{found.multiple:.0f}"),
    ]
    return (
        f"""The whole year under `programs/sample.yaml`, in one process, as `huitou simulate` replays it under each of
two programmes: {found.sales:,} purchases with {found.lines:,} lines. CPU time, the best of {simulating.GOES} goes;
loading with all threads of the database. Targets: {LEAST_PURCHASES:,} purchases a second on one core, and at most
{MOST_MEMORY:,} MiB of memory.

{_table(("The year", "× bare loop"), rows)}

On the machine that wrote this: {round(found.per_second, -2):,.0f} purchases a second replayed, \
{round(found.per_second_with_loading, -2):,.0f} with loading; {found.peak:,.0f} MiB at most.""",
        found.per_second >= LEAST_PURCHASES and found.peak <= MOST_MEMORY,
    )


def _evaluating() -> tuple[str, bool]:
    found = evaluating.measure()
    rows = [
        ("sum up what the member spent so far", "1"),
        (f"judge {found.segments} segments, and say when to look again", f"{found.multiple:.0f}"),
    ]
    return (
        f"""Where a member stands under `programs/sample.yaml`, worked out from facts in memory after each of
{found.purchases:,} real purchases of {evaluating.MEMBERS} members, and whenever the clock was told to look:
{found.by_time:.2f} times more for each purchase. One process, CPU time.

{_table(("Evaluating a member", "× bare sum"), rows)}

On the machine that wrote this: {round(found.per_second, -1):,.0f} evaluations a second on one core.""",
        True,
    )


def _looking() -> tuple[str, bool]:
    found = looking.measure()
    rows = [
        (
            f"{each.purchases}",
            f"{each.reads:.2f}",
            f"{each.most_reads:.0f}",
            f"{each.kept_reads:.2f}",
            f"{each.kept_writes:.2f}",
        )
        for each in found
    ]
    head = (
        "Purchases of the member",
        "read units of a look: mean",
        "most",
        "where it is kept: read units, mean",
        "write units, mean",
    )
    return (
        f"""A member who buys ten lines every {looking.EVERY.seconds // 3600} hours, looked at after each purchase by
the segments of `programs/sample.yaml`, some of which ask for all that there ever was; each time with the weekly
insights, which functions remember for a minute. Target: at most {MOST_READS} read units. The last two columns are the
stream's: it keeps the position, whose next deadline mostly moves in the due index (2 units), and packs what lies back
once in {looking.CYCLE} purchases. `tests/contract/test_packs.py` holds the target on AWS's own engine.

{_table(head, rows)}""",
        max(each.most_reads for each in found) <= MOST_READS,
    )


def _waking() -> tuple[str, bool]:
    found = waking.measure()
    rows = [
        ("wakes for each real change", f"{found.per_real_change:.2f}"),
        ("wakes for each purchase", f"{found.per_purchase:.2f}"),
        *((f"of which for a {why}", f"{times / found.wakes:.0%}") for why, times in found.reasons.most_common()),
    ]
    return (
        f"""A year of {waking.MEMBERS} real members and the quarter after it, lived through under `programs/sample.yaml`
over stores in memory: looked at after each of {found.purchases:,} purchases, and by the clock whenever it was told to,
{found.wakes:,} times. A change is real if the member is in another tier or segment afterwards, or is told that points
end soon. Target: at most {MOST_WAKES} wakes for each.

{_table(("Where members stand", "the clock"), rows)}""",
        found.per_real_change <= MOST_WAKES,
    )


def _day() -> tuple[str, bool]:
    found = day.shares(dict(_written()))
    sum_ = sum(each.cost for each in found)
    rows = [(each.what, f"{each.times:,.0f}", f"{each.cost:.2f}") for each in found]
    return (
        f"""Computed, not billed, from the tables above: {day.assumed()}. List prices of {day.PRICED_ON}, without free
tiers, and what is assumed of durations and sizes stand in `tests/benchmarks/day.py`, to be changed there. Traces,
alarms and what else costs little while nobody buys are in the README's table.

{_table(("A day", "times", "US$"), [*rows, ("**sum**", "", f"**{sum_:.2f}**")])}

That is {100 * sum_ * day.DAYS / day.MEMBERS:.1f} cents for a member and year.""",
        True,
    )


def _sending() -> tuple[str, bool]:
    found = sending.measure()
    units = [
        (each.part, f"{each.calls}", f"{each.reads:.0f}", f"{each.writes:.0f}", f"{each.index_writes:.0f}")
        for each in found.parts
    ]
    rows = [(f"{threads}", f"{each:.0f}") for threads, each in found.a_second.items()]
    return (
        f"""A campaign under a frequency cap writes to somebody who has not come for a month, by email; the programme is
read beside this. The first row is what the campaign adds to a position that is kept anyway, the last two what it adds
that it holds somebody out, for a member with a phone and a mailbox.

{_table(("From cause to acceptance", "calls", "read units", "write units", "index write units"), units)}

{sending.MESSAGES} service messages to as many members, sent by threads of one process that share its CPU with the
emulator; the provider takes {sending.LATENCY * 1000:.0f} ms for each. A message alone cannot take less than that, and
{max(sending.AT_ONCE)} threads are limited by the CPU that they share; on AWS each worker has its own.

{_table(("Sent at once", "messages a second on the machine that wrote this"), rows)}""",
        True,
    )


def _clock() -> tuple[str, bool]:
    found = ticking.measure()
    rows = [
        ("booking what is due of one member", f"{found.reads:.2f}", f"{found.writes:.2f}", f"{found.index_writes:.2f}"),
        ("a tick when nothing is due", f"{found.idle_reads:.2f}", "0", "0"),
    ]
    return (
        f"""Points of {ticking.MEMBERS} members end within {ticking.SPREAD.seconds} seconds of real time, over the
emulator. One tick queues all of it ahead, each message delayed until its instant; one worker takes what the queue
shows, ten messages at a time. The units are those of the members table, with the tick's own look at all shards. A tick
when nothing is due asks each of the {ticking.SHARDS} shards once, half a unit each, however many members there are
(`tests/contract/test_clock_reads.py`); one in fifteen asks them twice.

{_table(("Members table", "read units", "write units", "index write units"), rows)}

On the machine that wrote this, booked so long after its instant: p50 {found.p50:.1f} s, p99 {found.p99:.1f} s. A queue
counts delays in whole seconds, so half a second is the least that can be had in the mean.""",
        True,
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _written() -> Iterable[tuple[str, str]]:
    """The sections that the file has already."""
    if TARGET.exists():
        for part in TARGET.read_text("utf-8").split("\n## ")[1:]:
            name, _, text = part.partition("\n")
            yield name, text


SECTIONS: dict[str, Callable[[], tuple[str, bool]]] = {
    "capacity": _capacity,
    "cpu": _cpu,
    "imports": _imports,
    "checking": _checking,
    "deciding": _deciding,
    "simulating": _simulating,
    "evaluating": _evaluating,
    "looking": _looking,
    "waking": _waking,
    "sending": _sending,
    "clock": _clock,
    "day": _day,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
