"""Services asked before they start: none of them is a library of ours."""
