"""What is read, a file for each subject: see gpu_exporter.registry.ALL."""
