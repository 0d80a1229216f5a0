"""What the GPU exporter costs: a scrape, and the reading between scrapes."""
