"""Text ⇄ term: the codec of term files. No Django, no disk, no clock."""
