"""Assess the targets of the registry: their standing, what changed, pupils to come, what it would take."""
