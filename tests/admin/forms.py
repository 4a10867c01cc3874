"""The change form of a term, read and sent as a browser does."""

from html.parser import HTMLParser

NO_STEPS = {"steps-TOTAL_FORMS": "0", "steps-INITIAL_FORMS": "0"}  # of the form of a glossary
NO_GRANTS = {"grants-TOTAL_FORMS": "0", "grants-INITIAL_FORMS": "0"}  # of the form of an account


class _Fields(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.values = []
        self.area = self.select = self.form = None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.form = attrs.get("id")
        if self.form != "term_form" or "disabled" in attrs:
            return
        kind = attrs.get("type", "text")
        if tag == "input" and attrs.get("name"):
            if kind in ("text", "hidden") or (kind == "radio" and "checked" in attrs):
                self.values.append((attrs["name"], attrs.get("value") or ""))
        elif tag == "textarea" and attrs.get("name"):
            self.area = [attrs["name"], ""]
        elif tag == "select":
            self.select = [attrs["name"], None]
        elif tag == "option" and self.select and (self.select[1] is None or "selected" in attrs):
            self.select[1] = attrs.get("value", "")

    def handle_endtag(self, tag):
        if tag == "textarea" and self.area:
            name, text = self.area
            text = text.removeprefix("\n").replace("\r\n", "\n").replace("\r", "\n")
            self.values.append((name, text.replace("\n", "\r\n")))
            self.area = None
        elif tag == "select" and self.select:
            self.values.append((self.select[0], self.select[1] or ""))
            self.select = None

    def handle_data(self, data):
        if self.area:
            self.area[1] += data


def fields_of(response) -> dict[str, list[str]]:
    """Return name → values of the fields of the form."""
    parser = _Fields()
    parser.feed(response.content.decode())
    fields: dict[str, list[str]] = {}
    for name, value in parser.values:
        single_line = name not in ("body", "description", "source", "detail_rows-value")
        fields.setdefault(name, []).append(value.replace("\n", "") if single_line else value)
    return fields


def address(term) -> str:
    return f"/admin/terms/term/{term.pk}/change/"


def post(client, term, **changes):
    """Open the form, enter ``changes`` and save."""
    fields = fields_of(client.get(address(term)))
    fields.update(
        {name: value if isinstance(value, list) else [value] for name, value in changes.items()}
    )
    return client.post(address(term), fields)
