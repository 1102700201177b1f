noinst_LIBRARIES += librpc.a
librpc_a_SOURCES = src/rpc/rpc.c src/rpc/rpc.h src/rpc/acp-names.h
