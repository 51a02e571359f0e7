"""Tables that only grow: the database itself refuses everything else."""

from alembic import op

PERMITTED = "EXISTS (SELECT 1 FROM forgetting)"


def only_grows(table: str) -> None:
    """No row changes, and none goes but within a transaction that forgets."""
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT {PERMITTED} {refuse}")
        return
    op.execute(
        f"""
        CREATE FUNCTION {table}_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND {PERMITTED} THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION '{table} only grows';
        END
        $$
        """
    )
    for when, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        name = f"{table}_no_{when.split()[0].lower()}"
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {table}_only_grows()"
        )
