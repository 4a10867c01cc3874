"""Term files in a git repository, read from and committed to a bare mirror.

Git's own command is used, not a library: it speaks every protocol with the account's ssh keys,
finds renames as every other tool that people use, and ``fast-import`` writes any number of commits
in one process. There is no working tree, so nothing of the repository is checked out or run.
"""
