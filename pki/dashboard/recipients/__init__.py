"""Who is told: groups of people, their webhooks and their chat rooms."""
