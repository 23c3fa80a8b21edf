"""A proxy that opens encrypted connections, as companies have them: whatever host is asked for, it answers with its own
certificate and passes what is said on to one server without TLS.

Arguments: certificate, key, the port of that server on loopback, and `front` for a server with TLS that nobody asks to open
anything. Prints its own port on the first line.
"""

import socket
import socketserver
import ssl
import sys
import threading

context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(sys.argv[1], sys.argv[2])


class Opened(socketserver.StreamRequestHandler):
    # Nothing of the encrypted part may wait in a buffer here.
    rbufsize = 0

    def handle(self):
        if sys.argv[4:] != ["front"] and not self.opens():
            return
        with context.wrap_socket(self.connection, server_side=True) as client:
            with socket.create_connection(("127.0.0.1", int(sys.argv[3]))) as server:
                threading.Thread(target=pass_on, args=(server, client), daemon=True).start()
                pass_on(client, server)

    def opens(self):
        asked = self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        if asked.startswith(b"CONNECT "):
            self.wfile.write(b"HTTP/1.1 200 opened\r\n\r\n")
            return True
        return False


def pass_on(source, destination):
    try:
        while part := source.recv(65536):
            destination.sendall(part)
        destination.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # Who does not trust the certificate goes away.
        pass


with Proxy(("127.0.0.1", 0), Opened) as proxy:
    print(proxy.server_address[1], flush=True)
    proxy.serve_forever()
