"""Which tokens were used already: every process that shares the database refuses one that another has seen.

STANDARDS 1.83. Neither a token nor its id is kept, only a digest of the id and of who gave it.
"""

import hashlib
from datetime import datetime

import orjson

from service.store.engine import Store, insert_into
from service.store.tables import tokens


def first_use(store: Store, issuer: str, jti: str, until: datetime) -> bool:
    """Remember this token; False if it was used before. After `until` it is refused for its age, and is forgotten."""
    with store.writing() as connection:
        statement = insert_into(connection, tokens).values(digest=_digest(issuer, jti), until=until)
        once = statement.on_conflict_do_nothing(index_elements=["digest"]).returning(tokens.c.digest)
        return connection.execute(once).first() is not None


def _digest(issuer: str, jti: str) -> str:
    """As a list in JSON, no two pairs are written alike."""
    return hashlib.sha256(orjson.dumps([issuer, jti])).hexdigest()
