"""A letter as bytes (RFC 5322, RFC 2045), written straight: many times as fast as through a tree of parts.

Nothing that comes from outside can add a header: a line break in one is refused.
"""

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Mapping
from email.header import Header
from secrets import token_hex

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
LONGEST_LINE = 998  # RFC 5322, 2.1.1


def written(headers: Mapping[str, str], text: str, html: str = "") -> bytes:
    """Raises ValueError for a header that cannot be one."""
    top = "".join(header(name, value) for name, value in headers.items()).encode("ascii")
    return top + b"MIME-Version: 1.0\r\n" + (alternatives(text, html) if html else part("plain", text))


def header(name: str, value: str) -> str:
    if CONTROL.search(value):
        raise ValueError(f"a line break or another control character in {name}")
    if not value.isascii():
        value = encoded(value)
    elif len(value) > LONGEST_LINE - len(name) - 2:
        value = Header(value, maxlinelen=LONGEST_LINE - 20, header_name=name).encode(linesep="\r\n")
    return f"{name}: {value}\r\n"


def encoded(value: str) -> str:
    """In encoded words of at most 75 characters, none of which splits a character (RFC 2047, 2 and 5)."""
    words, word = [], b""
    for one in value:
        following = one.encode("utf-8", "replace")
        if len(word) + len(following) > 45:
            words.append(word)
            word = b""
        word += following
    return "\r\n ".join(f"=?utf-8?b?{b64encode(each).decode()}?=" for each in [*words, word])


def alternatives(text: str, html: str) -> bytes:
    """The plain one first: the last is what a reader prefers (RFC 2046, 5.1.4)."""
    seam = token_hex(16).encode()
    head = b'Content-Type: multipart/alternative; boundary="' + seam + b'"\r\n\r\n'
    parts = (part("plain", text), part("html", html))
    return head + b"".join(b"--" + seam + b"\r\n" + each for each in parts) + b"--" + seam + b"--\r\n"


def part(subtype: str, text: str) -> bytes:
    body = ("\r\n".join(text.splitlines()) + "\r\n").encode("utf-8", "replace")
    encoding = "7bit" if body.isascii() else "8bit"
    if b"\0" in body or any(len(line) > LONGEST_LINE for line in body.split(b"\r\n")):
        body, encoding = b2a_qp(body, istext=True), "quoted-printable"
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + body
