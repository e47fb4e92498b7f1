"""The hostile texts, and what must hold of everything that comes of them."""

from __future__ import annotations

import re
import unicodedata

PAYLOADS: dict[str, str] = {
    "CSI colour": "\x1b[31;5mPWN\x1b[0m",
    "CSI erase": "\x1b[2J\x1b[3JPWN",
    "CSI move": "\x1b[1;1HPWN\x1b[10A\x1b[99D",
    "CSI report": "\x1b[6n\x1b[cPWN",
    "OSC title": "\x1b]0;PWN\x07",
    "OSC clipboard": "\x1b]52;c;UFdO\x1b\\PWN",
    "OSC link": "\x1b]8;;http://pwn.invalid\x1b\\PWN\x1b]8;;\x1b\\",
    "OSC without an end": "\x1b]0;PWN",
    "DCS": "\x1bP1$rPWN\x1b\\\x1bP+q544e\x1b\\",
    "APC, PM, SOS": "\x1b_GPWN\x1b\\\x1b^x\x1b\\\x1bXy\x1b\\",
    "C1": "\x9b31mPWN\x9d0;PWN\x9c\x90qPWN\x9c",
    "reset and alternate screen": "\x1bcPWN\x1b[?1049l\x1b[?25l",
    "paste and sync marks": "\x1b[201~PWN\x1b[?2026h\x1b[200~",
    "bells and backspaces": "PWN\x07\x07\b\b\bsafe\x7f\x7f",
    "carriage returns": "PWN\rsafe\r\r\nPWN",
    "line and page ends": "PWN\x0b\x0c\x85\u2028\u2029PWN",
    "NUL and shifts": "P\x00W\x0eN\x0f\x1a\x18",
    "bidi override": "PWN\u202egnp.exe\u202d\u202c",
    "bidi isolates and marks": "\u2066PWN\u2067x\u2069\u200e\u200f\u061c",
    "hidden tags": "PWN" + "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all"),
    "hidden selectors": "PWN😀" + "".join(chr(0xE0100 + byte) for byte in b"secret") + "\ufe0f" * 30,
    "zero width": "P\u200bW\u2060N\ufeff\u00ad\u180e\u034f",
    "joiners": "P\u200dW\u200cN" + "\u200d" * 30,
    "Latin storm": "PWN" + "\u0301\u0316" * 60,
    "storm of many scripts": "ก" + "\u0e34" * 60 + "ب" + "\u064e" * 60 + "क" + "\u0941" * 60 + "x" + "\u20dd" * 60,
    "joined emoji and jamo": "\u200d".join("👩" * 30) + "\u1100" * 60 + "\u1161" * 60 + "👍" + "🏿" * 60 + "🇨" * 31,
    "lone surrogates": "PWN\ud83d \ude00\ud83d",
    "markup": "[@click=app.quit]PWN[/] [/] [red]x[/red] [link=http://pwn.invalid]y",
    "formulas and Markdown": '=HYPERLINK("http://pwn.invalid")|@PWN| ![x](http://pwn.invalid) <script> &#x202e;&#27;',
    "a long line": "PWN" * 700,
}
SAMPLE = ("OSC title", "C1", "storm of many scripts", "lone surrogates")
"""Those that every run of the tests looks at; all others have to be asked for."""

_BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_TAGS = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f")


def offences(text: str, allowed: str = "\n") -> list[str]:
    """What in a shown text is not to reach a terminal. Knows nothing of how the program cleans."""
    found: list[str] = []
    text = _TAGS.sub("", text)
    stacked = joined = 0
    before = ""
    for char in text:
        kind = unicodedata.category(char)
        name = f"U+{ord(char):04X}"
        if (kind == "Cc" and char not in allowed) or kind in ("Cs", "Zl", "Zp"):
            found.append(f"{name} controls")
        if unicodedata.bidirectional(char) in _BIDI or char in "\u200e\u200f\u061c\ufeff\u2060\u00ad\u034f\u180e":
            found.append(f"{name} hides")
        if "\U000e0000" <= char <= "\U000e0fff":
            found.append(f"{name} is a tag or a selector")
        selector = "\ufe00" <= char <= "\ufe0f"
        if selector and (before == char or (before.isascii() and before not in "0123456789#*")):
            found.append(f"{name} selects nothing")
        mark = (kind in ("Mn", "Me") and not selector) or "\u1161" <= char <= "\u11ff"
        stacked = stacked + 1 if mark else stacked if char in "\u200c\u200d" else 0
        if stacked > 4:
            found.append(f"{name} is one mark too many")
        goes_on = selector or before == "\u200d" or "\U0001f3fb" <= char <= "\U0001f3ff"
        joined = joined + 1 if char == "\u200d" else joined if goes_on else 0
        if joined > 3 or (char == "\u200d" and before.isascii() and before.isalnum()):
            found.append(f"{name} joins too much")
        before = char
    return sorted(set(found))
