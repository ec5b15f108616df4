"""The commands, a module for each group.

Heavy imports are inside the commands: at the top of a module they would slow down `vouch --help`.
"""
