"""The answer cache: what was answered whole is answered again, to who asks the same."""
