"""Fetch the trusted roots again."""

from pki.task_kinds.kind import Kind

REFRESH_ROOTS = Kind(
    name="refresh-roots",
    label="Refresh trusted roots",
    explanation="The agent fetches the roots this server announces and trusts them from then on.",
)
