"""The clock room: a process of its own that owns the sockets and stamps what arrives on them."""
