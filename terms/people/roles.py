"""The roles, which are groups that migrations create, from fewest to most permissions."""

from django.contrib.auth.models import Group
from django.db.models import Case, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

ROLES = {
    "Author": _("writes drafts and asks for reviews"),
    "Reviewer": _("also approves the changes of others"),
    "Publisher": _("also publishes, schedules, renames, merges, deletes"),
    "Administrator": _("also manages accounts and settings, and reads the log"),
}


def sort_roles(groups: QuerySet[Group]) -> QuerySet[Group]:
    """Sort ``groups`` in the order of ROLES; other groups follow by name."""
    places = [When(name=name, then=Value(place)) for place, name in enumerate(ROLES)]
    return groups.order_by(Case(*places, default=Value(len(ROLES))), "name")
