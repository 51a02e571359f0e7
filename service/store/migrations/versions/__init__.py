"""One module a change; `down_revision` names the one before it."""
