"""Content negotiation (RFC 9110, 12): gzip, and other forms of a term's page."""

from functools import lru_cache

from terms.pages.store import FORMS

SUFFIXES = {kind.partition(";")[0]: suffix for suffix, kind in FORMS.items()}


@lru_cache(maxsize=200)  # clients send few different values
def takes_gzip(accepted: str) -> bool:
    accepted = accepted.lower()
    if "gzip" not in accepted or "q=0" not in accepted:  # nearly always
        return "gzip" in accepted
    parts = [part.partition(";") for part in accepted[:500].split(",")]
    return any(name.strip() == "gzip" and _weight(rest) > 0 for name, _, rest in parts)


@lru_cache(maxsize=200)
def wanted_form(accept: str) -> str:
    """Return the form that a client prefers to HTML, or an empty string, as for browsers."""
    if "/" not in accept:
        return ""
    weights: dict[str, float] = {}
    for part in accept[:500].split(","):
        name, _, rest = part.partition(";")
        weights[name.strip().lower()] = _weight(rest)
    pages = ("text/html", "application/xhtml+xml", "text/*", "*/*")
    page = next((weights[name] for name in pages if name in weights), 0)
    best = max(SUFFIXES, key=lambda name: weights.get(name, 0))
    weight = weights.get(best, 0)
    return SUFFIXES[best] if weight > 0 and weight > page else ""


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
