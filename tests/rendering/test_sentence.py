import pytest

from terms.rendering import first_sentence


@pytest.mark.parametrize(
    ("markdown", "sentence"),
    [
        ("", ""),
        ("A *web* framework. It is small.", "A web framework."),
        ("# Flask\n\n> Quoted.\n\n- listed\n\nRuns on Node.js and `pip`.\nMore.", "Runs on Node.js and pip."),
        ("Tools, e.g. Docker, i.e. Boxes. And more", "Tools, e.g. Docker, i.e. Boxes."),
        ("J. R. Ward wrote it. Then", "J. R. Ward wrote it."),
        ("![a picture](x.png)\n\nIs it? Yes.", "Is it?"),
        ("[Read](x) this", "Read this"),
        ("図形です。次の文。", "図形です。"),
        ("<script>alert(1)</script>\n\nSafe & sound.", "Safe & sound."),
        ("[^1]: A note.\n\nText[^1].", "Text."),
    ],
)  # fmt: skip
def test_first_sentence_is_found(markdown, sentence):
    assert first_sentence(markdown) == sentence


def test_long_sentence_is_cut_between_words():
    cut = first_sentence("word " * 200)
    assert len(cut) <= 301
    assert cut.endswith("word…")


@pytest.mark.parametrize(
    "hostile", ["[" * 10_000, "> " * 10_000, "a. " * 30_000, "." * 100_000, "(" * 50_000 + "."]
)
def test_hostile_text_raises_no_error(hostile):
    first_sentence(hostile)
