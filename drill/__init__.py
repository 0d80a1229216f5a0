"""An alert drill: each alert's condition is made to happen in a stack of its own."""
