"""A wallet that nobody settled for long: more fell due than one commit can book beside a command.

A commit has at most 100 writes and each instant that came takes up to two entries. So a command on such a wallet
first settles a part in a commit of its own, then is decided again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from operator import itemgetter

from huitou.kernel.commits import Commit, StaleReadError
from huitou.points.decisions import MOST_SETTLED, Settle, decide
from huitou.points.ports import WalletStore
from huitou.points.wallet import Wallet
from huitou.program.model import Program


def work_off(
    wallets: Collection[Wallet],
    store: WalletStore,
    commit: Commit,
    program: Program,
    now: datetime,
    *,
    most: int = MOST_SETTLED,
) -> None:
    """Nothing, where at most ``most`` is due by ``now``; else books a part and raises `StaleReadError`: read and
    decide again.

    ``wallets`` are all that the command will change in one commit; what is due in them counts together.
    """
    overdue = [len(wallet.due_by(now)) for wallet in wallets]
    if sum(overdue) > most:
        _, wallet = max(zip(overdue, wallets, strict=True), key=itemgetter(0))
        commit(store.save(wallet, decide(wallet, Settle(), program, now)))
        raise StaleReadError("More was overdue than one commit can book.")
