"""A stand-in for OpenAI, Anthropic, Gemini and Bedrock on one loopback origin.

Start it with `python -m tests.fake_provider --port 9911`. It takes any key beginning with `sk-fake-` (OpenAI),
`sk-ant-fake-` (Anthropic), `AIzaFake` (Gemini) or `bedrock-api-key-fake` (Bedrock, or any signature). Chat is
served under every root (`/openai/v1`, `/api/v1`, …); with the scenario's `flavour` usage is told as Groq, DeepSeek
and others do. What it answers follows from the request, as with the real ones: tools are
called, schemas are filled, `n`, `logprobs`, `stream_options`, `thinking` and the like are honoured. What a
request cannot ask of a real provider (slowness, errors, broken connections, token counts) is asked for in
one header, `x-fake-scenario`; see `scenario.py`. What it received and said is at `GET /__fake/calls`.
"""
