"""`make drill`: each alert is made to happen in a running stack, and must fire and resolve.

Exit codes: 0 all did that could be drilled here, and nothing else fired; 1 not so; 2 there was no
drill; 128 + signal when it was stopped.
"""

import signal
import sys

if __name__ == "__main__":
    # what is imported takes a while, in which nothing is there to be stopped: no traceback, then
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from drill.command import main

    sys.exit(main())
