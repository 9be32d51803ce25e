"""Which encoding a text file is in: told by its bytes where they can, guessed aloud where not."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from wavebook.errors import WavebookError

BOMS = {  # the longer first: UTF-32's begins as UTF-16's does
    codecs.BOM_UTF32_LE: ("utf-32", "UTF-32"),
    codecs.BOM_UTF32_BE: ("utf-32", "UTF-32"),
    codecs.BOM_UTF8: ("utf-8-sig", "UTF-8 with a byte order mark"),
    codecs.BOM_UTF16_LE: ("utf-16", "UTF-16"),
    codecs.BOM_UTF16_BE: ("utf-16", "UTF-16"),
}
LINE_END = b"\n"
SAMPLE = 65_536  # bytes, or letters, that a guess looks at
PLAUSIBLE = 0.9  # share of the letters beyond ASCII that must make sense

# Letters by language: taken together, those of neighbours would make sense of anything.
WESTERN = "áàâäãåæçéèêëíìîïñóòôöõøœúùûüß"
ICELANDIC = "áéíóúýþæðö"
TURKISH = "çğıİöşüâîû"
POLISH = "ąćęłńóśźż"
CZECH_AND_SLOVAK = "áäčďéěíĺľňóôŕřšťúůýž"
HUNGARIAN = "áéíóöőúüű"
SOUTH_SLAVIC = "čćđšž"
ROMANIAN = "ăâîşţ"
LITHUANIAN = "ąčęėįšųūž"
LATVIAN = "āčēģīķļņšūž"
CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяёєіїґ"
GREEK = "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋ"
# The commonest first: of those that make equal sense of a text, the first is taken.
CODE_PAGES = (
    ("windows-1252", WESTERN),
    ("windows-1254", TURKISH),
    ("windows-1250", POLISH),
    ("windows-1250", CZECH_AND_SLOVAK),
    ("windows-1250", HUNGARIAN),
    ("windows-1250", SOUTH_SLAVIC),
    ("windows-1250", ROMANIAN),
    ("windows-1257", LITHUANIAN),
    ("windows-1257", LATVIAN),
    ("windows-1251", CYRILLIC),
    ("windows-1253", GREEK),
    ("windows-1252", ICELANDIC),
    ("mac-roman", WESTERN),
    ("iso-8859-2", POLISH),
    ("iso-8859-2", CZECH_AND_SLOVAK),
    ("iso-8859-2", HUNGARIAN),
    ("iso-8859-15", WESTERN),
)
INSIDE = set("’–—…·\xa0\xad")  # marks that may stand between two letters
BESIDE = set("‘“”„‚‹›«»•")  # marks that have a letter on one side
BEHIND = set("€£¥$°²³½¼¾§©®™±×µªº´¨†")  # marks that no letter follows


@dataclass(frozen=True)
class Decoded:
    """A file's text, and how it was read, in a sentence."""

    text: str
    note: str


def decode(raw: bytes, name: str, wanted: str | None = None) -> Decoded:
    """Return the text of a file.

    Parameters
    ----------
    wanted
        The encoding that the user says it is in.

    Raises
    ------
    WavebookError
        If the wanted encoding is unknown or does not fit, or the file is no text.
    """
    if wanted is not None:
        return Decoded(_checked(_forced(raw, name, wanted), name), f"Encoding {wanted}, as told.")
    for mark, (encoding, told) in BOMS.items():
        if raw.startswith(mark):
            return Decoded(_checked(_forced(raw, name, encoding), name), f"Encoding {told}.")
    if wide := _without_mark(raw):
        return Decoded(_checked(_forced(raw, name, wide), name), f"Encoding {wide.upper()}.")
    try:
        return Decoded(_checked(raw.decode("utf-8"), name), "Encoding UTF-8.")
    except UnicodeDecodeError as error:
        if _is_mostly_utf_8(raw):
            place = f"{name}, line {raw[: error.start].count(LINE_END) + 1}"
            message = f"{place}: 0x{raw[error.start]:02X} is not UTF-8, which the rest is"
            raise WavebookError(message) from None
    if b"\0" in raw:
        raise _nul(name, raw[: raw.index(b"\0")].count(LINE_END) + 1)
    encoding = _guess(raw, name)
    text = _forced(raw, name, encoding)
    note = f"Encoding {encoding}, a guess from the letters: {_example(text)}."
    return Decoded(_checked(text, name), note)


