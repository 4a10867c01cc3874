"""What the frame of the admin links to: main pages, settings, actions, by the person's rights."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from terms.models import Glossary, ReviewStep
from terms.people.permissions import rights
from terms.review.worklists import LISTS, asked_for

COUNTED = 100  # higher counts are shown as “99+”


class Place(NamedTuple):
    """A page of the admin. ``rights``: any of these permissions on terms opens it."""

    name: str
    title: str | Promise
    icon: str
    view: str
    rights: tuple[str, ...]
    arguments: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return reverse(f"admin:{self.view}", args=self.arguments)


VIEW = ("view_term",)
MAIN = (
    Place("home", _("Home"), "mdi:home-outline", "index", ()),
    Place("terms", _("Terms"), "mdi:book-open-page-variant-outline", "terms_term_changelist", VIEW),
    Place("reviews", _("Reviews"), "mdi:check-decagram-outline", "terms_term_work", VIEW,
          ("review",)),
    Place("changes", _("Changes"), "mdi:source-branch", "terms_changeset_changelist", VIEW),
    Place("schedule", _("Schedule"), "mdi:calendar-clock-outline", "terms_term_schedule", VIEW),
    Place("pictures", _("Pictures"), "mdi:image-outline", "terms_picture_changelist", VIEW),
    Place("import", _("Import"), "mdi:tray-arrow-down", "terms_imports", ("import_terms",)),
    Place("export", _("Export"), "mdi:tray-arrow-up", "terms_exports", ("export_terms",)),
    Place("reports", _("Reports"), "mdi:chart-box-outline", "terms_term_reports", VIEW),
    Place("trash", _("Trash"), "mdi:trash-can-outline", "terms_term_trash",
          ("delete_term", "delete_glossary")),
)  # fmt: skip
OTHER = (
    Place("new", _("New term"), "mdi:plus", "terms_term_add", ("add_term",)),
    Place("notices", _("Notices"), "mdi:bell-outline", "terms_term_notices", ()),
    Place("preferences", _("Preferences"), "mdi:tune", "terms_term_preferences", ()),
    Place("jobs", _("Jobs"), "mdi:progress-clock", "terms_job_changelist", VIEW),
    Place("keys", _("Keys"), "mdi:keyboard-outline", "terms_term_keys", ()),
    Place("help", _("Help"), "mdi:help-circle-outline", "terms_term_guides", ()),
)


# Parts of addresses that belong to a place elsewhere.
_PARTS = (
    ("/work/review/", "reviews"), ("/work/", "reports"), ("/searchmiss/", "reports"),
    ("/import/", "import"), ("/export/", "export"),
)  # fmt: skip


class SettingsPage(NamedTuple):
    """A page that the admin of a model lists, with what it is for."""

    title: str
    help: str | Promise
    address: str


# Model → the sentence below its title on the page of settings, in its order.
SETTINGS = {
    "Glossary": _("Names, languages, quality rules, approvals."),
    "Category": _("The groups of a glossary, in their order."),
    "Vertical": _("The fields of work that terms belong to."),
    "Pattern": _("What a new term begins with."),
    "User": _("Who may log in, and their roles."),
    "Group": _("Roles, and people who approve a step of reviews."),
    "Repository": _("Sync with git."),
    "Webhook": _("Tell other programs when terms are published."),
    "Job": _("Long work, with its progress and result."),
    "Event": _("Who did what, and when."),
}
ELSEWHERE = ("Term", "ChangeSet", "Picture", "SearchMiss")  # in the menu and the reports


def places_for(person: Any, places: tuple[Place, ...] = MAIN) -> list[Place]:
    """Return the places that a person may open."""
    known: dict[str, bool] = {}

    def has(right: str) -> bool:
        if right not in known:
            known[right] = bool(rights(person, right))
        return known[right]

    return [place for place in places if not place.rights or any(map(has, place.rights))]


def settings_for(app_list: list[dict[str, Any]]) -> list[SettingsPage]:
    """Return the pages of settings among those of Django's ``app_list``."""
    found = {
        model["object_name"]: model
        for app in app_list
        for model in app["models"]
        if model.get("admin_url") and _is_setting(model)
    }
    order = [name for name in SETTINGS if name in found]
    order += [name for name in found if name not in SETTINGS]
    return [
        SettingsPage(found[name]["name"], SETTINGS.get(name, ""), found[name]["admin_url"])
        for name in order
    ]


def _is_setting(model: dict[str, Any]) -> bool:
    """Whether the person can change something there. The log is there to be read."""
    name, perms = model["object_name"], model["perms"]
    may_change = perms.get("add") or perms.get("change")
    return name not in ELSEWHERE and bool(may_change or name == "Event")


def current_of(path: str, places: list[Place]) -> str:
    """Return the name of the place that a page belongs to, or an empty string."""
    if path == reverse("admin:index"):
        return "home"
    for part, name in _PARTS:
        if part in path and any(place.name == name for place in places):
            return name
    if any(path.startswith(place.address) for place in OTHER if place.name != "new"):
        return ""
    inside = [place for place in places if place.name != "home" and path.startswith(place.address)]
    return max(inside, key=lambda place: len(place.address)).name if inside else ""


def count_reviews(person: Any) -> int:
    """Return how many terms wait for an approval of the person, at most COUNTED."""
    count = len(asked_for(person).order_by().values_list("pk")[:COUNTED])
    if count and ReviewStep.objects.exists():
        return min(LISTS["review"].count(person), COUNTED)
    return count


def visible_glossaries(person: Any) -> list[Glossary]:
    """Return the glossaries whose terms a person may view, by name."""
    found = rights(person, "view_term").glossaries_in(Glossary.objects.order_by("name", "pk"))
    return list(found)


def matching(places: Iterator[Place] | list[Place], words: str) -> Iterator[Place]:
    """Yield the places whose titles have all ``words``."""
    wanted = words.casefold().split()
    for place in places:
        title = str(place.title).casefold()
        if all(word in title for word in wanted):
            yield place
