"""All kinds of jobs, by name."""

from . import folders, imports, operations, publishing, syncing

KINDS = {
    kind.name: kind
    for kind in (
        publishing.PUBLISH,
        publishing.PUBLISH_SET,
        operations.EDIT,
        operations.REFACTOR,
        operations.RENAME_CLASS,
        operations.UNDO,
        folders.EXPORT,
        folders.BUILD,
        folders.REBUILD,
        syncing.SYNC,
        imports.COMPARE,
        imports.APPLY,
    )
}
MANY = 300  # terms; more are changed by a job
