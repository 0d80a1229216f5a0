"""What the project takes from others: licences, known vulnerabilities, bills of materials."""
