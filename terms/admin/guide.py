"""The documentation of the project, as pages of the admin, and which part a page links to."""

import re
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Name of the file → its title, in the order of the list.
GUIDES: dict[str, str | Promise] = {
    "editing": _("Editing and review"),
    "files": _("Files, import and export"),
    "git": _("Sync with git"),
    "publishing": _("Publishing and the static site"),
    "settings": _("Settings"),
    "operations": _("Operations"),
    "scripting": _("Scripting"),
    "extending": _("Extending"),
}
# Part of the address of a page → the guide and the section about it. The first match counts.
_ABOUT = (
    ("/import/", "editing", "importing-and-exporting"),
    ("/export/", "editing", "importing-and-exporting"),
    ("/repository/", "git", ""),
    ("/webhook/", "publishing", "webhooks"),
    ("/job/", "operations", "jobs"),
    ("/picture/", "files", "pictures"),
    ("/review/", "editing", "roles"),
    ("/user/", "editing", "roles"),
    ("/group/", "editing", "roles"),
    ("/glossary/", "editing", "roles"),
    ("/changeset/", "editing", "changing-many-terms"),
    ("/refactor/", "editing", "changing-many-terms"),
    ("/edit/", "editing", "changing-many-terms"),
    ("/trash/", "editing", "changing-many-terms"),
    ("/schedule/", "publishing", "scheduled-publishing"),
    ("/reports/", "editing", "home-reports-and-notices"),
    ("/work/", "editing", "home-reports-and-notices"),
    ("/notices/", "editing", "home-reports-and-notices"),
    ("/change/", "editing", "writing"),
    ("/add/", "editing", "writing"),
)
_TITLE = re.compile(r"\A# .*\n")
_LINK = re.compile(r"\]\((\w+)\.md(?=[)#])")
# Links to files that only the repository has.
_OUTSIDE = re.compile(r"\[([^\[\]]{0,80})\]\(\.\./[^()]{0,80}\)")


class Guide(NamedTuple):
    """A part of the documentation, as Markdown without its title."""

    name: str
    title: str | Promise
    text: str


@cache
def guide_called(name: str) -> Guide | None:
    """Return the guide with this name, with links to the pages of other guides, or None."""
    if name not in GUIDES:
        return None
    text = (settings.DOCS_DIR / f"{name}.md").read_text(encoding="utf-8")
    text = _OUTSIDE.sub(r"\1", _LINK.sub(r"](../\1/", _TITLE.sub("", text)))
    return Guide(name, GUIDES[name], text)


def guide_about(path: str) -> str:
    """Return the address of the section about the page at ``path``, or of the list of guides."""
    for part, name, section in _ABOUT:
        if part in path:
            address = reverse("admin:terms_term_guide", args=[name])
            return f"{address}#s-{section}" if section else address
    return reverse("admin:terms_term_guides")
