"""What Alembic runs for each migration: on the connection, and within the transaction, that `migrate` began."""

from alembic import context

from service.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
