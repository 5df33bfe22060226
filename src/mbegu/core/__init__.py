"""What every stage stands on: errors, settings, artifacts, durable files, languages, units, reporting."""
