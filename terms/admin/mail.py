"""When somebody is sent mail about what concerns them: each person's own choice."""

from django import forms
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from terms.models import MailChoice, Term


class MailForm(forms.ModelForm):
    class Meta:
        model = MailChoice
        fields = ("when",)
        widgets = {"when": forms.RadioSelect}


def mail_view(model_admin):
    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request):
        choice = MailChoice.objects.filter(person=request.user).first()
        form = MailForm(request.POST or None, instance=choice or MailChoice(person=request.user))
        if form.is_valid():
            form.save()
            model_admin.message_user(request, "Your choice is kept.")
            return HttpResponseRedirect(reverse("admin:terms_mail_choice"))
        context = {
            **model_admin.admin_site.each_context(request),
            "opts": Term._meta,
            "title": "Mail about terms",
            "form": form,
            "email": request.user.email,
        }
        return TemplateResponse(request, "admin/terms/term/mail.html", context)

    return view
