"""From Liquid to text: the only module that knows the language's package.

A value never becomes part of the text in which Markdown or anything else is looked for. Where one belongs there stands
a mark, two characters that no text has with a number between them, and the values lie beside it; whoever makes the text
into something fills them in at the very end, escaped for where they stand.

The language is kept small, so that what was accepted once can always be written: outputs, conditions and comments, a
few filters, the variables of `variables`. Nothing loops, nothing is assigned, nothing is included.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple, TextIO
from urllib.parse import quote

from liquid import BoundTemplate, Environment, RenderContext, StrictUndefined
from liquid.ast import Node
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.filters import misc, string
from liquid.builtin.tags import case_tag, comment_tag, if_tag, inline_comment_tag, unless_tag
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.filter import with_context
from liquid.loader import BaseLoader, TemplateSource
from liquid.stringify import to_liquid_string

from huitou.kernel.errors import InvalidError
from huitou.templates.languages import day_in, number_in
from huitou.templates.variables import Values

LONGEST: Final = 20_000
"""Characters of one text."""
MOST_PLACES: Final = 100
"""Outputs and tags of one text."""
MOST_BLANKS: Final = 200
"""In a row."""
MOST_BYTES: Final = 100_000
"""Of one text as written."""
_BLANKS: Final = re.compile(rf"\s{{{MOST_BLANKS + 1}}}")
_NO_NUMBER_OF_POINTS: Final = 10**18
_UNSEEN: Final = frozenset({"Cc", "Co", "Cs"})
"""Categories of Unicode: control, private use, half a character."""
_MARK: Final = re.compile("\ue000(\\d{1,6})\ue001")
_NOTED: Final = "\ue000"
"""Under which a rendering keeps its values and locale; no variable can be called so."""
# What would turn the direction of the words that follow.
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_RAW: Final = re.compile(r"\{%-?\s*raw\b")
_OF_LANGUAGE: Final = re.compile(r"(\{%.*?%\})|\{\{.*?\}\}", re.S)

_TAG: Final = re.compile(r"unexpected tag '(\w+)'")
_TAGS: Final = ("if", "unless", "case", "comment")
_INNER_TAGS: Final = frozenset({"else", "elsif", "when", *(f"end{tag}" for tag in _TAGS)})
_PLAIN: Final[Mapping[str, str]] = {
    "end of expression": "the end",
    "end of file": "the end",
    "'NoneType'": "nothing",
    "'Decimal'": "a number",
    "'int'": "a number",
    "'str'": "a text",
    "'date'": "a day",
}
"""How the language's package calls things, and how people do."""


class UnwritableTextError(InvalidError):
    """The text is no Liquid that can be written for this member."""

    code = "unwritable_text"
    title = "The text cannot be written"


class Mistake(NamedTuple):
    """What is wrong with a text, and in which line of it."""

    line: int
    sentence: str


class Written(NamedTuple):
    """A text with a mark in the place of each value."""

    form: str
    values: tuple[str, ...] = ()

    def fill(self, part: str | None = None, quoted: Callable[[str], str] = str) -> str:
        """``part`` of the form (None: all of it) with its values, each put through ``quoted``."""

        def value(mark: re.Match[str]) -> str:
            place = int(mark[1])
            return quoted(self.values[place]) if place < len(self.values) else ""

        return _MARK.sub(value, self.form if part is None else part)


def percent_encoded(value: str) -> str:
    """As a value stands in an address: a part of it that ends nothing."""
    return quote(value, safe="")


def has_value(part: str) -> bool:
    """Whether there is a mark in this part of a form."""
    return _MARK.search(part) is not None


def write(source: str, said: Values, language: str) -> Written:
    """The text for one member. Raises `UnwritableTextError` for what `mistakes` would have told."""
    noted = _Noted([], language)
    try:
        form = _parsed(source).render({**_nested(said), _NOTED: noted})
    except LiquidError as error:
        raise UnwritableTextError(_sentence(error, source).sentence) from error
    except RecursionError as error:
        raise UnwritableTextError("A condition is too long.") from error
    return Written(form, tuple(noted.values))


