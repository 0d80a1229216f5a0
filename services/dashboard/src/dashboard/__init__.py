"""The live dashboard: Prometheus, proxy and exporter in a browser, without a build step."""
