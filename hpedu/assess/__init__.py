"""Say where each target of the registry stands: standing, what changed, pupils to come, what it would take."""
