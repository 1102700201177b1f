# With other people's programs, which `./bootstrap engines` installs.
if HAVE_PYTHON3
WORLD_TESTS += tests/world/test-acp-sdk.py tests/world/test-agents.py \
	tests/world/test-bindfs.py tests/world/test-git-repository.py \
	tests/world/test-mcp-conformance.py tests/world/test-mcp-servers.py \
	tests/world/test-registry.py tests/world/test-static.py
endif
EXTRA_DIST += tests/world/test-bindfs.py tests/world/test-registry.py
EXTRA_DIST += tests/world/test-acp-sdk.py tests/world/acp-client.mjs
EXTRA_DIST += tests/world/test-agents.py
EXTRA_DIST += tests/world/package.json tests/world/agents/package.json \
	tests/world/agents/package-lock.json
EXTRA_DIST += tests/world/test-mcp-servers.py tests/world/mcp-conformance.py \
	tests/world/test-mcp-conformance.py tests/world/mcp-sdk-server.mjs
EXTRA_DIST += tests/world/suites.py tests/world/test-git-repository.py
EXTRA_DIST += tests/world/test-static.py
