"""N-Quads as the rdf-canon vectors write them, read into terms of canonical form."""

import re

from protocols.credentials.rdf.quads import escape_literal
from protocols.credentials.rdf.rdfc import Quad

_TERM = re.compile(r"""\s*(<[^>]*>|_:[^\s]+?(?=\s)|"(?:[^"\\]|\\.)*"(?:\^\^<[^>]*>|@[a-zA-Z0-9-]+)?|\.\s*$)""")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_ECHAR = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_STRING = "^^<http://www.w3.org/2001/XMLSchema#string>"


def parse_nquads(text: str) -> list[Quad]:
    """The quads of an N-Quads document, terms in canonical form."""
    return [_quad(line) for line in text.split("\n") if line.strip() and not line.startswith("#")]


def _quad(line: str) -> Quad:
    terms = [_canonical(match[1]) for match in _TERM.finditer(line)]
    assert terms[-1].strip() == ".", line
    return quad(*terms[:-1])


def quad(subject: str, predicate: str, object: str, graph: str = "") -> Quad:
    return subject, predicate, object, graph


def _canonical(term: str) -> str:
    if term.startswith("<"):
        return _unescape(term)
    if not term.startswith('"'):
        return term
    end = term.rindex('"')
    suffix = _unescape(term[end + 1 :])
    return f'"{escape_literal(_unescape(term[1:end]))}"{"" if suffix == _STRING else suffix}'


def _unescape(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if code[0] in "uU" and len(code) > 1 else _ECHAR[code]

    return _ESCAPE.sub(replace, text)
