"""What the fork server imports before it forks: what every worker process needs.

Nothing here may start a thread: a fork copies the thread that calls it only. Formats are imported
by the worker that needs them, so that the first document does not wait for all of them.
"""

import signal

# Ctrl-C reaches every process of a terminal, but the run decides when workers stop. Forked
# processes inherit this.
signal.signal(signal.SIGINT, signal.SIG_IGN)
