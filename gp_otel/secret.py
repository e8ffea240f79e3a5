"""What a secret looks like in a text, and how it is masked.

One pattern finds them all, behind a test for substrings. It is matched against the
lower-cased text, for that lets `re` skip from one head to the next: a form is a head
(the plain letters that give it away) and a tail, in which an empty group marks where
the secret begins; it ends where the match ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MASK = "[redacted]"

# -- name and value: password=…, "token": "…", Authorization: Bearer … ---------

_QUOTED = (
    r"[bfru]{0,2}(?:"
    r"\"()(?:[^\"\\]|\\.)++"
    r"|'()(?:[^'\\]|\\.)++"
    r"|\\\"()(?:\\\\\\\"|[^\"\\]|\\(?!\"))++"  # JSON inside of JSON
    r"|\\'()(?:\\\\\\'|[^'\\]|\\(?!'))++"
    r"|\\\\++[\"']()(?:[^\"'\\]|\\++(?![\"'\\]))++)"
)
_END = r"(?=[.,;:)\]}\"']*(?:[\s&]|\Z))"
_NO_VALUE = (
    rf"(?!(?:none|null|nil|true|false|undefined|\*+){_END}|\[redacted\]"
    rf"|(?:\$\d+(?:::\w+)?|%s|%\(\w+\)s|\?){_END})"  # SQL placeholders
)
_BARE = (
    rf"(){_NO_VALUE}(?:[\[({{][^\])}}]*+|(?:[^\s\"'&,;\\)\]}}>]"
    r"|[&,;](?![\w.%-]*+[=:]|\s|\Z)"  # else the next name, or punctuation
    r"|\\(?![\"'])"
    r"|[)\]}>](?![)\]}>.,;:]*+(?:[\s\"']|\Z)))++)"  # else it closes a bracket
)
_SENTENCE = (
    r"(?:a|an|at|authentication|blank|cannot|contains|denied|does|empty|ensure|expected"
    r"|expired|failed|field|has|incorrect|input|invalid|is|length|may|maximum|minimum"
    r"|mismatch|missing|must|never|no|not|only|please|rejected|required|should|string"
    r"|the|this|too|unable|unknown|unset|value|was|weak|wrong)"
)
_PROSE = rf"[a-z]+(?:'[a-z]+)?(?:[ \t]+[a-z(]|(?:(?<=error)|(?<=exception)){_END})"
_KEYS = ("access", "account", "api", "auth", "encryption", "private", "signing")
_KEY = "|".join(rf"(?<={word}key)|(?<={word}[-_ ]key)" for word in _KEYS)

# `password: hunter` is a secret, `invalid token: signature has expired` is none.
_NAME = (
    r"(?:(?:(?<=pass)(?:(?:word|wd|phrase|code)s?|(?<![a-z]pass)(?=[ \t]*=))"
    r"|(?<=pwd)|(?<=authorization))(?P<never_prose>)"
    rf"|(?<=secret)s?|(?<=token)(?!s)|(?<=key)(?:{_KEY})"
    r"|(?<=sig)(?<![a-z]sig)(?:nature)?(?=\\*[\"']|=))"
    r"(?:[-_]?(?:access|confirm(?:ation)?|hash|id|key|value|v?\d+))*+"
)
_IS = (
    r"(?:\\*+[\"'])?\]?[ \t]*+(?:(?:!?={1,3}>?|:=)[ \t]*+"
    r"|(?<=authorization['\"]),[ \t]*+(?=b?[\"'])"  # a header as a pair
    rf"|:(?![:/=])(?:|[ \t]++(?!{_SENTENCE}{_END})(?(never_prose)|(?!{_PROSE}))"
    r"|[ \t]++(?=[bfru]{0,2}\\*[\"'])))"
)
_SCHEME = r"(?:(?:apikey|basic|bearer|digest|negotiate|token)[ \t]++)?+"

# -- everything else ----------------------------------------------------------

_TAILS = {
    "password": rf"[ \t]++(?:{_QUOTED})",
    "cookie": (
        r"(?:\\*+[\"'])?\]?[ \t]*+(?:[:=]|,(?=[ \t]*+b?[\"']))[ \t]*+"
        r"(?:b?\\*+[\"'])?()(?=[^\s=\"']{1,80}=)[^\r\n\"'\\]++"
    ),
    "bearer": r"[ \t]++()(?:[\w.~+/=-]{20,}+|(?=[\w.~+/=-]*\d)[\w.~+/=-]{6,}+)",
    "basic": r"[ \t]++()(?=[\w+/]*[\d=])[\w+/]{8,}={0,2}",
    # a password may hold what it should not: /, @, :
    "://": (
        r"()(?:[^\s:/@\[\"'<>]*:(?!\d{1,5}[/?#])[^\s\"'<>]{1,1024}"
        r"|[^\s/?#\"'<>]{1,1024})(?=@)"
    ),
    "@": r"()(?=(?:[\w-]{1,63}\.){1,9}[^\W\d_]{2,})",
    "eyj": r"()[\w-]{8,}(?:\.[\w-]*)*",
    "aiza": r"()[\w-]{20,}",
    "akia": r"(?<![a-z0-9]akia)()[a-z0-9]{16}(?![a-z0-9])",
    "asia": r"(?<![a-z0-9]asia)()[a-z0-9]{16}(?![a-z0-9])",
    "sk-": r"(?<![a-z0-9]sk-)()(?:[\w*-]{32,}|(?=[\w*-]*\d)[\w*-]{8,})",
    "gsk_": r"()\w{16,}",
    "k_live_": r"()\w{8,}",
    "k_test_": r"()\w{8,}",
    "github_pat_": r"()\w{16,}",
    "glpat-": r"()[\w-]{16,}",
    "hf_": r"(?<![a-z0-9]hf_)()[a-z0-9]{20,}",
    "xox": r"[a-z]-()[\w-]{8,}",
    "private key-----": r"()(?!\[redacted\])(?:(?!-----).)++",
    # what a database says of somebody's row
    "key (": (
        r"[^=]{0,200}\)=\(()(?!\[redacted\]).*?"
        r"(?=\) (?:already|is|conflicts)|\)\.?(?:\s|\Z)|\Z)"
    ),
    "failing row contains (": r"()(?!\[redacted\]).*?(?=\)\.?(?:\n|\Z)|\Z)",
    "duplicate entry '": r"()(?!\[redacted\]).*?(?=' for key|\Z)",
    "[parameters: ": r"()(?!\[redacted\]).*?(?=\](?:\n|\Z)|\Z)",
    "input_value=": r"()(?!\[redacted\]).*?(?=, input_type|\Z)",
} | {f"gh{kind}_": r"()\w{16,}" for kind in "oprsu"}

_HEADS = ("pass", "pwd", "secret", "token", "key", "sig", "authorization", *_TAILS)
_PATTERN = re.compile(
    f"(?:{'|'.join(map(re.escape, sorted(_HEADS, key=len, reverse=True)))})(?:"
    + "|".join(rf"(?<={re.escape(head)})(?:{tail})" for head, tail in _TAILS.items())
    + rf"|{_NAME}{_IS}(?:{_QUOTED}|(?(never_prose){_SCHEME}){_BARE}))",
    re.DOTALL,
)

_TELLTALES = (
    ("", ("pass", "secret", "token", "key", "authorization", "bearer", "basic")),
    ("=", ("pwd", "sig", "cookie", "input_value")),
    (":", ("pwd", "cookie")),
    ("@", ("@",)),
    ("_", ("k_", "gh", "hf_")),
    ("-", ("sk-", "glpat-", "xox")),
    ("(", ("failing row", "[parameters")),
    ("A", ("aiza", "akia", "asia")),
    ("J", ("eyj",)),
)
"""A character that is quickly found, and what is worth looking for where it is."""


def masked(text: str, limit: int | None = None) -> str:
    """Mask every secret in `text`, and keep of it what stands before `limit`.

    A secret that lies across the limit is masked like any other.
    """
    if not _is_suspicious(text):
        return text if limit is None else text[:limit]
    end = len(text) if limit is None else min(limit, len(text))
    parts: list[str] = []
    done = 0
    for start, stop in _secrets(text):
        if start >= end:
            break
        if start >= done:
            parts += text[done:start], MASK
        done = max(done, stop)
    parts.append(text[done:end])
    return "".join(parts)


def _is_suspicious(text: str) -> bool:
    lowered = text.lower()
    for sign, telltales in _TELLTALES:
        if sign in text:
            for telltale in telltales:
                if telltale in lowered:
                    return True
    return False


def _secrets(text: str) -> Iterator[tuple[int, int]]:
    """Tell where the secrets are, in order; the next may begin inside of the last."""
    lowered = text.lower()
    if len(lowered) != len(text):  # some letters become two
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    found = _PATTERN.search(lowered)
    while found is not None:
        start, stop = found.start(found.lastindex or 0), found.end()
        found = _PATTERN.search(lowered, start)
        if lowered[start - 1] == "@":  # the secret is the word before it
            start = stop = start - 1
            while start and (text[start - 1].isalnum() or text[start - 1] in "._%+-"):
                start -= 1
        if start < stop:
            yield start, stop
