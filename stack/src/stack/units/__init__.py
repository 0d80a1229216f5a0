"""The stack without containers, for good: systemd runs the parts, at boot and after a crash."""
