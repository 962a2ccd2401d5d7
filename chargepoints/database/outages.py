"""How the database says that it is away."""

from django.db import InterfaceError, InternalError, OperationalError

# One that takes no writes, such as a standby, says InternalError.
STORE_AWAY = (OperationalError, InterfaceError, InternalError)
