"""Backup and restore: a consistent copy of the database with all pictures, and its verification.

The file is a ZIP archive. ``manifest.json`` lists its members with their SHA-256, and the content
of the database: rows by table, a digest of all terms and one of their history. Sessions and the
secret key are not included.
"""

from .archive import BackupError
from .making import backup
from .restoring import restore_backup, verify
from .sqlite import copy_of_sqlite

__all__ = ["BackupError", "backup", "copy_of_sqlite", "restore_backup", "verify"]
