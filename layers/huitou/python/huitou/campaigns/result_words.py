"""What may be said of a campaign's result, in plain sentences and in the languages that marketers read (M21)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from huitou.campaigns.results import Effect, LiftVerdict, Result
from huitou.kernel.money import format_amount
from huitou.points.phrases import Language


@dataclass(frozen=True, slots=True)
class Words:
    """A phrase for each verdict; ``{low}`` and ``{high}`` have a sign where no effect is shown."""

    blank: str
    """Between sentences."""
    nothing: str
    together: str
    """Before the sentences on all campaigns."""
    nothing_together: str
    conversion: Mapping[LiftVerdict, str]
    sales: Mapping[LiftVerdict, str]
    net: Mapping[LiftVerdict, str]


def sentences(result: Result, language: Language, currency: str, exponent: int, *, together: bool = False) -> str:
    """Whether more convert, whether more is sold, and whether that is more than it cost, as far as it can be said; of
    one campaign, or of all ``together``.

    ``currency`` is the code of the programme's money, ``exponent`` the number of its decimals.
    """
    words = _WORDS[language]
    conversion, sales = result.conversion_verdict, result.sales_verdict
    if conversion is sales is LiftVerdict.NOT_ENOUGH_DATA:
        return words.nothing_together if together else words.nothing

    def money(amount: float) -> str:
        return f"{currency} {Decimal(format_amount(round(amount), exponent)):,}"

    rates = {"rate": _percent(result.treated.rate or 0), "base": _percent(result.held_out.rate or 0)}
    said = [
        words.conversion[conversion].format(**rates, **_bounds(result.conversion, conversion, _percent)),
        words.sales[sales].format(**_bounds(result.sales_in_all, sales, money)),
    ]
    if result.net and result.costs.total:
        said.append(words.net[result.net_verdict].format(cost=money(result.costs.total)))
    return words.blank.join([words.together, *said] if together else said)


def _bounds(effect: Effect | None, verdict: LiftVerdict, write: Callable[[float], str]) -> Mapping[str, str]:
    if effect is None:
        return {}
    if verdict is LiftVerdict.NO_EFFECT_SHOWN:
        return {"low": _signed(effect.low, write), "high": _signed(effect.high, write)}
    low, high = sorted((abs(effect.low), abs(effect.high)))
    return {"low": write(low), "high": write(high)}


def _signed(amount: float, write: Callable[[float], str]) -> str:
    written = write(abs(amount))
    return written if amount == 0 else f"{'+' if amount > 0 else '−'}{written}"


def _percent(share: float) -> str:
    """To three digits, however small: "12.3", "0.0412"."""
    return f"{Decimal(f'{100 * share:.3g}'):f}"


_ENGLISH: Final = Words(
    blank=" ",
    nothing="Not enough data yet to say what the campaign does.",
    together="This is what all campaigns do together.",
    nothing_together="Not enough data yet to say what all campaigns do together.",
    conversion={
        LiftVerdict.NOT_ENOUGH_DATA: "Not enough data yet to say whether it makes more members convert.",
        LiftVerdict.NO_EFFECT_SHOWN: "No effect on how many members convert can be shown: {rate} % instead of {base} "
        "%, between {low} and {high} percentage points (95 % interval).",
        LiftVerdict.MORE: "It makes more members convert: {rate} % instead of {base} %, {low} to {high} percentage "
        "points more (95 % interval).",
        LiftVerdict.LESS: "It makes fewer members convert: {rate} % instead of {base} %, {low} to {high} percentage "
        "points fewer (95 % interval).",
    },
    sales={
        LiftVerdict.NOT_ENOUGH_DATA: "Not enough data yet to say what it does to sales.",
        LiftVerdict.NO_EFFECT_SHOWN: "No effect on sales can be shown: between {low} and {high} (95 % interval).",
        LiftVerdict.MORE: "It brings {low} to {high} in sales that would not have been (95 % interval).",
        LiftVerdict.LESS: "It loses {low} to {high} in sales that would have been (95 % interval).",
    },
    net={
        LiftVerdict.NO_EFFECT_SHOWN: "Whether what it brings is more than its cost of {cost} cannot be told.",
        LiftVerdict.MORE: "What it brings is more than its cost of {cost}.",
        LiftVerdict.LESS: "What it brings is less than its cost of {cost}.",
    },
)

_CHINESE: Final = Words(
    blank="",
    nothing="資料還不夠，無法判斷活動的成效。",
    together="以下是所有活動合計的成效。",
    nothing_together="資料還不夠，無法判斷所有活動合計的成效。",
    conversion={
        LiftVerdict.NOT_ENOUGH_DATA: "資料還不夠，無法判斷活動是否提高轉換率。",
        LiftVerdict.NO_EFFECT_SHOWN: "看不出活動對轉換率有影響：實驗組 {rate}%，對照組 {base}%，差距在 {low} 至 {high} "
        "個百分點之間（95% 信賴區間）。",
        LiftVerdict.MORE: "活動提高了轉換率：實驗組 {rate}%，對照組 {base}%，增加 {low} 至 {high} 個百分點"
        "（95% 信賴區間）。",
        LiftVerdict.LESS: "活動降低了轉換率：實驗組 {rate}%，對照組 {base}%，減少 {low} 至 {high} 個百分點"
        "（95% 信賴區間）。",
    },
    sales={
        LiftVerdict.NOT_ENOUGH_DATA: "資料還不夠，無法判斷活動對銷售額的影響。",
        LiftVerdict.NO_EFFECT_SHOWN: "看不出活動對銷售額有影響：差距在 {low} 至 {high} 之間（95% 信賴區間）。",
        LiftVerdict.MORE: "活動帶來 {low} 至 {high} 的增量銷售額（95% 信賴區間）。",
        LiftVerdict.LESS: "活動使銷售額減少 {low} 至 {high}（95% 信賴區間）。",
    },
    net={
        LiftVerdict.NO_EFFECT_SHOWN: "增量銷售額是否高於活動成本 {cost}，還無法判斷。",
        LiftVerdict.MORE: "增量銷售額高於活動成本 {cost}。",
        LiftVerdict.LESS: "增量銷售額低於活動成本 {cost}。",
    },
)

_WORDS: Final[Mapping[Language, Words]] = {"zh-TW": _CHINESE, "en": _ENGLISH}
