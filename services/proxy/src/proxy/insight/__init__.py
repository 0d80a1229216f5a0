"""What can be known of a model's time: where it went, and how long a prompt will be read."""
