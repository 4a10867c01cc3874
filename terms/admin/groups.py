"""Groups: the roles, and other people who approve a step of reviews."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from terms.people.roles import ROLES, sort_roles

from .lists import Listed
from .recorded import Recorded


def harmless_groups() -> QuerySet[Group]:
    """Return the roles and the groups without permissions, which administrators may give."""
    return Group.objects.filter(Q(name__in=ROLES) | Q(permissions=None))


class GroupForm(forms.ModelForm):
    """A group and its members."""

    members: forms.ModelMultipleChoiceField = forms.ModelMultipleChoiceField(
        label=_("Members"),
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if field := self.fields.get("members"):
            members = get_user_model().objects.filter(groups=self.instance.pk)
            people = get_user_model().objects.filter(
                Q(is_active=True) | Q(pk__in=members if self.instance.pk else [])
            )
            field.queryset = people.order_by("username").distinct()
            if self.instance.pk:
                self.initial["members"] = members


class GroupAdmin(Recorded, Listed, admin.ModelAdmin):
    """Administrators manage roles and groups without permissions; superusers all groups."""

    form = GroupForm
    list_display = ["name", "purpose", "members"]
    search_fields = ["name"]

    def get_queryset(self, request):
        return sort_roles(super().get_queryset(request)).prefetch_related("user_set")

    def get_fieldsets(self, request, obj=None):
        fields = ["name", "members"]
        sets = [(None, {"fields": fields})]
        if request.user.is_superuser:
            more = {"fields": ["permissions"], "classes": ["collapse"]}
            sets.append((_("What the group may do"), more))
        return sets

    def get_readonly_fields(self, request, obj=None):
        return ["name"] if obj and obj.name in ROLES else []

    def formfield_for_manytomany(self, field, request, **options):
        if field.name == "permissions":
            options["widget"] = FilteredSelectMultiple(_("permissions"), is_stacked=False)
        return super().formfield_for_manytomany(field, request, **options)

    def has_module_permission(self, request):
        return request.user.has_perm("auth.change_user")

    def has_add_permission(self, request):
        return request.user.has_perm("auth.change_user")

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("auth.change_user")

    def has_change_permission(self, request, obj=None):
        if not request.user.has_perm("auth.change_user"):
            return False
        is_any = obj is None or request.user.is_superuser
        return is_any or harmless_groups().filter(pk=obj.pk).exists()

    def has_delete_permission(self, request, obj=None):
        is_role = obj is not None and obj.name in ROLES
        return not is_role and self.has_change_permission(request, obj)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        form.instance.user_set.set(form.cleaned_data["members"])

    @admin.display(description=_("purpose"))
    def purpose(self, obj):
        return ROLES.get(obj.name, "")

    @admin.display(description=_("members"))
    def members(self, obj):
        return ", ".join(person.username for person in obj.user_set.all()) or "–"
