"""What the pages of imports say: labels, the summary of a plan, what its button does."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from terms.files.plan import (
    CONFLICT,
    CREATED,
    FILE,
    INVALID,
    MERGED,
    REMOVED,
    RENAMED,
    SKIPPED,
    UNCHANGED,
    UPDATED,
)
from terms.formats.paths import SIDECAR
from terms.interchange.plans import SIDES, PlanSummary
from terms.models import ImportPlan

LABELS = {
    CONFLICT: _lazy("Conflict"),
    CREATED: _lazy("Created"),
    UPDATED: _lazy("Updated"),
    MERGED: _lazy("Merged"),
    RENAMED: _lazy("Renamed"),
    REMOVED: _lazy("Removed"),
    INVALID: _lazy("Invalid"),
    SKIPPED: _lazy("Skipped"),
    UNCHANGED: _lazy("Unchanged"),
}
HELP = {
    CONFLICT: _lazy("Changed differently in the file and here. Choose a side, or leave it."),
    CREATED: _lazy("New terms."),
    UPDATED: _lazy("Edited in the file."),
    MERGED: _lazy("Edited in the file and here: both edits are kept."),
    RENAMED: _lazy("The file has another name; the term keeps its history."),
    REMOVED: _lazy(
        "The file is gone. A draft goes to the trash; for a published term, a request to delete it"
        " is made."
    ),
    INVALID: _lazy("Cannot be read as a term. What has a text is kept as text."),
    SKIPPED: _lazy("Not a term file."),
    UNCHANGED: _lazy("Nothing to import."),
}


def counted(counts: dict[str, int]) -> list[str]:
    """Return “9 updated” and so on, for those that change a term."""
    words = {
        UPDATED: ngettext("{count} updated", "{count} updated", counts.get(UPDATED, 0)),
        MERGED: ngettext("{count} merged", "{count} merged", counts.get(MERGED, 0)),
        CREATED: ngettext("{count} created", "{count} created", counts.get(CREATED, 0)),
        RENAMED: ngettext("{count} renamed", "{count} renamed", counts.get(RENAMED, 0)),
        REMOVED: ngettext("{count} removed", "{count} removed", counts.get(REMOVED, 0)),
        INVALID: ngettext("{count} kept as text", "{count} kept as text", counts.get(INVALID, 0)),
    }
    return [
        text.format(count=f"{counts[status]:,}")
        for status, text in words.items()
        if counts.get(status)
    ]


def headline(summary: PlanSummary) -> str:
    """Return what the plan changes, in a sentence."""
    if not summary.total:
        return _("No term will change.")
    text = ngettext("{count} term will change", "{count} terms will change", summary.total)
    text = text.format(count=f"{summary.total:,}")
    return f"{text}: {', '.join(counted(summary.accepted))}."


def further(summary: PlanSummary, publishes: bool) -> list[str]:
    """Return the sentences behind the headline."""
    conflicts = summary.counts.get(CONFLICT, 0)
    found = [
        (conflicts, ngettext(
            "{count} conflict needs a decision.", "{count} conflicts need a decision.", conflicts
        )),
        (summary.live if publishes else 0, ngettext(
            "{count} text goes live.", "{count} texts go live.", summary.live
        )),
        (summary.hindered if publishes else 0, ngettext(
            "{count} text cannot go live yet.", "{count} texts cannot go live yet.",
            summary.hindered,
        )),
        (summary.refused, ngettext(
            "{count} file is refused.", "{count} files are refused.", summary.refused
        )),
    ]  # fmt: skip
    return [text.format(count=f"{count:,}") for count, text in found if count]


def beside_words(draft: ImportPlan) -> dict[str, list[Any]]:
    """Return pictures with what becomes of them, and conflicts beside the term files.

    A conflict is a path, its sentences, and the side that was chosen, or an empty string.
    """
    words = {CREATED: _("added"), UPDATED: _("replaced")}
    pictures = [(path, words[status]) for path, status in draft.result.get("pictures", [])]
    conflicts: dict[str, list[str]] = {path: [] for path in draft.data.get(SIDES, {})}
    for path, text in draft.result.get("conflicts", []):
        conflicts.setdefault(path, []).append(text)
    sides = draft.data.get(SIDES, {})
    found = [(path, texts, sides.get(path, "")) for path, texts in sorted(conflicts.items())]
    return {"pictures": pictures, "conflicts": found}


def button(summary: PlanSummary, publishes: bool, draft: ImportPlan) -> str:
    """Return what applying the plan does; empty if there is nothing to do."""
    chosen = list(draft.data.get(SIDES, {}).items())
    values = draft.result.get("values", 0) + chosen.count((SIDECAR, FILE))
    pictures = draft.result.get("pictures_count", 0)
    pictures += sum(side == FILE and path != SIDECAR for path, side in chosen)
    accepted = summary.accepted
    edited = accepted.get(UPDATED, 0) + accepted.get(MERGED, 0) + accepted.get(INVALID, 0)
    live = summary.live if publishes else 0
    found = [
        (accepted.get(CREATED, 0), _("create {count}")),
        (edited, _("update {count}")),
        (accepted.get(RENAMED, 0), _("rename {count}")),
        (accepted.get(REMOVED, 0), _("remove {count}")),
        (live, _("publish {count}")),
        (pictures, ngettext("import {count} picture", "import {count} pictures", pictures)),
        (values, ngettext("import {count} value", "import {count} values", values)),
    ]
    words = [text.format(count=f"{count:,}") for count, text in found if count]
    text = ", ".join(words)
    return text[:1].upper() + text[1:]
