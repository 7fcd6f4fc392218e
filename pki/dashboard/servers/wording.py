"""How looks at a server are shown."""

from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString

from pki.dashboard.templatetags.dashboard import badge, distance
from pki.models import Probe, ProbeState, Server

TONES = {
    ProbeState.IN_USE: ("good", "circle-check"),
    ProbeState.OLD: ("soon", "clock"),
    ProbeState.OTHER: ("bad", "alert-triangle"),
    ProbeState.UNREACHABLE: ("soon", "circle-x"),
}
#: In the strip.
SHOWN = 48


def usage_badge(state: ProbeState) -> SafeString:
    return badge(state.label, *TONES[state])


def looks(server: Server) -> dict[str, Any]:
    """The last one, and the strip: the oldest first, as time is drawn."""
    newest = list(Probe.objects.filter(server=server)[:SHOWN])
    last = newest[0] if newest else None
    ends = last.not_after if last else None
    return {
        "last": last,
        "last_left": distance(ends - timezone.now()) if ends else "",
        "strip": [
            {"probe": probe, "tone": TONES[ProbeState(probe.state)][0]}
            for probe in reversed(newest)
        ],
    }
