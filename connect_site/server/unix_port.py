"""A listening unix socket that several processes share."""

from twisted.internet import tcp, unix


class SharedUnixPort(unix.Port):
    """Leaves the socket and its file unchanged.

    Twisted's own class lets every user write to the file, shortens the backlog to 50, and on stop
    removes the file and shuts the socket down for all processes that listen on it.
    """

    startListening = tcp.Port.startListening
    connectionLost = tcp.Port.connectionLost
