"""M21: what may be said of a result, in English and in Traditional Chinese."""

from __future__ import annotations

from typing import get_args

import pytest

from huitou.campaigns.result_words import sentences
from huitou.campaigns.results import Arm, Costs, Effect, IntervalMethod, Result
from huitou.points.phrases import Language


def result(
    conversion: tuple[float, float], sales: tuple[float, float] | None, cost: int = 0, converted: int = 5_320
) -> Result:
    """With these intervals; of sales, for each of 90,000 treated."""
    return Result(
        Arm(90_000, converted),
        Arm(10_000, 500),
        Costs(points=cost),
        conversion=_effect(conversion, IntervalMethod.NEWCOMBE),
        relative=None,
        sales=sales and _effect(sales, IntervalMethod.WELCH),
    )


def _effect(interval: tuple[float, float], method: IntervalMethod) -> Effect:
    return Effect(sum(interval) / 2, *interval, method)


def english(said: Result, exponent: int = 0) -> str:
    return sentences(said, "en", "TWD", exponent)


def chinese(said: Result) -> str:
    return sentences(said, "zh-TW", "TWD", 0)


def test_an_effect_is_told_with_its_interval_and_its_cost() -> None:
    good = result((0.0044, 0.0138), (1.5, 8.25), cost=60_000)
    assert english(good) == (
        "It makes more members convert: 5.91 % instead of 5 %, 0.44 to 1.38 percentage points more (95 % interval). "
        "It brings TWD 135,000 to TWD 742,500 in sales that would not have been (95 % interval). "
        "What it brings is more than its cost of TWD 60,000."
    )
    assert chinese(good) == (
        "活動提高了轉換率：實驗組 5.91%，對照組 5%，增加 0.44 至 1.38 個百分點（95% 信賴區間）。"
        "活動帶來 TWD 135,000 至 TWD 742,500 的增量銷售額（95% 信賴區間）。"
        "增量銷售額高於活動成本 TWD 60,000。"
    )


def test_harm_is_told_without_signs() -> None:
    bad = result((-0.0138, -0.0044), (-8.25, -1.5))
    assert english(bad) == (
        "It makes fewer members convert: 5.91 % instead of 5 %, 0.44 to 1.38 percentage points fewer (95 % interval). "
        "It loses TWD 135,000 to TWD 742,500 in sales that would have been (95 % interval)."
    )
    assert chinese(bad) == (
        "活動降低了轉換率：實驗組 5.91%，對照組 5%，減少 0.44 至 1.38 個百分點（95% 信賴區間）。"
        "活動使銷售額減少 TWD 135,000 至 TWD 742,500（95% 信賴區間）。"
    )


def test_where_the_interval_holds_zero_no_effect_is_shown() -> None:
    unclear = result((-0.0001, 0.0123), (-1.5, 0.0), cost=60_000)
    assert english(unclear) == (
        "No effect on how many members convert can be shown: 5.91 % instead of 5 %, between −0.01 and +1.23 percentage "
        "points (95 % interval). "
        "No effect on sales can be shown: between −TWD 135,000 and TWD 0 (95 % interval). "
        "What it brings is less than its cost of TWD 60,000."
    )
    assert chinese(unclear) == (
        "看不出活動對轉換率有影響：實驗組 5.91%，對照組 5%，差距在 −0.01 至 +1.23 個百分點之間（95% 信賴區間）。"
        "看不出活動對銷售額有影響：差距在 −TWD 135,000 至 TWD 0 之間（95% 信賴區間）。"
        "增量銷售額低於活動成本 TWD 60,000。"
    )


def test_what_has_too_few_data_is_said_to() -> None:
    some = result((0.0044, 0.0138), None, cost=60_000)
    assert english(some).endswith("Not enough data yet to say what it does to sales.")
    assert chinese(some).endswith("資料還不夠，無法判斷活動對銷售額的影響。")
    few = Result(Arm(9, 1), Arm(1), Costs(), _effect((-0.5, 0.6), IntervalMethod.NEWCOMBE), None, None)
    assert english(few) == "Not enough data yet to say what the campaign does."
    assert chinese(few) == "資料還不夠，無法判斷活動的成效。"


def test_sales_can_be_told_where_conversions_cannot() -> None:
    """Where all convert, for example."""
    some = Result(Arm(90_000, 90_000), Arm(10_000, 10_000), Costs(), None, None, _effect((1, 2), IntervalMethod.WELCH))
    assert english(some).startswith("Not enough data yet to say whether it makes more members convert. It brings")
    assert chinese(some).startswith("資料還不夠，無法判斷活動是否提高轉換率。活動帶來")


def test_money_has_the_decimals_of_its_currency() -> None:
    assert "TWD 1,350.00 to TWD 7,425.00 in sales" in english(result((0.0044, 0.0138), (1.5, 8.25)), exponent=2)


@pytest.mark.parametrize("language", get_args(Language))
def test_whether_it_pays_may_be_unknown(language: Language) -> None:
    said = sentences(result((0.0044, 0.0138), (1.5, 8.25), cost=300_000), language, "TWD", 0)
    assert said.endswith(
        (
            "Whether what it brings is more than its cost of TWD 300,000 cannot be told.",
            "是否高於活動成本 TWD 300,000，還無法判斷。",
        )
    )
