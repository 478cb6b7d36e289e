"""Segments: that each says who is in it, what they name, and what a brand's own may see (E31)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from huitou.program.checks.findings import Names, Path, Places, Problems, at, circles, owners, twice
from huitou.program.checks.references import named_under
from huitou.program.checks.segment_parts import Question, conditions, questions, segment_ids, segments
from huitou.program.document import ProgramDocument
from huitou.program.model import GROUP

MOST_DEPTH = 8
"""Conditions within conditions: nobody reads more."""
MOST_CONDITIONS = 100
"""Of one segment, each of which is judged whenever a member does something."""

Lists = Iterator[tuple[Path, str, Sequence[str]]]
"""Where names are written, of what kind they are, and which."""


def definitions(document: ProgramDocument) -> Problems:
    """Who is in a segment is said once: by a condition, or by a list."""
    for path, segment in segments(document):
        if segment.is_list and segment.when is not None:
            yield at((*path, "when"), "Who is on a list is said by the list; write `when` or `list: true`, not both.")
        elif not segment.is_list and segment.when is None:
            yield at(path, "Say who is in it: write `when` with a condition, or `list: true` for a list you upload.")


def one_at_a_time(document: ProgramDocument) -> Problems:
    """Each condition asks one thing, and a segment no more than can be read and judged."""
    counts: Counter[int] = Counter()
    for path, part, _, depth in conditions(document):
        kinds = [kind for kind, _ in part.asked()]
        if len(kinds) != 1:
            said = (
                f"Here are {len(kinds)} ({', '.join(kinds)}); put" if kinds else "Here is none; to ask for several, put"
            )
            yield at(path, f"A condition asks one thing. {said} each on its own under `all` or `any`.")
        if depth == MOST_DEPTH + 1:
            yield at(
                path, f"At most {MOST_DEPTH} conditions can lie within each other; make a segment of the inner ones."
            )
        place = int(path[1])
        counts[place] += 1
        if counts[place] == MOST_CONDITIONS + 1:
            yield at(path, f"A segment has at most {MOST_CONDITIONS} conditions; make a segment of some of them.")


def references(document: ProgramDocument) -> Problems:
    """What segments name."""
    known = named_under(document)
    for path, segment in segments(document):
        if segment.brand is not None:
            yield from known["brands"].check((*path, "brand"), segment.brand)
    currencies = Names("currency", (currency.id for currency in document.point_currencies))
    for question in questions(document):
        for path, kind, names in named_by(question):
            if kind in known:
                yield from known[kind].check_all(path, names)
        if question.kind in {"points", "expiring_points"} and question.asked.currency is not None:
            yield from currencies.check((*question.path, "currency"), question.asked.currency)
        if question.kind == "consent" and question.asked.brand not in {None, GROUP}:
            yield from known["brands"].check((*question.path, "brand"), question.asked.brand)


_KIND_OF: Mapping[str, str] = {
    "joined": "brands",
    "home_store": "stores",
    "tiers": "tiers",
    "segments": "segments",
    "gender": "gender",
    "language": "language",
    "tags": "tags",
}
"""What the names are that such a question lists."""


def named_by(question: Question) -> Lists:
    """All lists of names in a question."""
    if question.kind in _KIND_OF:
        yield question.path, _KIND_OF[question.kind], question.asked
    if question.kind == "days_since_joining":
        yield (*question.path, "brands"), "brands", question.asked.brands
    if question.only is not None:
        for field in ("brands", "stores", "regions", "channels", "payments", "categories", "skus"):
            yield (*question.path, "of", field), field, getattr(question.only, field)


def repetitions(document: ProgramDocument) -> Problems:
    """Nothing is in a list of a segment twice."""
    for question in questions(document):
        for path, _, names in named_by(question):
            yield from twice(path, names)
        if question.kind == "rfm":
            for axis in ("recency", "frequency", "money"):
                yield from twice((*question.path, axis), getattr(question.asked, axis))


def no_circles(document: ProgramDocument) -> Problems:
    """Segments name others, and not each other in a circle: none of these could be judged first."""
    places = {name: path for path, name in segment_ids(document)}
    named: dict[str, set[str]] = {name: set() for name in places}
    tagging = [segment for _, segment in segments(document) if segment.tag is not None]
    for question in questions(document):
        if question.kind == "segments":
            named[question.segment.id].update(name for name in question.asked if name in places)
        if question.kind == "tags":
            seen = (each for each in tagging if each.brand in {None, question.segment.brand})
            named[question.segment.id].update(each.id for each in seen if each.tag in question.asked)
    for circle in circles(named):
        where = (*places[circle[0]][:2], "when")
        if len(circle) == 2:
            yield at(where, f"Who is in {circle[0]!r} cannot depend on who is in it.")
        else:
            yield at(where, f"These segments name each other in a circle: {' → '.join(circle)}.")


def own_affairs(document: ProgramDocument) -> Problems:
    """E31: a brand's own segment asks about that brand alone, and nobody else asks who is in it."""
    owner_of, places = owners(document), Places(document)
    whose = {segment.id: segment.brand for _, segment in segments(document) if segment.brand is not None}
    for question in questions(document):
        brand = question.segment.brand
        if question.only is not None:
            brands = set(question.only.brands) or ({brand} if brand else set())
            yield from places.check((*question.path, "of"), question.only, brands, "this condition")
        if brand is not None:
            yield from _beyond(question, brand, owner_of, places)
        if question.kind == "segments":
            yield from _foreign(question.path, question.asked, whose, brand)
    for n, rule in enumerate(document.earning):
        brands = set(rule.when.brands) or {owner_of.get(rule.currency, GROUP)}
        only = brands.pop() if len(brands) == 1 else None
        yield from _foreign(("earning", n, "when", "segments"), rule.when.segments, whose, only)


def _foreign(path: Path, names: Sequence[str], whose: Mapping[str, str], brand: str | None) -> Problems:
    for n, name in enumerate(names):
        owner = whose.get(name, brand)
        if owner != brand:
            yield at(
                (*path, n), f"{name!r} belongs to the brand {owner!r} alone; only what is that brand's may name it."
            )


def _beyond(question: Question, brand: str, owner_of: Mapping[str, str], places: Places) -> Problems:
    for path, other in _brands_in(question, owner_of, places):
        if other not in {brand, GROUP}:
            yield at(path, f"This segment belongs to the brand {brand!r} alone; it sees nothing of {other!r}.")
    if question.kind == "brands":
        yield at(question.path, f"This segment belongs to the brand {brand!r} alone; it never sees two.")
    if question.kind == "days_since_enrolment":
        yield at(question.path, "A brand sees when members joined it: write `days_since_joining`.")


def _brands_in(question: Question, owner_of: Mapping[str, str], places: Places) -> Iterator[tuple[Path, str]]:
    """The brands of which a question wants to know something, and where it says so."""
    for path, kind, names in named_by(question):
        if kind == "brands":
            yield from (((*path, n), name) for n, name in enumerate(names))
    if question.kind == "home_store":
        for n, name in enumerate(question.asked):
            yield (*question.path, n), places.brand_of(name) or GROUP
    if question.kind == "consent" and question.asked.brand is not None:
        yield (*question.path, "brand"), question.asked.brand
    if question.kind in {"points", "expiring_points"} and question.asked.currency is not None:
        yield (*question.path, "currency"), owner_of.get(question.asked.currency, GROUP)