def _forced(raw: bytes, name: str, encoding: str) -> str:
    try:
        info = codecs.lookup(encoding)
        if not info._is_text_encoding:  # "base64" and the like
            raise LookupError
        # A mark that says the same as the user is no part of the first column's name.
        return raw.decode(info.name).removeprefix("\ufeff")
    except (LookupError, ValueError) as error:
        if not isinstance(error, UnicodeError):
            message = f"{name}: '{encoding}' is not an encoding (utf-8, windows-1252, utf-16, …)"
            raise WavebookError(message) from None
        if isinstance(error, UnicodeDecodeError):
            line = raw[: error.start].count(LINE_END) + 1
            found = " ".join(f"0x{byte:02X}" for byte in raw[error.start : error.start + 1])
            message = f"{name}, line {line}: {found or 'its end'} is not {encoding}"
            raise WavebookError(f"{message}: is it another encoding?") from None
        raise WavebookError(f"{name}: not {encoding}: {error}") from None


def _checked(text: str, name: str) -> str:
    if "\0" in text:
        raise _nul(name, text[: text.index("\0")].count("\n") + 1)
    if not text.strip():
        raise WavebookError(f"{name}: the file holds nothing but blank space")
    return text


def _nul(name: str, line: int) -> WavebookError:
    return WavebookError(f"{name}, line {line}: a NUL character: this is no text, or is damaged")


def _without_mark(raw: bytes) -> str | None:
    """Return UTF-16 where every other byte is nearly always NUL, as in it ASCII is."""
    sample = raw[: SAMPLE // 2 * 2]
    pairs = len(sample) // 2
    if pairs < 2 or len(raw) % 2:
        return None
    first, second = sample[::2].count(0), sample[1::2].count(0)
    if second > 0.7 * pairs and first == 0:
        return "utf-16-le"
    if first > 0.7 * pairs and second == 0:
        return "utf-16-be"
    return None


def _is_mostly_utf_8(raw: bytes) -> bool:
    """Return whether more of it is UTF-8 beyond ASCII than is not: no code page looks so."""
    text = raw.decode("utf-8", errors="replace")
    strays = text.count("\ufffd")
    return sum(not char.isascii() for char in text) - strays > strays


def _guess(raw: bytes, name: str) -> str:
    """Return the code page whose letters make the most sense; else what charset-normalizer says."""
    sample = _lines_beyond_ascii(raw)
    best, score = "", 0.0
    for encoding, letters in CODE_PAGES:
        try:
            raw.decode(encoding)
            sense = _sense(sample.decode(encoding), letters)
        except UnicodeDecodeError:
            continue
        if sense > score:
            best, score = encoding, sense
    if score >= PLAUSIBLE:
        return best
    from charset_normalizer import from_bytes  # noqa: PLC0415  # few files need it

    match = from_bytes(raw[:SAMPLE]).best()
    if match is not None:
        return match.encoding.replace("_", "-")
    if best:
        return best
    raise WavebookError(f"{name}: not text in any encoding known here; tell which it is")


def _lines_beyond_ascii(raw: bytes) -> bytes:
    found, size = [], 0
    for line in re.split(rb"[\r\n]+", raw):
        if not line.isascii():
            found.append(line)
            size += len(line)
            if size > SAMPLE:
                break
    return b"\n".join(found)


def _sense(text: str, letters: str) -> float:
    """Return the share of characters beyond ASCII that a writer of these letters would write."""
    known = set(letters) | set(letters.upper())
    is_latin = letters not in (CYRILLIC, GREEK)
    padded = f" {text} "
    judged = [
        _fits(char, before, after, known, is_latin)
        for before, char, after in zip(padded, text, padded[2:], strict=False)
        if not char.isascii()
    ]
    return sum(judged) / len(judged) if judged else 0.0


def _fits(char: str, before: str, after: str, known: set[str], is_latin: bool) -> bool:
    """Return whether a character makes sense between its neighbours."""
    if char in known:
        if char.isupper() and before.islower():  # a capital inside a word
            return False
        if is_latin:  # accents are seldom so dense that a letter stands between two others
            return not (before in known and after in known)
        return not any(c.isascii() and c.isalpha() for c in (before, after))
    if char in "¿¡":
        return not before.isalpha()
    if char in BESIDE:
        return not (before.isalpha() and after.isalpha())
    return char in INSIDE or (char in BEHIND and not after.isalpha())


def _example(text: str) -> str:
    """Return the first words that are more than ASCII, so that a wrong guess is seen."""
    words = [word for word in re.findall(r"\w+(?:[ '’]\w+){0,2}", text) if not word.isascii()]
    odd = next((char for char in text if not char.isascii()), "")
    return f"it reads '{words[0][:40]}'" if words else f"it reads '{odd}'"
