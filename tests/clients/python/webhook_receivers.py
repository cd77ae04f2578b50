"""Two receivers of webhooks on loopback. It prints its port; each call's answer says what became of it.

/documented verifies as receivers made for Helicone do: HMAC-SHA-256 of the raw body.
/sample runs the program that our own documentation has.
"""

import hashlib
import hmac
import importlib.util
import io
import sys
from contextlib import redirect_stdout
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

key, sample_path = sys.argv[1:]
specification = importlib.util.spec_from_file_location("sample", sample_path)
assert specification
assert specification.loader
sample = importlib.util.module_from_spec(specification)
specification.loader.exec_module(sample)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/documented":
            expected = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
            given = self.headers.get("Helicone-Signature", "")
            status = 200 if hmac.compare_digest(expected, given) else 401
        else:
            with redirect_stdout(io.StringIO()):
                status = sample.receive(body, self.headers, key)
        text = f"handled {len(sample.handled)}".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        pass


server = HTTPServer(("127.0.0.7", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
