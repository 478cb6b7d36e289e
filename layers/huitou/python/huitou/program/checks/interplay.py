"""How rules go together: stacks and exclusions."""

from __future__ import annotations

from huitou.program.checks.findings import Names, Path, Problems, at, circles
from huitou.program.document import ProgramDocument
from huitou.program.document_rules import EarningRulePart, StackPart


def stacks(document: ProgramDocument) -> Problems:
    """A stack combines what can be combined."""
    known = {stack.id: stack for stack in document.stacks}
    names = Names("stack", known)
    first: dict[str, EarningRulePart] = {}
    for n, rule in enumerate(document.earning):
        if rule.stack is None:
            continue
        path: Path = ("earning", n, "stack")
        yield from names.check(path, rule.stack)
        if rule.stack in known:
            yield from _member(path, rule, known[rule.stack], first.setdefault(rule.stack, rule))


def _member(path: Path, rule: EarningRulePart, stack: StackPart, first: EarningRulePart) -> Problems:
    if stack.combine == "product" and rule.times is None:
        yield at(path, f"{stack.id!r} is a product: only multipliers (times) build on each other.")
    if stack.combine in {"product", "best_of"} and rule.currency != first.currency:
        yield at(path, f"{stack.id!r} compares what its rules pay: all must pay {first.currency!r}, as {first.id!r}.")


def exclusions(document: ProgramDocument) -> Problems:
    """Rules exclude others, and not each other in a circle: none of these could be looked at first."""
    names = Names("rule", (rule.id for rule in document.earning))
    for n, rule in enumerate(document.earning):
        yield from names.check_all(("earning", n, "excludes"), rule.excludes)
        if rule.id in rule.excludes:
            yield at(("earning", n, "excludes", rule.excludes.index(rule.id)), "A rule cannot exclude itself.")
    places = {rule.id: n for n, rule in enumerate(document.earning)}
    for circle in circles({rule.id: set(rule.excludes) - {rule.id} for rule in document.earning}):
        shown = " → ".join(circle)
        yield at(("earning", places[circle[0]], "excludes"), f"These rules exclude each other in a circle: {shown}.")
