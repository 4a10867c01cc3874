"""Django's admin, extended for terms."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _lazy

from terms.models import (
    Category,
    ChangeSet,
    Event,
    Glossary,
    Job,
    Pattern,
    Picture,
    Repository,
    SearchMiss,
    Term,
    Vertical,
    Webhook,
)

from .change_sets import ChangeSetAdmin
from .classification import CategoryAdmin, ClassificationAdmin
from .glossaries import GlossaryAdmin
from .groups import GroupAdmin
from .jobs import JobAdmin
from .log import EventAdmin
from .patterns import PatternAdmin
from .people import PersonAdmin
from .picture_list import PictureAdmin
from .repositories import RepositoryAdmin
from .search_misses import SearchMissAdmin
from .terms import TermAdmin
from .webhooks import WebhookAdmin

admin.site.unregister(get_user_model())
get_user_model()._meta.verbose_name = _lazy("account")
get_user_model()._meta.verbose_name_plural = _lazy("accounts")
admin.site.register(get_user_model(), PersonAdmin)
admin.site.unregister(Group)
admin.site.register(Group, GroupAdmin)
admin.site.register(ChangeSet, ChangeSetAdmin)
admin.site.register(Event, EventAdmin)
admin.site.register(Job, JobAdmin)
admin.site.register(Repository, RepositoryAdmin)
admin.site.register(Glossary, GlossaryAdmin)
admin.site.register(Category, CategoryAdmin)
admin.site.register(Vertical, ClassificationAdmin)
admin.site.register(Pattern, PatternAdmin)
admin.site.register(Picture, PictureAdmin)
admin.site.register(SearchMiss, SearchMissAdmin)
admin.site.register(Term, TermAdmin)
admin.site.register(Webhook, WebhookAdmin)
