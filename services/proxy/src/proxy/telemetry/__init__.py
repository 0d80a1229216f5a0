"""OpenTelemetry: metrics and spans by OTLP, off unless an endpoint is set."""
