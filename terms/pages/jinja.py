"""The Jinja2 environment of the readers' pages."""

import re
from typing import Any
from urllib.parse import quote

import orjson
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.template.backends.utils import csrf_input_lazy
from django.urls import get_script_prefix
from django.utils.translation import override
from jinja2 import Environment, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

from terms.addresses import beside
from terms.languages.translations import ENGLISH, wording
from terms.models import Glossary
from terms.rendering.icons import icon_svg

from . import layout


def icon(name: str) -> Markup:
    return Markup(icon_svg(name))  # noqa: S704 — drawn from the vendored data file


def on_request(prefix: str = "") -> dict[str, Any]:
    """Return the link variables of a page rendered on request, which depend on the mount point."""
    prefix = prefix or get_script_prefix()
    return {"up": prefix, "way": lambda path: prefix + quote(path[1:])}


def page_of(
    glossary: Glossary, request: HttpRequest, template: str, context: dict, status: int = 200
) -> HttpResponse:
    """Render a page on request, in the language of its glossary."""
    own = layout.environment_for(glossary).get_template(template)
    common = {"glossary": glossary, "csrf_input": csrf_input_lazy(request), **on_request()}
    with override(wording(glossary.language).language):  # for texts of forms
        return HttpResponse(own.render(common | context), status=status)


def asset(up: str, name: str) -> str:
    """Return the address of a static file; ``up`` is the path to the site's root."""
    try:
        url = staticfiles_storage.url(name)
    except ValueError:  # not collected yet
        url = settings.STATIC_URL + name
    if url.startswith(("http://", "https://", "//")):
        return url
    return up + url.removeprefix(get_script_prefix()).removeprefix("/")


def asset_address(path: str) -> str:
    """Return the site's own address of a static file, for a page shown at another address."""
    return get_script_prefix() + quote(path)


def data_block(value: Any) -> Markup:
    """Return JSON that is safe in a ``script`` element."""
    text = orjson.dumps(value).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 — nothing in it can end the element


def around(text: str) -> tuple[str, str]:
    """Return the parts of ``text`` before and after its %s."""
    before, _, behind = text.partition("%s")
    return before, behind


# XML 1.0 cannot represent these characters (https://www.w3.org/TR/xml/#charsets).
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def xml_text(text: str) -> str:
    return _NOT_XML.sub("", text)


_SPECIAL = re.compile("[&<>\"']")


def escaped(value: Any) -> str:
    """Like ``escape``, but return text without special characters as a plain string.

    Most text is plain; converting it to ``Markup`` took 6% of the time of a page.
    """
    kind = type(value)
    if kind is Markup or (kind is str and not _SPECIAL.search(value)):
        return value
    return escape(value)


class _CodeGenerator(CodeGenerator):
    """Makes templates call ``environment.escaped`` instead of Jinja's ``escape``."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.escaped(")
        else:
            super()._output_child_pre(node, frame, finalize)


class _SiteEnvironment(Environment):
    code_generator_class = _CodeGenerator
    escaped = staticmethod(escaped)


def environment(**options: Any) -> Environment:
    options |= {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    env = _SiteEnvironment(**options)  # Django's backend turns escaping on
    env.globals.update(
        absolute=layout.absolute,
        asset=asset,
        beside=beside,
        icon=icon,
        on_request=on_request,
    )
    env.filters["around"] = around
    env.filters["safe_html"] = Markup  # sanitised by the renderer
    env.filters["xml_text"] = xml_text
    env.filters["data_block"] = data_block
    layout.speak(env, wording(ENGLISH))
    return env
