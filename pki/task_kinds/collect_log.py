"""Send the end of the agent's own log."""

from pki.task_kinds.kind import Kind, Number

COLLECT_LOG = Kind(
    name="collect-log",
    label="Collect agent log",
    explanation="The agent sends the last lines of its own log; they are kept with the task.",
    parameters=(Number("lines", "Lines", default=200, smallest=1, largest=5000),),
)
