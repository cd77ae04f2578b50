"""A database statement cut into words, so that its keywords stand out."""

import re
from typing import NamedTuple

# Anything longer is shown plain: a dump of inserts is not read word by word.
MAX_COLOURED = 20_000

_KEYWORD_LIST = """
ADD ALL ALTER ANALYZE AND ANY AS ASC BEGIN BETWEEN BY CASCADE CASE CAST CHECK COLLATE COLUMN COMMIT CONFLICT
CONSTRAINT COPY CREATE CROSS DATABASE DEFAULT DELETE DESC DISTINCT DO DROP ELSE END EXCEPT EXISTS EXPLAIN FALSE
FETCH FILTER FIRST FOR FOREIGN FROM FULL GRANT GROUP HAVING ILIKE IN INDEX INNER INSERT INTERSECT INTERVAL INTO IS
JOIN KEY LAST LATERAL LEFT LIKE LIMIT LOCK MATERIALIZED MERGE NATURAL NOT NOTHING NULL NULLS OF OFFSET ON ONLY OR
ORDER OUTER OVER PARTITION PRIMARY RECURSIVE REFERENCES REPLACE RETURNING REVOKE RIGHT ROLLBACK ROW ROWS SAVEPOINT
SELECT SET SHOW TABLE THEN TO TRANSACTION TRIGGER TRUE TRUNCATE UNION UNIQUE UPDATE USING VALUES VIEW WHEN WHERE
WINDOW WITH WITHIN MATCH OPTIONAL DETACH UNWIND CALL YIELD PRAGMA QUALIFY SAMPLE PREWHERE FORMAT ENGINE
"""
_BEGINNING_LIST = """
SELECT INSERT UPDATE DELETE WITH CREATE ALTER DROP MERGE EXPLAIN COPY TRUNCATE BEGIN COMMIT ROLLBACK SET SHOW
CALL GRANT REVOKE MATCH PRAGMA REPLACE ANALYZE VALUES SAVEPOINT
"""
_KEYWORDS = frozenset(_KEYWORD_LIST.split())
_BEGINNINGS = frozenset(_BEGINNING_LIST.split())
_WORD = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|(?P<string>'(?:[^']|'')*(?:'|\Z))"
    r"|(?P<number>(?<![\w$])\d+(?:\.\d+)?\b)"
    r"|(?P<value>\$\d+|%\(\w+\)s|%s|\?|(?<![:\w]):\w+)"
    r"|(?P<word>[A-Za-z_]\w*)",
    re.DOTALL,
)


class SqlPiece(NamedTuple):
    """A run of the statement. `kind`: keyword, string, number, value (a placeholder), comment, or empty."""

    kind: str
    text: str


def sql_pieces(statement: str) -> list[SqlPiece]:
    """Returns the pieces of `statement`, together the same text; one plain piece when it is no SQL, or too long."""
    first = re.match(r"\s*(?:(?:--[^\n]*\n|/\*.*?\*/|\()\s*)*([A-Za-z]+)", statement, re.DOTALL)
    if first is None or first[1].upper() not in _BEGINNINGS or len(statement) > MAX_COLOURED:
        return [SqlPiece("", statement)] if statement else []
    pieces: list[SqlPiece] = []
    plain_from = 0
    for found in _WORD.finditer(statement):
        kind = found.lastgroup or ""
        if kind == "word":
            kind = "keyword" if found[0].upper() in _KEYWORDS else ""
        if not kind:
            continue
        if plain_from < found.start():
            pieces.append(SqlPiece("", statement[plain_from : found.start()]))
        pieces.append(SqlPiece(kind, found[0]))
        plain_from = found.end()
    return [*pieces, *([SqlPiece("", statement[plain_from:])] if plain_from < len(statement) else [])]
