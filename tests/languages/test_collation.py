import pytest

from terms.addresses import letter_path, term_path, way_from
from terms.languages.collation import letter_of, own_letters, section_of, sort_key
from terms.pages.entries import in_order


def ordered(names, language):
    return sorted(names, key=lambda name: sort_key(name, language))


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["Ångström", "apple", "Zebra"]),
        ("en", ["C", "C#", "C++", "Café", "cafés", "Carbon"]),
        ("de", ["Apfel", "Äpfel", "Azur", "Straße", "Zoo"]),
        ("sv", ["Apa", "Zebra", "Ångström", "Ärta", "Öl"]),
        ("da", ["Abe", "Zoo", "Ærø", "Øl", "Ål"]),
        ("es", ["nube", "nuez", "ñandú", "oso"]),
        ("cs", ["cena", "čáp", "duch", "hora", "chleba", "iris"]),
        ("tr", ["cam", "çam", "hal", "ılık", "İzmir", "jale"]),
        ("az", ["ev", "əl", "hava", "xalq", "ılıq", "İçəri", "jale", "kala", "qala", "lala"]),
        ("pl", ["lato", "łata", "mama"]),
        ("ru", ["ель", "ёлка", "жар", "игра", "йод", "край"]),
        ("ko", ["가방", "나무", "다리"]),
        ("en", [".NET", "network"]),
        ("en", ["007", "8 bit", "64 bit", "HTTP", "HTTP 2", "HTTP 10", "HTTP/3", "HTTPS"]),
        ("en", ["TLS 1.2", "TLS 1.3", "TLS 1.10", "v" + "9" * 12, "v1" + "0" * 12]),
        ("zh-Hans", ["API 网关", "边缘计算", "部署", "容器", "数据库", "云原生"]),
        ("zh-TW", ["部署", "容器", "資料庫", "雲原生"]),
        (
            "ja",
            [
                "API",
                "アプリ",
                "うえ",
                "ガイド",
                "かき",
                "キー",
                "データ",
                "ポッド",
                "わ",
                "自動化",
                "負荷",
            ],
        ),
    ],
)
def test_names_are_sorted_by_language(language, names):
    assert ordered(names, language) == names
    assert ordered(reversed(names), language) == names


@pytest.mark.parametrize(
    ("name", "language", "letter", "section"),
    [
        ("Flask", "en", "F", "Flas"),
        ("Ångström", "en", "A", "Angs"),
        ("Ångström", "sv", "Å", "Ångs"),
        ("chleba", "cs", "Ch", "Chleb"),
        ("İzmir", "tr", "İ", "İzmi"),
        (".NET", "en", "N", "Net"),
        ("C++", "en", "C", "C"),
        ("3D", "en", "0-9", "3d"),
        ("!!!", "en", "#", "#"),
        ("", "en", "#", "#"),
        ("한국", "ko", "ㅎ", "ㅎ"),
        ("数据库", "en", "数", "数"),
        ("数据库", "zh-CN", "S", "Shu"),
        ("数据库", "zha", "数", "数"),
        ("ilk", "TR", "İ", "İlk"),
        ("ilk", "az", "İ", "İlk"),
        ("ıldırım", "az", "I", "Ildı"),
        ("İçəri", "az-Latn", "İ", "İçər"),
        ("ilk", "trv", "I", "Ilk"),
        ("重庆", "zh", "C", "Chon"),
        ("API 网关", "zh-Hans", "A", "Api"),
        ("資料庫", "zh-Hant", "ㄗ", "ㄗ"),
        ("ガイド", "ja", "か", "かいと"),
        ("んん", "ja", "わ", "んん"),
        ("ｶﾞｲﾄﾞ", "ja", "か", "かいと"),
        ("クラスター", "ja", "か", "くらすた"),
        ("負荷分散", "ja", "漢字", "負荷分散"),
        ("Pod", "ja", "P", "Pod"),
        ("Ёж", "ru", "Ё", "Ёж"),
        ("ﬁ", "en", "F", "Fi"),
    ],
)
def test_name_has_letter_and_section(name, language, letter, section):
    assert (letter_of(name, language), section_of(name, language)) == (letter, section)


def test_letters_of_language_are_in_order():
    assert own_letters("sv")[-4:] == ["Z", "Å", "Ä", "Ö"]
    assert own_letters("es")[13:16] == ["N", "Ñ", "O"]
    assert in_order({"#", "0-9", "B", "用"}, "en")[:3] == ["0-9", "#", "A"]
    assert in_order({"Ж", "А"}, "ru") == ["А", "Ж"]


def test_sort_keys_are_hexadecimal_and_break_ties():
    assert all(c in "0123456789abcdef" for c in sort_key("Ünïcode 数据", "sv", "slug"))
    assert (
        sort_key("Flask", "en", "a") < sort_key("Flask", "en", "b") < sort_key("flask", "en", "a")
    )


def test_links_are_relative():
    way = way_from("/glossary/a/b/c/")
    assert way("/glossary/x/") == "../../../x/"
    assert way("/other/x/") == "../../../../other/x/"
    assert way("/glossary/a:b é/") == "../../../a%3Ab%20%C3%A9/"
    assert way_from("/glossary/")("/glossary/a/") == "./a/"
    assert way_from("/")("/glossary/") == "./glossary/"
    assert way_from("/glossary/changes.atom")("/glossary/") == "./"


def test_term_paths_do_not_collide_with_other_pages():
    assert term_path("g", "", "", "search") == "/g/-/search/"
    assert term_path("g", "c", "v", "search") == "/g/c/v/search/"
    assert letter_path("/g/", "#") == "/g/letters/symbols/"
