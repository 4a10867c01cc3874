"""Webhooks in the admin: the form, the secret, a test, and the log of deliveries."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.db.models import F
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from terms.editing.numbers import number_in
from terms.models import Webhook
from terms.people.outgoing import OutgoingRefused, read_web_address
from terms.people.webhooks import ping, send_again

from .permissions import Scoped
from .recorded import Recorded
from .views.page import row_for

SHOWN = 100  # deliveries


class WebhookForm(forms.ModelForm):
    events = forms.MultipleChoiceField(
        label=_lazy("Events"),
        choices=Webhook.Event.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Webhook.Event.PUBLISHED, Webhook.Event.WITHDRAWN, Webhook.Event.RENAMED],
    )

    def clean_address(self):
        try:
            read_web_address(self.cleaned_data["address"])
        except OutgoingRefused as error:
            raise forms.ValidationError(str(error)) from error
        return self.cleaned_data["address"]


class WebhookAdmin(Recorded, Scoped, admin.ModelAdmin):
    form = WebhookForm
    fields = ["address", "glossary", "events", "is_active"]
    list_display = ["address", "glossary", "told", "is_active"]
    list_filter = ["is_active", ("glossary", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["glossary"]
    search_fields = ["address"]
    change_form_template = "admin/terms/webhook/change_form.html"

    @admin.display(description=_lazy("events"))
    def told(self, obj):
        names = dict(Webhook.Event.choices)
        return ", ".join(str(names[event]) for event in obj.events if event in names)

    def formfield_for_foreignkey(self, db_field, request, **options):
        field = super().formfield_for_foreignkey(db_field, request, **options)
        if db_field.name == "glossary" and field is not None:
            # All glossaries are for people with the right in all.
            everywhere = self.rights(request, "add").everywhere
            field.required = not (everywhere or self.rights(request, "change").everywhere)
        return field

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(self.act_view))
        return [path("<int:pk>/act/", view, name="terms_webhook_act"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        webhook = self.get_object(request, object_id)
        context = {**(extra_context or {})}
        if webhook and self.has_view_permission(request, webhook):
            context["deliveries"] = webhook.deliveries.all()[:SHOWN]
            if self.has_change_permission(request, webhook):
                context["secret"] = webhook.secret
        return super().change_view(request, object_id, form_url, context)

    def act_view(self, request, pk):
        """Send a test, send a delivery again, or make another secret."""
        webhook = row_for(self, request, pk, "change")
        action = request.POST.get("do", "")
        if action == "ping":
            ping(webhook)
            text = _("A test is on its way. Its result is in the list below in a moment.")
            if not webhook.is_active:
                text = _("A test was queued. It is sent when the webhook is active.")
        elif action == "resend":
            number = number_in(request.POST.get("delivery", ""))
            for delivery in webhook.deliveries.filter(pk=number):
                send_again(delivery)
            text = _("The delivery is sent again.")
        elif action == "secret":
            Webhook.objects.filter(pk=webhook.pk).update(secret_number=F("secret_number") + 1)
            text = _("The webhook has another secret now. Give it to the program that checks it.")
        else:
            raise BadRequest(_("This action does not exist."))
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:terms_webhook_change", args=[webhook.pk]))
