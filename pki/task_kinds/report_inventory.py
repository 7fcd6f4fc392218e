"""Report what the workstation is, now."""

from pki.task_kinds.kind import Kind

REPORT_INVENTORY = Kind(
    name="report-inventory",
    label="Report inventory",
    explanation="The agent looks at its machine again and reports system, memory and addresses.",
)
