from django import template
from django.utils.safestring import SafeString

from terms.site_templates import icon

register = template.Library()


@register.simple_tag
def icon_picture(name: str | None) -> SafeString | str:
    return SafeString(icon(name)) if name else ""