def names_in(source: str) -> frozenset[str]:
    """The variables that the text uses, in whichever branch."""
    found = _parsed(source).analyze(include_partials=False).globals.values()
    return frozenset(str(each) for variables in found for each in variables)


def every_branch(source: str, value: str) -> Written:
    """The text with all that conditions leave out, and ``value`` in the place of each value."""
    return Written(_OF_LANGUAGE.sub(lambda found: "" if found[1] else "\ue0000\ue001", source), (value,))


def one_line(written: Written) -> str:
    """As the subject of an email is."""
    return " ".join(written.fill().split())


def mistakes(source: str, known: Iterable[str], said: Iterable[Values], language: str) -> Iterator[Mistake]:
    """Everything for which the text could not be written, for whomever: ``said`` are all kinds of members."""
    if unreadable := _unreadable(source):
        yield Mistake(1, unreadable)
        return
    try:
        template = _parsed(source)
        unknown = sorted({*_unknown_names(template, frozenset(known), source), *_unknown_filters(template, source)})
        found = unknown or [*dict.fromkeys(_misused(template, said, source, language))]
    except LiquidError as error:
        found = [_sentence(error, source)]
    except UnwritableTextError as error:
        found = [Mistake(1, error.detail)]
    except RecursionError:
        found = [Mistake(1, "This condition is too long.")]
    yield from found


def _unreadable(source: str) -> str | None:
    """Why the text is not even read: reading takes as long as the square, or the cube, of some of its lengths."""
    places = source.count("{{") + source.count("{%")
    if len(source) > LONGEST:
        return f"This has {len(source):,} characters; at most {LONGEST:,} are allowed."
    if places > MOST_PLACES:
        return f"This has {places:,} places to fill in; at most {MOST_PLACES} are allowed."
    if _BLANKS.search(source):
        return f"More than {MOST_BLANKS} blanks or line breaks follow each other here."
    unseen = {each for each in set(source) - set("\n\r\t") if unicodedata.category(each) in _UNSEEN}
    if unseen or _TURNING.search(source):
        return "Only characters that can be seen are allowed here."
    if _RAW.search(source):
        return f"There is no tag 'raw'; use {', '.join(_TAGS)}."
    return None


class _Noted(NamedTuple):
    values: list[str]
    language: str


class _MarkedOutput(output.OutputNode):
    """Writes a mark, and notes the value."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        values = _noted(context).values
        values.append(_tidy(to_liquid_string(self.expression.evaluate(context), autoescape=False)))
        return buffer.write(f"\ue000{len(values) - 1}\ue001")


class _Output(output.Output):
    node_class = _MarkedOutput


class _NoLoader(BaseLoader):
    def get_source(self, *_: object, **__: object) -> TemplateSource:
        raise LookupError("No template includes another.")


class _Language(Environment):
    """What can be written, and no more."""

    output_stream_limit = MOST_BYTES
    block_nesting_limit = 10

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:  # noqa: ARG002 - as it is declared
        for tag in (
            *(content.Literal, _Output, illegal.Illegal),
            *(if_tag.IfTag, unless_tag.UnlessTag, case_tag.CaseTag),
            *(comment_tag.CommentTag, inline_comment_tag.InlineCommentTag),
        ):
            self.add_tag(tag)
        for name, function in FILTERS.items():
            self.add_filter(name, function)


@with_context
def _points(value: object, *, context: RenderContext) -> object:
    """A number as the language of the text writes it: 12,345."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        return value
    is_sensible = -_NO_NUMBER_OF_POINTS < value < _NO_NUMBER_OF_POINTS
    return number_in(_noted(context).language, value) if is_sensible else value


