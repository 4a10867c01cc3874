"""The address that a git server calls after a push."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from terms.interchange.hooks import is_about, is_signed
from terms.jobs.starting import start_sync
from terms.models import Repository
from terms.people.rate_limit import TooMany, client_of, limit

A_MINUTE = 120  # calls from one address


@csrf_exempt
@require_POST
def git_hook(request: HttpRequest, glossary: str) -> HttpResponse:
    """Start a sync of the glossary. The signature is the only permission that is needed.

    The size of the body is limited by DATA_UPLOAD_MAX_MEMORY_SIZE.
    """
    try:
        limit(f"git-hook-{client_of(request)}", A_MINUTE)
    except TooMany:
        return _text("Too many calls.", 429)
    rows = Repository.objects.filter(is_active=True, glossary__deleted_at=None)
    rows = rows.select_related("glossary")
    repository = rows.filter(glossary__slug=glossary).first()
    if not is_signed(repository, request.headers, request.body) or repository is None:
        return _text("The signature is not that of a repository.", 403)
    if not is_about(repository, request.body):
        return _text("This is about another branch.", 200)
    start_sync(repository)
    return _text("A sync was started.", 202)


def _text(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
