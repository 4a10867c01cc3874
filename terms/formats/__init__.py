"""The codec of term files. Uses no Django, no disk and no clock."""
