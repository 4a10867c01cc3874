"""Object permissions for the stock admin."""

from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied, ValidationError

from terms.models import Category, Glossary, Vertical
from terms.people.permissions import Rights, rights

from .lists import Listed
from .mixin import Mixin


class ReadOnly(Mixin):
    """Rows that cannot be edited in the admin."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class Scoped(Listed):
    """Checks rights for each row, and lists only permitted rows.

    Without a row, it checks whether the person has the right anywhere.
    """

    def rights(self, request, action: str) -> Rights:
        return rights(request.user, get_permission_codename(action, self.opts))

    def _has(self, request, action, obj):
        found = self.rights(request, action)
        return bool(found) if obj is None else found.hold_for(obj)

    def has_add_permission(self, request):
        return self._has(request, "add", None)

    def has_view_permission(self, request, obj=None):
        return self._has(request, "view", obj) or self._has(request, "change", obj)

    def has_change_permission(self, request, obj=None):
        return self._has(request, "change", obj)

    def has_delete_permission(self, request, obj=None):
        return self._has(request, "delete", obj)

    def has_module_permission(self, request):
        return any(self._has(request, action, None) for action in ("view", "add", "change"))

    def get_queryset(self, request):
        return self.rights(request, "view").among(super().get_queryset(request))

    def get_object(self, request, object_id, from_field=None):
        """Return any row, so that a missing permission gives 403 and not 404."""
        field = self.opts.get_field(from_field) if from_field else self.opts.pk
        try:
            rows = Rights(everywhere=True).among(self.model.objects.all())
            return rows.get(**{field.name: field.to_python(object_id)})
        except (self.model.DoesNotExist, ValidationError, ValueError, OverflowError):
            return None

    def formfield_for_foreignkey(self, db_field, request, **options):
        """Limit the choices to places where the person may add or change rows."""
        if db_field.remote_field.model in (Glossary, Category, Vertical):
            options["queryset"] = self._choices(request, db_field.remote_field.model)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def _may_add(self, request, obj):
        found = self.rights(request, "add")
        is_inside = getattr(obj, "glossary_id", None) is not None
        return found.hold_in(obj.glossary_id) if is_inside else found.everywhere

    def _choices(self, request, model):
        """Return the places where the person may put a new or existing row."""
        may_add, may_change = self.rights(request, "add"), self.rights(request, "change")
        rows = model.objects.all()
        if issubclass(model, Glossary):
            return may_add.glossaries_in(rows) | may_change.glossaries_in(rows)
        if issubclass(model, Vertical):
            glossaries = self._choices(request, Glossary)
            return rows.filter(glossary__in=glossaries)
        return may_add.among(rows) | may_change.among(rows)

    def save_model(self, request, obj, form, change):
        # For edits in the list, Django does not check single rows.
        if change and not self.has_change_permission(request, obj):
            raise PermissionDenied
        if not change and not self._may_add(request, obj):
            raise PermissionDenied
        super().save_model(request, obj, form, change)
