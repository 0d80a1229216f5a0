"""What every process does: settings, logging, control endpoints, start and stop."""
