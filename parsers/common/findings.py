"""Say in words what the error of a library says about a file."""

import struct


def finding(error: BaseException) -> str:
    """Return in words what a library found; errors of Python alone say how it is programmed."""
    detail = " ".join(str(error).split())[:300].rstrip(".")
    match error:
        case KeyError():
            return f"what it refers to is missing ({detail})"
        case IndexError() | struct.error() | EOFError():
            return f"it ends too early, or a list in it is shorter than it says ({detail})"
        case AttributeError() | TypeError() | AssertionError():
            return f"a part of it holds something else than it should ({detail})"
        case UnicodeError():
            return f"a text in it is in another encoding than it says ({detail})"
        case OverflowError() | ArithmeticError():
            return f"a number in it is impossible ({detail})"
    return f"its reader says: {detail or 'it cannot be read'}"
