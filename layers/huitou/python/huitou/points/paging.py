"""How a wallet's lots lie on items of the store. Pure.

A wallet's item holds its newest lots. When it would hold more than `LOTS_PER_ITEM`, the oldest `LOTS_PER_PAGE`
of them move to an item of their own, a page. So a purchase, which only adds a lot, writes the wallet alone
except once in `LOTS_PER_PAGE` times, whatever the number of lots; spending and expiry write the pages they
touch. There are never more than `MOST_PAGES`: beyond that, neighbours become one page. So thousands of lots that
end at one instant, or go over to another member, still fit into one commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from huitou.points.packing import LOTS_PER_ITEM, LOTS_PER_PAGE
from huitou.points.wallet import Lot, LotPage, Wallet

MOST_PAGES = 8
"""A commit has at most 100 writes. When two members become one (E15), both their wallets of a currency may lose every
page, and one of them get as many: with the wallets and the two entries 28 writes. Up to some 270 lots, a page is one
write unit all the same.
"""


def paged(before: Wallet, after: Wallet) -> Wallet:
    """``after`` with its pages brought up to date: those that changed have its version, the empty ones are gone."""
    if not after.pages and len(after.lots) <= LOTS_PER_ITEM:
        return after
    changed = _changed(before.lots, after.lots)
    pages: list[LotPage] = []
    for page in after.pages:
        within = range(page.first, page.last + 1)
        if changed.isdisjoint(within):
            pages.append(page)
        elif any(lot.number in within for lot in after.lots):
            pages.append(page._replace(version=after.version))
    pages += _spilled(after, pages)
    return replace(after, pages=tuple(_joined(pages, after)))


def _changed(before: Iterable[Lot], after: Iterable[Lot]) -> set[int]:
    """The numbers of lots that came, went or are no longer as they were."""
    lots = {lot.number: lot for lot in before}
    same = {lot.number for lot in after if lots.get(lot.number) == lot}
    return (lots.keys() | {lot.number for lot in after}) - same


def _spilled(wallet: Wallet, pages: Sequence[LotPage]) -> list[LotPage]:
    """New pages of the oldest lots of the wallet's item, where it holds too many.

    A page takes neighbours only, lots with no other page between them, so that the ranges of pages never overlap:
    lots that came back, by a reversal, may be older than a page.
    """
    loose = [lot.number for lot in unpaged(wallet.lots, pages)]
    spilled: list[LotPage] = []
    while len(loose) > LOTS_PER_ITEM:
        next_page = min((page.first for page in pages if page.first > loose[0]), default=wallet.next_lot)
        oldest = [number for number in loose if number < next_page][:LOTS_PER_PAGE]
        spilled.append(LotPage(oldest[0], oldest[-1], wallet.version))
        loose = loose[len(oldest) :]
    return spilled


def _joined(pages: Sequence[LotPage], wallet: Wallet) -> Sequence[LotPage]:
    """At most `MOST_PAGES`: where there are more, those two neighbours become one that hold the fewest lots."""
    if len(pages) <= MOST_PAGES:
        return pages
    fewer = sorted(pages)
    held = [sum(page.first <= lot.number <= page.last for lot in wallet.lots) for page in fewer]
    while len(fewer) > MOST_PAGES:
        sums = [one + other for one, other in pairwise(held)]
        index = sums.index(min(sums))
        fewer[index : index + 2] = [LotPage(fewer[index].first, fewer[index + 1].last, wallet.version)]
        held[index : index + 2] = [sums[index]]
    return fewer


def unpaged(lots: Iterable[Lot], pages: Sequence[LotPage]) -> list[Lot]:
    """The lots of the wallet's own item."""
    laid_aside = {number for page in pages for number in range(page.first, page.last + 1)}
    return [lot for lot in lots if lot.number not in laid_aside]
