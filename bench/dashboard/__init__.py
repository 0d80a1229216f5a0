"""What the dashboard costs: one viewer beside two hundred, of one view and of four."""
