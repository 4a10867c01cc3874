"""Signals for code outside of this project, sent after the transaction is committed.

All have the argument ``glossary``. Django logs errors that receivers raise.
"""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import Signal

# Sent by Revision with ``saved``, a list of (term id, version), and ``author``, a user or None.
revision_saved = Signal()
# Sent by PublishedTerm with ``terms``, the ids of terms whose public text, names or links were
# written, and ``by``, a user or None.
published = Signal()
# Sent by Withdrawal with ``terms``, the ids of terms that are no longer public, and ``by``.
withdrawn = Signal()


def send_on_commit(signal: Signal, sender: type, **values: Any) -> None:
    if signal.has_listeners(sender):
        transaction.on_commit(partial(signal.send_robust, sender, **values))
