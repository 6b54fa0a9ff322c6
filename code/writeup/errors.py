"""The one exception a user meets: its text is the whole message."""


class UserError(Exception):
    """Something a person can cause and mend; one line that says what is wrong, where, and what to do."""

    status = 1  # that the program exits with
    traceback = ""  # of the report's own code where that raised, in full


class UsageError(UserError):
    """The words of the command are off."""

    status = 2


class PackageMissing(UserError):
    """Something has to be computed, and a package for it is not installed."""

    status = 3
