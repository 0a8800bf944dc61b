"""The named character classes of Go's regular expressions, as ranges or in RE2's spelling."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

_POSIX_NAMES: Final = "alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit"
POSIX_CLASSES: Final = frozenset(_POSIX_NAMES.split())

# RE2 knows these names too, in exactly this spelling. Go folds a name to one capitalised word before it looks
# it up, which is why scripts of two words (`Old_Italic`) cannot be named there at all.
_SCRIPT_NAMES: Final = """
    Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki Bopomofo Brahmi Braille
    Buginese Buhid Carian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cyrillic Deseret
    Devanagari Dogra Duployan Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati
    Gurmukhi Han Hangul Hanunoo Hatran Hebrew Hiragana Inherited Javanese Kaithi Kannada Katakana Kawi
    Kharoshthi Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar Malayalam
    Mandaic Manichaean Marchen Medefaidrin Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari Newa
    Nko Nushu Ogham Oriya Osage Osmanya Palmyrene Phoenician Rejang Runic Samaritan Saurashtra Sharada
    Shavian Siddham Sinhala Sogdian Soyombo Sundanese Syriac Tagalog Tagbanwa Takri Tamil Tangsa Tangut
    Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho Yezidi Yi"""
_SCRIPTS: Final = frozenset(_SCRIPT_NAMES.split())
_CATEGORY_NAMES: Final = """
    Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps
    S Sc Sk Sm So Z Zl Zp Zs"""
_CATEGORIES: Final = frozenset(_CATEGORY_NAMES.split())
_ALIASES: Final = {
    "Casedletter": "Lc",
    "Closepunctuation": "Pe",
    "Cntrl": "Cc",
    "Combiningmark": "M",
    "Connectorpunctuation": "Pc",
    "Control": "Cc",
    "Currencysymbol": "Sc",
    "Dashpunctuation": "Pd",
    "Decimalnumber": "Nd",
    "Digit": "Nd",
    "Enclosingmark": "Me",
    "Finalpunctuation": "Pf",
    "Format": "Cf",
    "Initialpunctuation": "Pi",
    "Letter": "L",
    "Letternumber": "Nl",
    "Lineseparator": "Zl",
    "Lowercaseletter": "Ll",
    "Mark": "M",
    "Mathsymbol": "Sm",
    "Modifierletter": "Lm",
    "Modifiersymbol": "Sk",
    "Nonspacingmark": "Mn",
    "Number": "N",
    "Openpunctuation": "Ps",
    "Other": "C",
    "Otherletter": "Lo",
    "Othernumber": "No",
    "Otherpunctuation": "Po",
    "Othersymbol": "So",
    "Paragraphseparator": "Zp",
    "Privateuse": "Co",
    "Punct": "P",
    "Punctuation": "P",
    "Separator": "Z",
    "Spaceseparator": "Zs",
    "Spacingmark": "Mc",
    "Surrogate": "Cs",
    "Symbol": "S",
    "Titlecaseletter": "Lt",
    "Unassigned": "Cn",
    "Uppercaseletter": "Lu",
}
# What RE2 has no name for, or means something else by: Go counts unassigned code points as `C`.
_BY_CATEGORY: Final[dict[str, Callable[[str], bool]]] = {
    "Assigned": lambda category: category != "Cn",
    "C": lambda category: category[0] == "C",
    "Cn": lambda category: category == "Cn",
    "Lc": lambda category: category in ("Lu", "Ll", "Lt"),
}
_LAST: Final = 0x10FFFF


def unicode_class(name: str, *, negated: bool) -> str | None:
    """Give the items of `\\p{name}` for use inside RE2's brackets; None for an unknown name.

    Source: Go regexp/syntax/parse.go, `unicodeTable`: case, spaces, `_` and `-` do not count, long category
    names and `Any`, `ASCII`, `Assigned` exist.
    """
    if not name.isascii():
        return None
    word = name.replace("_", "").replace("-", "").replace(" ", "").capitalize()
    word = _ALIASES.get(word, word)
    if word in _CATEGORIES or word in _SCRIPTS:
        return f"\\{'P' if negated else 'p'}{{{word}}}"
    if word == "Any":
        return "" if negated else _items(((0, _LAST),))
    if word == "Ascii":
        return _items(((0x80, _LAST),) if negated else ((0, 0x7F),))
    if word in _BY_CATEGORY:
        return _items(_ranges(word, negated))
    return None


@lru_cache(maxsize=8)
def _ranges(word: str, negated: bool) -> tuple[tuple[int, int], ...]:
    belongs = _BY_CATEGORY[word]
    found: list[tuple[int, int]] = []
    start = -1
    for code in range(_LAST + 1):
        if belongs(unicodedata.category(chr(code))) is not negated:
            if start < 0:
                start = code
        elif start >= 0:
            found.append((start, code - 1))
            start = -1
    if start >= 0:
        found.append((start, _LAST))
    return tuple(found)


def _items(ranges: tuple[tuple[int, int], ...]) -> str:
    return "".join(f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in ranges)
