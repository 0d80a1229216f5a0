"""What the tests of several machines run on, beside the stack."""
