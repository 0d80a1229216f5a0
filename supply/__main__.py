"""`make licences`, `make audit`, `make sbom`: what the project takes from others.

Exit codes: 0 all is well; 1 something was found, each with a sentence; 2 bad arguments; 3 `audit`
could not ask about everything, which is no clean result.
"""

import sys

if __name__ == "__main__":
    from supply.command import main

    sys.exit(main(sys.argv[1:]))
