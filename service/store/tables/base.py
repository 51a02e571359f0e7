"""What all tables have in common."""

from sqlalchemy import Column, MetaData

from service.store.columns import Name

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


def named(column: str, *, optional: bool = False) -> Column[str]:
    """A column for an identifier or a code."""
    return Column(column, Name, nullable=optional)
