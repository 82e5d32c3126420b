"""Every error that Citewell raises on purpose, sorted by what the caller can do about it.

CitewellError
├── InvalidError            the request or the settings are wrong: change them
│   ├── SettingsError
│   ├── FilterError         a filter is malformed, or names a field that no document has
│   ├── NotFoundError       what was asked for does not exist
│   └── TooLargeError       over a configured limit
├── DeniedError             the caller may not do this
├── PermanentError          this input can never succeed: mend it or leave it out
│   ├── UnsupportedFormatError
│   └── UnreadableFileError
│       └── EmptyFileError
└── TransientError          try again later, perhaps after doing what the message says
    ├── IndexLockedError    another process owns the index or is writing it
    └── UnavailableError    a server or model does not answer
        ├── TooSlowError    or not in time
        ├── RefusedError    or refuses what it is asked (retrieval/http.py)
        ├── ThoughtsError   or thinks aloud instead (generation/generators/thoughts.py)
        └── GenerationError no answer was written to what was found (generation/errors.py)
IndexMismatchError (an InvalidError): the index was made with other settings.
"""


class CitewellError(Exception):
    """Base of the tree. The message is one sentence for the user that says what to do."""


class InvalidError(CitewellError):
    """The request or the settings are wrong."""


class SettingsError(InvalidError):
    """A settings key is unknown, mistyped or out of range."""


class FilterError(InvalidError):
    """A filter is malformed, or names a field that no document of the reader has."""


class NotFoundError(InvalidError):
    """What was asked for does not exist."""


class TooLargeError(InvalidError):
    """The input is over a configured limit."""


class IndexMismatchError(InvalidError):
    """The index was made with another embedding model or another layout."""


class DeniedError(CitewellError):
    """The caller may not do this."""


class PermanentError(CitewellError):
    """This input can never succeed as it is."""


class UnsupportedFormatError(PermanentError):
    """No parser reads this kind of file."""


class UnreadableFileError(PermanentError):
    """The file is empty, damaged, encrypted or not what its name says."""


class EmptyFileError(UnreadableFileError):
    """There is nothing in the file that could be seen."""


class TransientError(CitewellError):
    """The same call may succeed later."""


class IndexLockedError(TransientError):
    """Another process owns the embedded index, or is writing the collection."""


class UnavailableError(TransientError):
    """A server, a model or a disk that is needed does not answer."""


class TooSlowError(UnavailableError):
    """A server does not answer within the time that the settings allow."""
