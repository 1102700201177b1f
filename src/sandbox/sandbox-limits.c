/* The two presets of a call's limits: strict for unattended runs, desk for a
 * person who watches. */
#include "config.h"

#include <unistd.h>

#include "sandbox/sandbox.h"

#define MIB ((int64_t)1 << 20)

void
sandbox_limits_strict(struct sandbox_limits *l)
{
	l->timeout_ms = 120 * 1000;
	l->memory_bytes = 512 * MIB;
	l->disk_bytes = 1024 * MIB;
	l->disk_inodes = 100000;
	l->output_bytes = 64 * MIB;
	l->pids = 50;
	l->cpu = 25;
}

void
sandbox_limits_desk(struct sandbox_limits *l)
{
	int64_t pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	sandbox_limits_strict(l);
	l->timeout_ms = 600 * 1000;
	if (pages > 0 && size > 0 && pages / 2 * size > l->memory_bytes)
		l->memory_bytes = pages / 2 * size / MIB * MIB;
	l->disk_bytes = 4096 * MIB;
	l->disk_inodes = 400000;
	l->pids = 512;
	l->cpu = 0;
}
