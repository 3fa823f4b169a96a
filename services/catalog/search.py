"""Finding a part of a text, whatever its case and script, with an index (spec 4, ``q=``)."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

_SPACE: sa.ColumnElement[str] = sa.literal_column("' '", sa.Text)


def contains(q: str, *columns: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether one of ``columns`` has ``q`` in it.

    The index is on the bigrams of the columns joined by spaces, in this order (alembic/versions/0003); it finds candidates for two
    characters and more, and each is then compared. One character alone is compared with every row.
    """
    exact = holds(q, *columns)
    if len(q) < 2:
        return exact
    joined = columns[0]
    for column in columns[1:]:
        joined = joined.concat(_SPACE).concat(column)
    return sa.and_(_bigrams(joined).op("@>")(_bigrams(sa.literal(q))), exact)


def holds(q: str, *columns: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """The same, compared with each row: for rows that are read anyway."""
    return sa.or_(*(column.icontains(q, autoescape=True) for column in columns))


def _bigrams(text: sa.ColumnElement[str]) -> sa.ColumnElement[list[str]]:
    return sa.func.catalog.bigrams(text, type_=ARRAY(sa.Text))
