"""What can be wrong with an import as a whole. What is wrong with one row is a `Rejection`."""

from __future__ import annotations

from huitou.kernel.errors import ConflictError, InvalidError, NotFoundError


class ImportNotFoundError(NotFoundError):
    """No such import, or one of another brand."""

    code = "import_not_found"
    title = "Import not found"


class NothingUploadedError(ConflictError):
    """The import was started before its file was there."""

    code = "nothing_uploaded"
    title = "There is no file yet"


class UnreadableFileError(InvalidError):
    """The file as a whole cannot be read: cut off, wrongly compressed, a header that says nothing."""

    code = "unreadable_file"
    title = "The file cannot be read"


class FileTooLargeError(InvalidError):
    """More bytes or rows than an import takes; split it so that a member's rows stay together."""

    code = "file_too_large"
    title = "The file is too large"


class ControlMismatchError(InvalidError):
    """The openings in the file do not come to the control totals that were said; nothing was written."""

    code = "control_mismatch"
    title = "The control totals do not hold"


class FileReplacedError(ConflictError):
    """Another file was uploaded after the start."""

    code = "file_replaced"
    title = "The file was replaced after the start"
