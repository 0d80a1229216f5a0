"""The same engine as a service: paced and stopped over HTTP, with metrics."""
