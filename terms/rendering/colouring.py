"""Highlights comments, strings, keywords and values in code, for the languages common in
glossaries, with Pygments (https://pygments.org/languages/)."""

import re
from functools import lru_cache
from html import escape, unescape

from pygments import lex
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

# Longer blocks stay plain: some lexers are quadratic.
MAX_BLOCK = 3_000  # characters
MAX_PAGE = 9_000

LANGUAGES = frozenset({
    "bash", "c", "c++", "cpp", "css", "diff", "docker", "dockerfile", "go", "golang", "graphql",
    "html", "http", "ini", "java", "javascript", "js", "json", "jsx", "kotlin", "lua", "nginx",
    "perl", "php", "powershell", "py", "python", "r", "rb", "ruby", "rust", "scala", "scss", "sh",
    "shell", "sql", "svg", "swift", "toml", "ts", "tsx", "typescript", "xml", "yaml", "yml",
})  # fmt: skip
_WIDE = re.compile(r"\s{100}")  # lexers take quadratic time on white space
_ALIASES = {"svg": "xml"}
_KINDS = (
    ("c", (Comment,)),
    ("s", (String,)),
    ("k", (Keyword.Constant, Number, Name.Attribute, Name.Property)),
    ("b", (Keyword, Name.Tag, Operator.Word)),
)
CLASSES = frozenset(kind for kind, _ in _KINDS)

_BLOCK = re.compile(r'<pre><code class="language-([\w+-]+)">([^<]*+)</code></pre>')


def coloured(html: str) -> str:
    """Return the Markdown parser's ``html`` with highlighted code blocks."""
    if '<code class="language-' not in html:
        return html
    left = MAX_PAGE

    def told_apart(block: re.Match[str]) -> str:
        nonlocal left
        language, code = block[1].lower().removesuffix("-nolint"), unescape(block[2])
        left -= len(code)
        if language not in LANGUAGES or len(code) > MAX_BLOCK or left < 0 or _WIDE.search(code):
            return block[0]
        return f"<pre><code>{_spans(language, code)}</code></pre>"

    return _BLOCK.sub(told_apart, html)


@lru_cache(maxsize=256)  # pages are rebuilt when their neighbours change
def _spans(language: str, code: str) -> str:
    lexer = get_lexer_by_name(_ALIASES.get(language, language), stripnl=False, ensurenl=False)
    parts: list[tuple[str, str]] = []
    for token, text in lex(code, lexer):
        kind = _kind(token) if text.strip() else ""
        if parts and kind == parts[-1][0]:
            parts[-1] = (kind, parts[-1][1] + text)
        else:
            parts.append((kind, text))
    if "".join(text for _, text in parts) != code:
        return escape(code)  # Pygments changes some invisible characters
    return "".join(
        f'<span class="{kind}">{escape(text)}</span>' if kind else escape(text)
        for kind, text in parts
    )


def _kind(token: _TokenType) -> str:
    within = (kind for kind, types in _KINDS for of in types if token[: len(of)] == of)
    return next(within, "")
