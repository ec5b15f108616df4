"""What the fork server reads before it forks: what every parser process needs, and the most usual formats.

Nothing here may start a thread, which would not be there in a forked process. Other formats are read by the process that
needs them, so that the first document does not wait for all.
"""

import signal

# Ctrl-C reaches every process of a terminal; the run says when to stop. Inherited by what is forked.
signal.signal(signal.SIGINT, signal.SIG_IGN)
