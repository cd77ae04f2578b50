"""The HTTP/1.1 client towards providers: `call` what is sent, `connection` one socket, `pool` all of them.

Own because the usual clients spend more on a request than all the rest of the gateway does. It does what a proxy
needs and no more: no redirects, no cookies, no decompression, headers and bodies exactly as they are.
"""
