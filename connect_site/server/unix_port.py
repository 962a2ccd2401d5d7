"""A listening unix socket that several processes share."""

from twisted.internet import tcp, unix


class SharedUnixPort(unix.Port):
    """Leaves the socket and its file as the process that bound it made them.

    Twisted's own class lets every user write to the file, shortens the backlog to 50 and, when it
    stops, removes the file and shuts the socket down for every process that listens on it.
    """

    startListening = tcp.Port.startListening
    connectionLost = tcp.Port.connectionLost
