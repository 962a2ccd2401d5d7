"""A listening unix socket that several processes share."""

from twisted.internet import tcp, unix


class SharedUnixPort(unix.Port):
    """Leaves the socket, and its file, as whoever bound it has made them.

    Twisted's own class opens the file to all, shortens the backlog to 50, and in its end removes
    the file and shuts the socket down, for every process that listens on it.
    """

    startListening = tcp.Port.startListening
    connectionLost = tcp.Port.connectionLost