@with_context
def _date(value: object, *, context: RenderContext) -> object:
    """A day as the language of the text writes it: December 31, 2026."""
    return day_in(_noted(context).language, value) if isinstance(value, date) else value


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "capitalize": string.capitalize,
    "date": _date,
    "default": misc.default,
    "downcase": string.downcase,
    "points": _points,
    "strip": string.strip,
    "truncate": string.truncate,
    "upcase": string.upcase,
}


@cache
def _language() -> Environment:
    return _Language(undefined=StrictUndefined, loader=_NoLoader())


@lru_cache(maxsize=256)
def _parsed(source: str) -> BoundTemplate:
    """Ranges are no part of the language: to look for something in one takes as long as it is."""
    template = _language().from_string(source)
    expressions = (each for node in template.nodes for each in _expressions(node, template))
    if any(isinstance(each, RangeLiteral) for each in expressions):
        raise UnwritableTextError("There are no ranges such as (1..9) here.")
    return template


def _noted(context: RenderContext) -> _Noted:
    noted: _Noted = context.resolve(_NOTED, token=None)
    return noted


def _nested(said: Values) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in said.items():
        first, _, second = name.partition(".")
        if second:
            nested.setdefault(first, {})[second] = value
        else:
            nested[first] = value
    return nested


def _tidy(value: str) -> str:
    """On one line, without what cannot be seen but changes what can."""
    visible = "".join(" " if unicodedata.category(each) in {"Cc", "Cs"} else each for each in value)
    return " ".join(_TURNING.sub("", visible).split())


def _unknown_names(template: BoundTemplate, known: frozenset[str], source: str) -> Iterator[Mistake]:
    for variables in template.analyze(include_partials=False).globals.values():
        for each in variables:
            if str(each) not in known:
                line = _line(source, each.span.index)
                choice = ", ".join(sorted(known))
                yield Mistake(line, f"Line {line}: there is no variable {str(each)!r} here; use {choice}.")


def _unknown_filters(template: BoundTemplate, source: str) -> Iterator[Mistake]:
    for name, spans in template.analyze(include_partials=False).filters.items():
        if name not in FILTERS:
            for line in (_line(source, span.index) for span in spans):
                yield Mistake(line, f"Line {line}: there is no filter {name!r}; use {', '.join(FILTERS)}.")


def _misused(template: BoundTemplate, said: Iterable[Values], source: str, language: str) -> Iterator[Mistake]:
    """Comparisons and filters that cannot be worked out, in whichever branch: each is tried by itself."""
    tried = [expression for node in template.nodes for expression in _expressions(node, template)]
    for values in said:
        context = RenderContext(template, globals={**_nested(values), _NOTED: _Noted([], language)})
        for expression in tried:
            try:
                expression.evaluate(context)
            except LiquidError as error:
                yield _sentence(error, source)


def _expressions(node: Node, template: BoundTemplate) -> Iterator[Expression]:
    for expression in node.expressions():
        yield from _parts(expression)
    for child in node.children(RenderContext(template), include_partials=False):
        yield from _expressions(child, template)


def _parts(expression: Expression) -> Iterator[Expression]:
    """Conditions are worked out from the left, and not further than needed: each side is one of its own."""
    yield expression
    for each in expression.children():
        yield from _parts(each)


def _sentence(error: LiquidError, source: str) -> Mistake:
    """In words for people who write texts."""
    context = error.context()
    line = context[0] if context else source.count("\n") + 1
    said = str(error.message)
    if (tag := _TAG.fullmatch(said)) and tag[1] not in _INNER_TAGS:
        said = f"there is no tag {tag[1]!r}; use {', '.join(_TAGS)}"
    elif "positional argument" in said or "keyword argument" in said:
        said = "a filter is given too much, or too little"
    for term, plain in _PLAIN.items():
        said = said.replace(term, plain)
    return Mistake(line, f"Line {line}: {said}.")


def _line(source: str, index: int) -> int:
    return source.count("\n", 0, index) + 1
